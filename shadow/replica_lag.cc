#include "shadow/replica_lag.h"

#include "shadow/replica.h"
#include "src/base/duration.h"
#include "src/binlog/reader.h"
#include "src/mysql/connection_json.h"

namespace osc::shadow {
namespace {

constexpr std::chrono::milliseconds kInterval{100};
constexpr std::chrono::seconds kUntilNextTry{1};
// A replica that does not answer for so long cannot be measured.
constexpr std::chrono::seconds kLongestSilence{3};

mysql::ConnectionOptions Impatient(mysql::ConnectionOptions options) {
  options.read_timeout = kLongestSilence;
  return options;
}

}  // namespace

std::vector<std::string> FindReplicas(mysql::Connection& server) {
  std::vector<std::string> found;
  auto rows = server.Query(server.server().ListReplicasStatement());
  while (rows.Next()) {
    const std::string host = rows.Text("Host");
    found.push_back((host.empty() ? "unknown_host" : host) + ":" + rows.Text("Port"));
  }
  return found;
}

ReplicaLag::ReplicaLag(const mysql::ConnectionOptions& server, std::string address)
    : server_(Impatient(server)),
      address_(std::move(address)),
      sampler_(server_, [this](const binlog::Position& position) { return HasApplied(position); }),
      thread_([this](std::stop_token stop) { Run(stop); }) {
  sampler_.start();
}

bool ReplicaLag::HasApplied(const binlog::Position& position) const {
  const std::lock_guard lock(mutex_);
  return applied_ && position.gtids && applied_->Contains(*position.gtids);
}

std::string ReplicaLag::Reason(std::chrono::milliseconds most) {
  {
    const std::lock_guard lock(mutex_);
    if (is_server_) return "";
    if (!problem_.empty()) {
      return "replica " + address_ + " cannot be measured, which counts as lagging: " + problem_;
    }
    if (!applied_) return "replica " + address_ + " has not been measured yet";
    // How far it was behind before, nobody knows.
    if (!applied_->Contains(*begin_->gtids)) {
      return "replica " + address_ +
             " is behind: it has not come yet to where the server was when measuring began";
    }
  }
  const auto lag = sampler_.Lag();
  if (lag <= most) return "";
  return "replica " + address_ + " is " + base::FormatDuration(lag) + " behind, above max-lag " +
         base::FormatDuration(most);
}

void ReplicaLag::MeasureUntilError(std::stop_token stop) {
  auto replica = mysql::Connection::Open(Impatient(ReplicaOptions(server_, address_)));
  {
    auto server = mysql::Connection::Open(server_);
    const bool is_server = mysql::ServerIdentity(server) == mysql::ServerIdentity(replica);
    if (!is_server) RequireReplicaOf(server, replica);
    const std::lock_guard lock(mutex_);
    is_server_ = is_server;
    if (!begin_) begin_ = binlog::CurrentGtidPosition(server);
  }
  while (base::SleepFor(stop, kInterval)) {
    auto applied = AppliedByReplica(replica);
    const std::lock_guard lock(mutex_);
    applied_ = std::move(applied);
    problem_.clear();
  }
}

void ReplicaLag::Note(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  problem_ = problem;
}

void ReplicaLag::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    try {
      MeasureUntilError(stop);
    } catch (const Error& error) {
      Note(error.message());
    } catch (const std::exception& error) {
      Note(error.what());
    }
    base::SleepFor(stop, kUntilNextTry);
  }
}

}  // namespace osc::shadow
