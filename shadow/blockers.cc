#include "shadow/blockers.h"

#include <algorithm>
#include <optional>
#include <set>

#include "shadow/open_transactions.h"
#include "src/mysql/own_sessions.h"
#include "src/mysql/sql_lexer.h"

namespace osc::shadow {
namespace {

constexpr unsigned kNoSuchThread = 1094;
constexpr size_t kMostNamed = 5;
// How long statements may take to end by themselves that waited for a session which was ended.
// Sessions that are ended themselves roll back first, which may take longer.
constexpr std::chrono::milliseconds kGoingOn{250};
constexpr size_t kMostText = 80;

// nullopt: this way does not tell.
using Holders = std::optional<std::set<uint64_t>>;

Holders ReadHolders(mysql::Connection& connection, const std::string& sql) {
  try {
    auto rows = connection.Query(sql);
    std::set<uint64_t> ids;
    while (rows.Next()) ids.insert(rows.Number(0));
    return ids;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnectionLost) throw;
    return std::nullopt;  // no such table, or no privilege
  }
}

Holders FromPerformanceSchema(mysql::Connection& connection, const mysql::TableName& table) {
  const auto enabled = [&]() -> Holders {
    return ReadHolders(connection,
                       "SELECT 1 FROM performance_schema.setup_instruments WHERE "
                       "NAME='wait/lock/metadata/sql/mdl' AND ENABLED='YES' AND "
                       "@@global.performance_schema");
  }();
  if (!enabled || enabled->empty()) return std::nullopt;
  // SHARED and SHARED_HIGH_PRIO stand in the way of no LOCK TABLES.
  return ReadHolders(connection,
                     "SELECT t.PROCESSLIST_ID FROM performance_schema.metadata_locks m JOIN "
                     "performance_schema.threads t ON t.THREAD_ID=m.OWNER_THREAD_ID WHERE "
                     "m.OBJECT_TYPE='TABLE' AND m.LOCK_STATUS='GRANTED' AND m.LOCK_TYPE NOT IN "
                     "('SHARED', 'SHARED_HIGH_PRIO') AND t.PROCESSLIST_ID IS NOT NULL AND "
                     "m.OBJECT_SCHEMA=" +
                         mysql::QuoteText(table.database) +
                         " AND m.OBJECT_NAME=" + mysql::QuoteText(table.name));
}

Holders FromPlugin(mysql::Connection& connection, const mysql::TableName& table) {
  if (!connection.server().IsMariaDb()) return std::nullopt;
  return ReadHolders(connection,
                     "SELECT THREAD_ID FROM information_schema.METADATA_LOCK_INFO WHERE "
                     "LOCK_TYPE='Table metadata lock' AND LOCK_MODE NOT IN ('MDL_SHARED', "
                     "'MDL_SHARED_HIGH_PRIO') AND TABLE_SCHEMA=" +
                         mysql::QuoteText(table.database) +
                         " AND TABLE_NAME=" + mysql::QuoteText(table.name));
}

// FROM, JOIN, UPDATE or INTO before its name.
bool Uses(const mysql::Session& session, const mysql::TableName& table) {
  const auto tokens = mysql::Tokenize(session.statement);
  for (size_t i = 1; i < tokens.size(); ++i) {
    const mysql::SqlToken& before = tokens[i - 1];
    if (!before.Is("FROM") && !before.Is("JOIN") && !before.Is("UPDATE") && !before.Is("INTO")) {
      continue;
    }
    if (i + 2 < tokens.size() && tokens[i + 1].Is('.')) {
      if (tokens[i].text == table.database && tokens[i + 2].text == table.name) return true;
    } else if (session.database == table.database && tokens[i].text == table.name) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string Blocker::Describe() const {
  return "connection " + std::to_string(id) + " (" + user + ", " + std::to_string(seconds) +
         " s): " + what;
}

std::string Blockers::Describe() const {
  std::string text;
  for (size_t i = 0; i < std::min(sessions.size(), kMostNamed); ++i) {
    text += (i == 0 ? "; held by " : ", and by ") + sessions[i].Describe();
  }
  if (sessions.size() > kMostNamed) {
    text += ", and by " + std::to_string(sessions.size() - kMostNamed) + " more";
  }
  return text;
}

bool IsOfServer(const mysql::Session& session) {
  return session.user == "system user" || session.user == "event_scheduler" ||
         session.command == "Daemon" || session.command.find("Binlog Dump") == 0 ||
         session.command.find("Slave") == 0;
}

std::vector<Blocker> FindSessions(mysql::Connection& connection,
                                  const std::function<bool(const mysql::Session&)>& wanted) {
  const auto transactions = ListTransactions(connection);
  std::vector<Blocker> found;
  for (const mysql::Session& session : mysql::ListSessions(connection)) {
    if (mysql::IsOwnSession(session.id) || !wanted(session)) continue;
    Blocker blocker{
        session.id,      session.user + "@" + session.host, session.statement.substr(0, kMostText),
        session.seconds, session.statement.empty(),         !IsOfServer(session)};
    if (blocker.is_idle) blocker.what = "idle in a transaction";
    if (transactions) {
      const auto it = transactions->find(session.id);
      if (it != transactions->end()) blocker.seconds = it->second.seconds;
    }
    found.push_back(std::move(blocker));
  }
  std::sort(found.begin(), found.end(),
            [](const Blocker& one, const Blocker& other) { return one.seconds > other.seconds; });
  return found;
}

Blockers FindBlockers(mysql::Connection& connection, const mysql::TableName& table) {
  Holders holders = FromPerformanceSchema(connection, table);
  if (!holders) holders = FromPlugin(connection, table);
  Blockers blockers;
  blockers.complete = holders.has_value();
  blockers.sessions = FindSessions(connection, [&](const mysql::Session& session) {
    if (holders) return holders->count(session.id) > 0;
    // One that names the table and does not wait for its lock has it.
    return session.command == "Query" && !session.WaitsForMetadataLock() && Uses(session, table);
  });
  return blockers;
}

int KillBlockers(mysql::Connection& connection, const Blockers& blockers, bool idle,
                 const std::function<void(const Blocker&)>& tell) {
  int killed = 0;
  for (const Blocker& blocker : blockers.sessions) {
    if (!blocker.may_be_killed || blocker.is_idle != idle) continue;
    try {
      connection.Execute("KILL CONNECTION " + std::to_string(blocker.id));
    } catch (const Error& error) {
      if (error.server_errno() == kNoSuchThread) continue;  // it has just ended
      if (error.server_errno() != 1095 && error.code() != ErrorCode::kRefused) throw;
      throw Error(ErrorCode::kBusy,
                  "the server does not let osc end " + blocker.Describe() + ": " + error.message(),
                  connection.server().IsMariaDb() ? "grant CONNECTION ADMIN to the user"
                                                  : "grant CONNECTION_ADMIN to the user");
    }
    ++killed;
    tell(blocker);
  }
  return killed;
}

std::string DescribeBlockers(mysql::Connection& connection, const mysql::TableName& table) {
  const Blockers blockers = FindBlockers(connection, table);
  if (blockers.complete || !blockers.sessions.empty()) return blockers.Describe();
  const auto transactions = ListTransactions(connection);
  const auto oldest = FindSessions(connection, [&transactions](const mysql::Session& session) {
    return transactions && transactions->contains(session.id);
  });
  if (oldest.empty()) return "";
  return "; the server does not tell who holds it, the oldest transaction is of " +
         oldest.front().Describe();
}

bool EndBlockers(mysql::Connection& waiter, mysql::Connection& control,
                 const mysql::TableName& table, const std::function<bool()>& may_kill,
                 const std::function<void(const Blocker&)>& killed) {
  return EndBlockers([&waiter](std::chrono::milliseconds wait) { return waiter.IsReady(wait); },
                     control, table, may_kill, killed);
}

bool EndBlockers(const std::function<bool(std::chrono::milliseconds)>& has_it,
                 mysql::Connection& control, const mysql::TableName& table,
                 const std::function<bool()>& may_kill,
                 const std::function<void(const Blocker&)>& killed) {
  if (!may_kill || !may_kill()) return false;
  const auto kill = [&](bool idle) {
    return KillBlockers(control, FindBlockers(control, table), idle, killed);
  };
  int ended = kill(true);
  if (ended > 0 && has_it(kGoingOn)) return true;
  ended += kill(false);
  return ended > 0 && has_it(kEndBlockersTime - kGoingOn);
}

}  // namespace osc::shadow
