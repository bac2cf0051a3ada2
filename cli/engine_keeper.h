// Sees to it that an engine serves the state directory while a command needs one.
#pragma once

#include <chrono>
#include <vector>

#include "cli/options.h"

namespace osc::cli {

// Belongs to the main thread of a command, before that has other threads (it forks).
class EngineKeeper {
 public:
  explicit EngineKeeper(const Options& options) : options_(options) {}

  // Returns when an engine holds the lock, starting one in the background if allowed. Throws
  // kConnectionLost with what to do, and the last lines of the engine's log when it did not start.
  void Ensure();

  // Called now and then while following. Starts the engine again when it is gone; without autostart
  // gives whoever runs it some time. Throws kConnectionLost when it does not come back, or keeps
  // ending.
  void Check();

 private:
  void Start();

  const Options& options_;
  std::vector<std::chrono::steady_clock::time_point> starts_;
  std::chrono::steady_clock::time_point last_seen_{};
};

}  // namespace osc::cli
