#include "src/binlog/history.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "src/base/wait.h"
#include "src/binlog/dump_connection.h"
#include "src/binlog/event.h"
#include "src/mysql/quote.h"

namespace osc::binlog {
namespace {

struct Numbers {
  unsigned domain = 0;
  unsigned server = 0;
  unsigned long long number = 0;

  std::string ToString() const {
    return std::to_string(domain) + "-" + std::to_string(server) + "-" + std::to_string(number);
  }
};

// Of the text of a GtidSet or of a server's variable; gtid_binlog_state has several of a domain.
std::vector<Numbers> ParseGtids(const std::string& text) {
  std::vector<Numbers> gtids;
  for (size_t at = 0; at < text.size();) {
    size_t comma = text.find(',', at);
    if (comma == std::string::npos) comma = text.size();
    Numbers gtid;
    const std::string item = text.substr(at, comma - at);
    if (std::sscanf(item.c_str(), "%u-%u-%llu", &gtid.domain, &gtid.server, &gtid.number) == 3) {
      gtids.push_back(gtid);
    }
    at = comma + 1;
  }
  return gtids;
}

bool Covers(const std::vector<Numbers>& gtids, const Numbers& wanted) {
  return std::any_of(gtids.begin(), gtids.end(), [&](const Numbers& gtid) {
    return gtid.domain == wanted.domain && gtid.server == wanted.server &&
           gtid.number >= wanted.number;
  });
}

}  // namespace

bool HoldsAll(mysql::Connection& connection, const GtidSet& commits) {
  if (commits.IsEmpty()) return true;
  if (!connection.server().IsMariaDb()) {
    const auto executed = connection.QueryValue("SELECT @@global.gtid_executed");
    return GtidSet::Parse(connection.server().family, executed.value_or("")).Contains(commits);
  }
  // What came from another server before the first binlog is only in the second.
  const auto held = ParseGtids(
      connection
          .QueryValue("SELECT CONCAT(@@global.gtid_binlog_state, ',', @@global.gtid_slave_pos)")
          .value_or(""));
  const auto wanted = ParseGtids(commits.ToString());
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const Numbers& gtid) { return Covers(held, gtid); });
}

bool HasOwnCommits(mysql::Connection& connection, const GtidSet& known) {
  if (!connection.server().IsMariaDb()) {
    return connection.QueryValue(
               "SELECT LOCATE(@@server_uuid, GTID_SUBTRACT(@@global.gtid_executed," +
               mysql::QuoteText(known.ToString()) + "))>0") == "1";
  }
  // The last commit of a domain is its own, and not one that was known.
  const auto last =
      ParseGtids(connection.QueryValue("SELECT @@global.gtid_binlog_pos").value_or(""));
  const auto before = ParseGtids(known.ToString());
  const std::string own = connection.QueryValue("SELECT @@global.server_id").value_or("");
  return std::any_of(last.begin(), last.end(), [&](const Numbers& gtid) {
    return std::to_string(gtid.server) == own && !Covers(before, gtid);
  });
}

GtidSet HeldOf(mysql::Connection& connection, const std::string& identity) {
  const GtidSet held = *CurrentGtidPosition(connection).gtids;
  if (!connection.server().IsMariaDb()) return held;
  // Its last number in each domain; where the server has none of it, what it has itself.
  const std::string server = identity.substr(identity.rfind(':') + 1);
  std::map<unsigned, std::string> domains;
  for (const Numbers& gtid : ParseGtids(held.ToString())) domains[gtid.domain] = gtid.ToString();
  const auto state = connection.QueryValue("SELECT @@global.gtid_binlog_state");
  for (const Numbers& gtid : ParseGtids(state.value_or(""))) {
    if (std::to_string(gtid.server) == server) domains[gtid.domain] = gtid.ToString();
  }
  std::string text;
  for (const auto& [domain, gtid] : domains) text += (text.empty() ? "" : ",") + gtid;
  return GtidSet::Parse(connection.server().family, text);
}

std::optional<std::string> FindOwnPast(std::stop_token stop, mysql::Connection& connection,
                                       const Position& start, const GtidSet& known,
                                       const TableFilter& tables,
                                       const StatementFilter& statements) {
  const bool is_mariadb = connection.server().IsMariaDb();
  const std::string self =
      connection.QueryValue(is_mariadb ? "SELECT @@global.server_id" : "SELECT @@server_uuid")
          .value_or("");
  const auto is_own = [&](const Gtid& gtid) {
    return is_mariadb ? std::to_string(gtid.server_id) == self
                      : gtid.source.substr(0, gtid.source.find(':')) == self;
  };
  const Position end = CurrentPosition(connection);
  Position position = start;
  Reader reader(connection.options(), start, tables);
  std::optional<std::string> found;
  while (is_mariadb || !position.Covers(end)) {
    const auto transaction = reader.Next(stop);
    base::ThrowIfStopped(stop);
    if (!transaction) {
      // MariaDB sends a heartbeat at the end only. By numbers the end cannot be told there: with
      // gtid_strict_mode=0 they go back where another server's commits follow lost ones.
      if (is_mariadb) return std::nullopt;
      continue;
    }
    if (!transaction->gtid) continue;
    const Gtid& gtid = *transaction->gtid;
    if (is_own(gtid)) {
      const bool is_known = !is_mariadb && known.Contains(gtid);
      const bool concerns = transaction->HasRows() || statements(transaction->statement);
      if (!found && concerns && !is_known) found = gtid.ToString();
    } else if (found) {
      return found;
    }
    if (is_mariadb && transaction->file == end.file && transaction->end_offset >= end.offset) {
      return std::nullopt;
    }
    position.gtids->Add(gtid);
  }
  return std::nullopt;
}

void RequireReadableFrom(std::stop_token stop, const mysql::ConnectionOptions& options,
                         const Position& start) {
  DumpConnection connection(options, std::chrono::milliseconds(200));
  connection.Request(start, DumpConnection::Gaps::kRefuse);
  while (true) {
    const auto packet = connection.Next(stop);
    base::ThrowIfStopped(stop);
    if (!packet) continue;
    const EventHeader header = ParseEventHeader(*packet);
    switch (header.type) {  // the first transaction, or the end: the start has been found
      case kGtidEvent:
      case kTaggedGtidEvent:
      case kMariaDbGtidEvent:
      case kHeartbeatEvent:
      case kHeartbeatV2Event:
        return;
      default:
        break;
    }
  }
}

}  // namespace osc::binlog
