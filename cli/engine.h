// The engine: runs every unfinished migration of a state directory.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cli/engine_lock.h"
#include "cli/interrupt.h"
#include "inverse/hook_runner.h"
#include "inverse/migration_runner.h"
#include "src/state/store.h"

namespace osc::cli {

// Owned by the main thread of `serve` or of an `alter --foreground`. The constructor takes the lock
// of the directory and checks the store (kRefused); start() once; the destructor stops every runner
// at its next safe place, however long that takes, so that a later engine goes on.
class Engine {
 public:
  Engine(const std::filesystem::path& state_directory,
         std::optional<std::chrono::milliseconds> exit_when_idle);
  ~Engine();

  void start();
  // True when it has ended: asked to stop, or idle for long enough.
  bool finished() const { return finished_; }
  // Stops every runner at its next safe place and returns when that is done. If that takes longer
  // than 4 s, because a statement waits or the server is silent, or if another signal comes, the
  // process ends at once with this exit code: a later engine goes on as after a crash.
  void Stop(Interrupt& interrupt, int exit_code);

 private:
  struct Slot {
    std::unique_ptr<inverse::MigrationRunner> runner;  // none: waits for a person after an error
    int64_t last_intent = 0;  // the newest open intent at the runner's start
  };

  void Run(std::stop_token stop);
  // Starts and removes runners as the store has it; true while any of them works.
  bool Tend(state::Store& store);
  bool StartRunner(state::Store& store, const std::string& id, Slot& slot);
  bool HasNewWork(state::Store& store) const;
  void StopAll();
  void BackUp(state::Store& store);

  std::filesystem::path state_directory_;
  std::optional<std::chrono::milliseconds> exit_when_idle_;
  EngineLock lock_;
  std::map<std::string, Slot> slots_;
  bool is_backup_due_ = false;
  std::chrono::steady_clock::time_point next_backup_{};
  std::atomic<bool> finished_{false};
  inverse::HookRunner hooks_;
  std::jthread thread_;
};

}  // namespace osc::cli
