#include "src/mysql/host_list.h"

#include <algorithm>
#include <charconv>

#include "src/mysql/connection_json.h"
#include "src/mysql/session_list.h"

namespace osc::mysql {
namespace {

// A host that is gone must not hold up the look at the others for long.
constexpr std::chrono::seconds kConnectTimeout{3};

[[noreturn]] void ThrowMalformed(const std::string& host) {
  throw Error(ErrorCode::kInvalidArgument, "'" + host + "' is not a host or host:port",
              "several hosts are separated by commas: db1,db2:3307,[::1]:3308");
}

unsigned ParsePort(const std::string& digits, const std::string& host) {
  unsigned port = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (digits.empty() || error != std::errc() || stop != end || port == 0 || port > 65535) {
    ThrowMalformed(host);
  }
  return port;
}

ConnectionOptions OneHost(const ConnectionOptions& options, const std::string& text) {
  ConnectionOptions one = options;
  one.host = text;
  if (!text.empty() && text.front() == '[') {  // an IPv6 address with a port
    const size_t close = text.find(']');
    if (close == std::string::npos || close == 1) ThrowMalformed(text);
    one.host = text.substr(1, close - 1);
    const std::string rest = text.substr(close + 1);
    if (!rest.empty()) {
      if (rest.front() != ':') ThrowMalformed(text);
      one.port = ParsePort(rest.substr(1), text);
    }
  } else if (std::count(text.begin(), text.end(), ':') == 1) {  // more: a bare IPv6 address
    const size_t colon = text.find(':');
    one.host = text.substr(0, colon);
    one.port = ParsePort(text.substr(colon + 1), text);
  }
  if (one.host.empty()) ThrowMalformed(text);
  return one;
}

// Both families have these two; MySQL's super_read_only comes with read_only.
bool IsReadOnly(Connection& connection) {
  Result row = connection.Query("SELECT @@global.read_only, @@global.innodb_read_only");
  row.Next();
  const auto is_set = [&](size_t column) {
    return row.Text(column) != "0" && row.Text(column) != "OFF";
  };
  return is_set(0) || is_set(1);
}

bool HasNewNames(Connection& connection) {
  return !connection.server().IsMariaDb() && connection.server().AtLeast(8, 0, 22);
}

std::string ReplicaStatus(Connection& connection) {
  if (connection.server().IsMariaDb()) return "SHOW ALL SLAVES STATUS";
  return HasNewNames(connection) ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

bool IsOfGroup(Result& channel) {
  return channel.Text("Channel_Name").starts_with("group_replication_");
}

// Whether anything still comes in from another server. Without a privilege beyond PROCESS on
// MariaDB and REPLICATION CLIENT on MySQL.
bool Replicates(Connection& connection) {
  if (connection.server().IsMariaDb()) {
    const auto sessions = ListSessions(connection);
    return std::any_of(sessions.begin(), sessions.end(), [](const Session& session) {
      return session.user == "system user" && session.command.starts_with("Slave");
    });
  }
  const std::string prefix = HasNewNames(connection) ? "Replica_" : "Slave_";
  Result channels = connection.Query(ReplicaStatus(connection));
  while (channels.Next()) {
    // The members of a group apply what comes from the others in any case.
    if (IsOfGroup(channels)) continue;
    if (channels.Text(prefix + "IO_Running") != "No" ||
        channels.Text(prefix + "SQL_Running") != "No") {
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<ConnectionOptions> EachHost(const ConnectionOptions& options) {
  if (!options.socket.empty() || options.host.empty()) return {options};
  std::vector<ConnectionOptions> hosts;
  size_t at = 0;
  while (true) {
    const size_t comma = options.host.find(',', at);
    hosts.push_back(OneHost(options, options.host.substr(at, comma - at)));
    if (comma == std::string::npos) return hosts;
    at = comma + 1;
  }
}

ServerChoice ChooseServer(const ConnectionOptions& options, const std::string& known) {
  const std::vector<ConnectionOptions> hosts = EachHost(options);
  const bool is_alone = hosts.size() == 1;
  std::vector<ServerChoice> primaries;
  size_t reached = 0;
  std::string refused;
  const auto refuse = [&refused](const ConnectionOptions& host, const std::string& why) {
    refused += (refused.empty() ? "" : "; ") + host.Describe() + " " + why;
  };
  for (ConnectionOptions host : hosts) {
    host.expected_server.clear();
    ConnectionOptions look = host;
    if (!is_alone) look.connect_timeout = std::min(look.connect_timeout, kConnectTimeout);
    try {
      Connection connection = Connection::Open(look);
      ++reached;
      host.expected_server = ServerIdentity(connection);
      ServerChoice choice{host, host.expected_server};
      if (is_alone && known.empty()) return choice;
      if (IsReadOnly(connection)) {
        refuse(host, "is read-only");
      } else if (choice.identity != known && Replicates(connection)) {
        refuse(host, "replicates from another server");
      } else if (std::none_of(primaries.begin(), primaries.end(), [&](const ServerChoice& other) {
                   return other.identity == choice.identity;
                 })) {
        primaries.push_back(std::move(choice));
      }
    } catch (const Error& error) {
      if (is_alone) throw;
      refuse(host, "cannot be used: " + error.message());
    }
  }
  if (primaries.size() == 1) return primaries.front();
  if (primaries.size() > 1) {
    std::string names;
    for (const ServerChoice& primary : primaries) {
      names += (names.empty() ? "" : " and ") + primary.connection.Describe();
    }
    throw Error(ErrorCode::kRefused,
                names + " both take writes: which of them the applications use cannot be known",
                "make all but the primary read-only, or name the primary alone");
  }
  throw Error(reached == 0 ? ErrorCode::kConnectionLost : ErrorCode::kBusy,
              "there is no primary to work on: " + refused,
              "osc goes on when one of the hosts can be reached, takes writes and replicates from "
              "no other server");
}

bool IsSetUpAsReplica(Connection& connection) {
  const bool is_mariadb = connection.server().IsMariaDb();
  try {
    Result channels = connection.Query(ReplicaStatus(connection));
    while (channels.Next()) {
      if (is_mariadb || !IsOfGroup(channels)) return true;
    }
    return false;
  } catch (const Error& error) {
    if (!is_mariadb || error.code() == ErrorCode::kConnectionLost) throw;
    return false;
  }
}

void RequireWritable(Connection& connection) {
  if (!IsReadOnly(connection)) return;
  throw Error(ErrorCode::kBusy,
              "the server at " + connection.options().Describe() + " has become read-only",
              "osc goes on when it can be written again, or on another one of its hosts");
}

}  // namespace osc::mysql
