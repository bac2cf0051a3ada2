// Runs the hooks that are told of what has happened, see inverse/hook.h: of all migrations of a
// state directory, one program after the other.
#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "inverse/hook.h"
#include "src/base/wait.h"
#include "src/state/store.h"

namespace osc::inverse {

// Owned by the engine. start() once; the destructor kills the program that runs. What a hook has
// been told of stands in the store once it has ended, so that after a crash it is told again.
class HookRunner {
 public:
  HookRunner(std::filesystem::path state_directory, Describe describe);

  void start();

  // Before the operator gives hooks to a migration that had none: they are told of nothing that was
  // before.
  static void BeginHere(state::Store& store, const std::string& id);

 private:
  // Where a migration was when its hooks were told the last time.
  struct Told {
    std::string state;
    std::string readiness;
    std::string error;
    int swaps = 0;
    base::Clock::time_point next_status;  // not kept
  };

  void Run(std::stop_token stop);
  void Look(std::stop_token stop, state::Store& store);
  void Tell(std::stop_token stop, state::Store& store, const std::string& id);
  static std::vector<std::string> News(const Told& told, const Told& now,
                                       const std::vector<state::Swap>& swaps);
  static Told Now(state::Store& store, const state::Migration& migration);
  static std::string Text(const Told& told);
  static Told Load(state::Store& store, const std::string& id);
  void RunHook(std::stop_token stop, state::Store& store, const std::string& id,
               const std::string& name);

  const std::filesystem::path state_directory_;
  const Describe describe_;
  std::map<std::string, Told> told_;  // of those that have hooks and had not ended
  std::jthread thread_;
};

}  // namespace osc::inverse
