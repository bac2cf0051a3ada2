// The lag of a stream, or of a replica: the age of the oldest commit on the server that has not
// been applied, from positions and this machine's clock. Time stamps of events would be of the
// server's clock, of whole seconds, and silent about a stream that hangs.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "src/base/wait.h"
#include "src/binlog/position.h"
#include "src/mysql/connection.h"

namespace osc::apply {

// Asks the server for its position ten times a second on a connection of its own. Thread-safe.
class LagSampler {
 public:
  // Whether all up to a position has been applied; called by several threads.
  using IsApplied = std::function<bool(const binlog::Position&)>;

  LagSampler(mysql::ConnectionOptions server, IsApplied is_applied);

  void start();
  // At most a sampling interval too small; grows as long as the server cannot be asked.
  std::chrono::milliseconds Lag();

 private:
  struct Sample {
    base::Clock::time_point at;
    binlog::Position position;
  };
  void Run(std::stop_token stop);
  void SampleUntilError(std::stop_token stop);

  const mysql::ConnectionOptions options_;
  const IsApplied is_applied_;
  std::mutex mutex_;
  std::deque<Sample> samples_;  // not known to be applied, oldest first
  base::Clock::time_point last_success_;
  std::jthread thread_;
};

}  // namespace osc::apply
