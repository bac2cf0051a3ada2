#include "shadow/throttle.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>
#include <vector>

#include "shadow/server_load.h"
#include "src/base/duration.h"
#include "src/base/wait.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kInterval{200};
constexpr seconds kQueryInterval{1};
constexpr seconds kSearchInterval{10};  // for replicas
constexpr seconds kUntilNextTry{1};
constexpr const char* kAuto = "auto";

bool LooksForItself(const state::Settings& settings) {
  return AsksServer(settings) || !settings.throttle_file.empty() || !settings.replicas.empty();
}

mysql::Connection OpenToLook(mysql::ConnectionOptions options) {
  options.read_timeout = seconds(10);
  auto connection = mysql::Connection::Open(options);
  connection.Execute("SET SESSION TRANSACTION READ ONLY");
  return connection;
}

// "" when the number is 0 or less.
std::string AskQuery(mysql::Connection& connection, const std::string& query) {
  if (query.empty()) return "";
  const std::string text = connection.QueryValue(query).value_or("NULL");
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) {
    throw Error(ErrorCode::kInvalidArgument, "throttle-query gives no number but '" + text + "'",
                "it is to be a SELECT of one number: copying waits while that is above 0");
  }
  return number > 0 ? "throttle-query gives " + text : "";
}

std::vector<std::string> Addresses(const std::string& hosts) {
  std::vector<std::string> addresses;
  for (size_t begin = 0; begin < hosts.size();) {
    const size_t end = std::min(hosts.find(',', begin), hosts.size());
    addresses.push_back(hosts.substr(begin, end - begin));
    begin = end + 1;
  }
  return addresses;
}

}  // namespace

bool AsksServer(const state::Settings& settings) {
  return !settings.max_load.empty() || !settings.critical_load.empty() ||
         !settings.throttle_query.empty() || settings.replicas == kAuto;
}

void RequireMeasurable(mysql::Connection& connection, const state::Settings& settings) {
  RequireKnown(connection, settings.max_load);
  RequireKnown(connection, settings.critical_load);
  try {
    AskQuery(connection, settings.throttle_query);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnectionLost) throw;
    throw Error(ErrorCode::kInvalidArgument, "throttle-query: " + error.message(), error.hint());
  }
}

Throttle::Throttle(mysql::ConnectionOptions server, const apply::Stream& stream)
    : server_(std::move(server)), stream_(stream) {}

void Throttle::Set(const state::Settings& settings) {
  const std::lock_guard lock(mutex_);
  settings_ = settings;
  ++version_;
  seen_ = "nobody has looked yet whether there is a reason to wait";
  if (!LooksForItself(settings)) {
    seen_.clear();
  } else if (!thread_.joinable()) {
    thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }
}

void Throttle::Pause(const std::string& pause) {
  const std::lock_guard lock(mutex_);
  pause_ = pause;
}

std::string Throttle::Reason() {
  const auto stream = stream_.status();
  const std::lock_guard lock(mutex_);
  if (settings_.pause_stream) return "the stream is paused by `osc pause --stream`";
  if (!pause_.empty()) return pause_;
  if (!stream.retrying.empty()) return "the stream tries again: " + stream.retrying;
  const milliseconds most = settings_.max_lag;
  if (stream.lag > most) {
    return "stream lag " + base::FormatDuration(stream.lag) + " is above max-lag " +
           base::FormatDuration(most);
  }
  if (!seen_.empty()) return seen_;
  for (const auto& [address, replica] : replicas_) {
    std::string reason = replica->Reason(most);
    if (!reason.empty()) return reason;
  }
  return "";
}

std::optional<std::string> Throttle::TakeCritical() {
  const std::lock_guard lock(mutex_);
  return std::exchange(critical_, std::nullopt);
}

void Throttle::Watch(const std::set<std::string>& addresses) {
  std::map<std::string, std::unique_ptr<ReplicaLag>> watched;
  std::map<std::string, std::unique_ptr<ReplicaLag>> former;  // end when nobody waits for them
  const std::lock_guard lock(mutex_);
  for (const std::string& address : addresses) {
    auto& replica = watched[address];
    const auto found = replicas_.find(address);
    if (found != replicas_.end()) replica = std::move(found->second);
    if (!replica) replica = std::make_unique<ReplicaLag>(server_, address);
  }
  former = std::exchange(replicas_, std::move(watched));
}

void Throttle::LookUntilError(std::stop_token stop) {
  std::optional<mysql::Connection> connection;
  int version = 0;
  Clock::time_point next_query{};
  Clock::time_point next_search{};
  std::string query_reason;
  std::set<std::string> replicas;
  do {
    state::Settings settings;
    {
      const std::lock_guard lock(mutex_);
      if (version != version_) next_query = next_search = {};
      version = version_;
      settings = settings_;
    }
    if (!AsksServer(settings)) {
      connection.reset();
    } else if (!connection) {
      connection = OpenToLook(server_);
    }
    const auto now = Clock::now();
    if (now >= next_search) {
      // The server forgets one that has lost it: those that were found stay.
      if (next_search == Clock::time_point{}) replicas.clear();
      const auto found =
          settings.replicas == kAuto ? FindReplicas(*connection) : Addresses(settings.replicas);
      replicas.insert(found.begin(), found.end());
      Watch(replicas);
      next_search = now + kSearchInterval;
    }
    if (now >= next_query) {
      query_reason = connection ? AskQuery(*connection, settings.throttle_query) : "";
      next_query = now + kQueryInterval;
    }
    std::string seen = query_reason;
    std::error_code ignored;
    if (!settings.throttle_file.empty() &&
        std::filesystem::exists(settings.throttle_file, ignored)) {
      seen = "throttle-file " + settings.throttle_file + " is there";
    }
    std::string critical;
    if (connection) {
      if (seen.empty()) seen = AboveLimit(*connection, settings.max_load, "max-load");
      critical = AboveLimit(*connection, settings.critical_load, "critical-load");
    }
    const std::lock_guard lock(mutex_);
    if (version != version_) continue;
    seen_ = std::move(seen);
    if (!critical.empty()) critical_ = std::move(critical);
  } while (base::SleepFor(stop, kInterval));
}

void Throttle::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::string problem;
    try {
      LookUntilError(stop);
    } catch (const Error& error) {
      problem = error.message();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    {
      const std::lock_guard lock(mutex_);
      seen_ = "it cannot be found out whether there is a reason to wait, which counts as one: " +
              problem;
    }
    base::SleepFor(stop, kUntilNextTry);
  }
}

}  // namespace osc::shadow
