// How far a replica is behind its server, as the stream's lag is measured: what it has applied
// against where the server was at which moment of this machine's clock. No table is written for it,
// and less than a second is seen.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "src/apply/lag.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

// The replicas that the server knows of (SHOW REPLICAS, needs REPLICATION SLAVE, on MariaDB
// REPLICATION MASTER ADMIN), "host:port". One that does not say where it is (report_host) is
// unknown_host:PORT, which cannot be reached, so that it is seen.
std::vector<std::string> FindReplicas(mysql::Connection& server);

// Thread-safe.
class ReplicaLag {
 public:
  // address: HOST[:PORT], reached with the server's account and TLS settings.
  ReplicaLag(const mysql::ConnectionOptions& server, std::string address);

  // Why to wait for it; empty when it is no further behind than that. One that cannot be measured,
  // or has not been yet, counts as lagging.
  std::string Reason(std::chrono::milliseconds most);

 private:
  void Run(std::stop_token stop);
  void MeasureUntilError(std::stop_token stop);
  void Note(const std::string& problem);
  bool HasApplied(const binlog::Position& position) const;

  const mysql::ConnectionOptions server_;
  const std::string address_;
  mutable std::mutex mutex_;                // guards the next ones
  std::optional<binlog::Position> begin_;   // of the server, when measuring began
  std::optional<binlog::GtidSet> applied_;  // none until it has been asked
  bool is_server_ = false;                  // it has taken the server's place: not behind itself
  std::string problem_;                     // why it cannot be, for as long as it cannot
  apply::LagSampler sampler_;
  std::jthread thread_;  // last: uses the others
};

}  // namespace osc::shadow
