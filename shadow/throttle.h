// What holds the copy, the verification and the building of indexes back: the operator, the stream
// that they must not leave behind, the server's load, replicas that lag, and what the operator has
// set up to say so. The stream itself goes on.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "shadow/replica_lag.h"
#include "src/apply/stream.h"
#include "src/mysql/connection.h"
#include "src/state/migration.h"

namespace osc::shadow {

// Whether a setting has the server itself asked.
bool AsksServer(const state::Settings& settings);
// Before anything is begun: throws kInvalidArgument for a limit of something that the server does
// not count, and for a query that it does not take or that gives no number.
void RequireMeasurable(mysql::Connection& connection, const state::Settings& settings);

// Thread-safe. Asks the server only where a setting needs it, on a session of its own.
class Throttle {
 public:
  // The stream must live longer.
  Throttle(mysql::ConnectionOptions server, const apply::Stream& stream);

  void Set(const state::Settings& settings);
  // pause: why it is paused; empty: it is not.
  void Pause(const std::string& pause);

  // Why to wait before the next step; empty: no reason. What cannot be found out is a reason too.
  std::string Reason();
  // The critical load that has been seen since this was asked the last time.
  std::optional<std::string> TakeCritical();

 private:
  void Run(std::stop_token stop);
  void LookUntilError(std::stop_token stop);
  // These replicas, and no others.
  void Watch(const std::set<std::string>& addresses);

  const mysql::ConnectionOptions server_;
  const apply::Stream& stream_;
  std::mutex mutex_;  // guards the next ones
  state::Settings settings_;
  int version_ = 1;   // of the settings
  std::string seen_;  // what the server and the file have said
  std::string pause_;
  std::optional<std::string> critical_;
  std::map<std::string, std::unique_ptr<ReplicaLag>> replicas_;  // by address
  std::jthread thread_;                                          // last: uses the others
};

}  // namespace osc::shadow
