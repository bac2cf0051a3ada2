#include "shadow/replica.h"

#include <charconv>

#include "shadow/names.h"
#include "src/base/duration.h"
#include "src/base/wait.h"
#include "src/binlog/reader.h"
#include "src/mysql/connection_json.h"
#include "src/mysql/table_exists.h"

namespace osc::shadow {
namespace {

constexpr std::chrono::seconds kLongestWait{10};
constexpr std::chrono::seconds kConnectTimeout{5};
constexpr unsigned kDefaultPort = 3306;

void RefuseIf(bool condition, const std::string& why) {
  if (!condition) return;
  throw Error(ErrorCode::kRefused, "it is no replica to go by: " + why,
              "name a replica of the migration's server, or leave --replica out");
}

}  // namespace

binlog::GtidSet AppliedByReplica(mysql::Connection& replica) {
  const mysql::ServerInfo& server = replica.server();
  const std::string variable(server.IsMariaDb() ? "@@GLOBAL.gtid_slave_pos"
                                                : server.ExecutedGtidVariable());
  return binlog::GtidSet::Parse(server.family,
                                replica.QueryValue("SELECT " + variable).value_or(""));
}

void RequireReplicaOf(mysql::Connection& server, mysql::Connection& replica) {
  RefuseIf(mysql::ServerIdentity(server) == mysql::ServerIdentity(replica),
           "it is the server itself");
  RefuseIf(server.server().family != replica.server().family,
           "it is " + replica.server().Name() + ", the server " + server.server().Name());
  const auto position = binlog::CurrentGtidPosition(server).gtids;
  RefuseIf(!position, "the server has no GTIDs that tell how far a replica is");
  RefuseIf(AppliedByReplica(replica).Intersection(*position).IsEmpty(),
           "it has nothing of the server's history (GTIDs)");
}

mysql::ConnectionOptions ReplicaOptions(mysql::ConnectionOptions server,
                                        const std::string& address) {
  std::string host = address;
  unsigned port = kDefaultPort;
  const size_t colon = address.rfind(':');
  const bool is_ipv6 = address.find(':') != colon && address.find(']') == std::string::npos;
  bool valid = !address.empty() && address.find_first_of("@/ ") == std::string::npos;
  if (valid && colon != std::string::npos && !is_ipv6 && address.back() != ']') {
    host = address.substr(0, colon);
    const char* const end = address.data() + address.size();
    const auto read = std::from_chars(address.data() + colon + 1, end, port);
    valid = read.ec == std::errc() && read.ptr == end && port > 0 && port < 65536;
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!valid || host.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "'" + address + "' is not HOST or HOST:PORT",
                "the replica is reached with the server's account and TLS settings");
  }
  server.host = host;
  server.port = port;
  server.socket.clear();
  server.expected_server.clear();
  server.database.clear();  // whether it has that is for RequireReplica to say
  server.connect_timeout = kConnectTimeout;
  return server;
}

void RequireReplica(std::stop_token stop, mysql::Connection& server, mysql::Connection& replica,
                    const Tables& tables) {
  RequireReplicaOf(server, replica);
  const std::string checkpoint = mysql::Quote(CheckpointName(tables.id, tables.live));
  // Drawn by chance when the stream starts.
  const std::string draw = "SELECT MAX(owner) FROM " + checkpoint;
  const auto expected = server.QueryValue(draw);
  if (!WaitForReplica(stop, server, replica)) {
    throw Error(ErrorCode::kBusy, ReplicaIsBehind());
  }
  for (const mysql::TableName& table :
       {CheckpointName(tables.id, tables.live), tables.live, tables.off_stage}) {
    RefuseIf(!mysql::TableExists(replica, table), "it has no table " + mysql::Quote(table));
  }
  RefuseIf(replica.QueryValue(draw) != expected,
           "its table " + checkpoint + " is not the server's");
}

void RequireSilentTemporaryTables(mysql::Connection& replica) {
  auto row = replica.Query("SELECT @@log_bin, @@binlog_format");
  row.Next();
  if (row.Number(0) == 0 || row.Text(1) == "ROW") return;
  throw Error(ErrorCode::kRefused, "the replica's binlog_format is " + row.Text(1) +
                                       ", and what is converted needs temporary tables there");
}

std::string ReplicaIsBehind() {
  return "the replica is more than " + base::FormatDuration(kLongestWait) + " behind";
}

bool WaitForReplica(std::stop_token stop, mysql::Connection& server, mysql::Connection& replica) {
  const std::string wait =
      std::string("SELECT ") +
      (server.server().IsMariaDb() ? "MASTER_GTID_WAIT(" : "WAIT_FOR_EXECUTED_GTID_SET(") +
      mysql::QuoteText(binlog::CurrentGtidPosition(server).ToString()) + ",0.2)";
  for (const auto deadline = base::Clock::now() + kLongestWait; base::Clock::now() < deadline;) {
    base::ThrowIfStopped(stop);
    if (replica.QueryValue(wait) == "0") return true;
  }
  return false;
}

}  // namespace osc::shadow
