// Runs one migration from `queued` to its end: the road to the cutover, the stream afterwards,
// every revert and reapply, completion. Everything it decides is in the store, so that another
// runner can go on after a crash.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "inverse/hook.h"
#include "src/base/error.h"

namespace osc::inverse {

// Owned by the engine. start() once; the destructor stops the work at the next safe place (never
// between a RENAME and its outcome) and leaves the migration resumable.
class MigrationRunner {
 public:
  MigrationRunner(std::filesystem::path state_directory, std::string id, Describe describe);
  ~MigrationRunner();

  void start();
  const std::string& id() const { return id_; }
  // True once the migration is in a final state or waits for a person after an error, and the
  // thread has ended.
  bool finished() const { return finished_; }

 private:
  void Run(std::stop_token stop);
  void RunOnce(std::stop_token stop);
  // False when the store cannot be written.
  bool NoteTrouble(const Error& error);

  std::filesystem::path state_directory_;
  std::string id_;
  Describe describe_;
  std::atomic<bool> finished_{false};
  std::jthread thread_;
};

}  // namespace osc::inverse
