#include "shadow/instant_alter.h"

#include <regex>

#include "ddl/server_algorithms.h"
#include "ddl/time_zone.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/wait.h"
#include "src/mysql/session_list.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string MarkerOf(const InstantAlter& alter) { return apply::Marker(alter.id, "instant"); }

mysql::Connection Open(const InstantAlter& alter) {
  mysql::ConnectionOptions options = alter.connection;
  options.read_timeout =
      std::chrono::ceil<seconds>(alter.lock_timeout + kEndBlockersTime) + seconds(10);
  mysql::Connection connection = mysql::Connection::Open(options);
  // Should the engine die, the server ends the wait, a little later than the engine would.
  const auto longest = std::chrono::ceil<seconds>(alter.lock_timeout + kEndBlockersTime);
  connection.Execute("SET lock_wait_timeout=" + std::to_string(longest.count()));
  return connection;
}

// The statement waits for the lock still: ends it. Returns when it was done in the last moment.
void GiveUp(mysql::Connection& runner, mysql::Connection& control, const InstantAlter& alter) {
  // Looked at while the lock is waited for: whoever holds the table then is in the way.
  const std::string blockers = DescribeBlockers(control, alter.table);
  try {
    control.Execute("KILL QUERY " + std::to_string(runner.thread_id()));
  } catch (const Error& error) {
    spdlog::warn("{} cannot end the wait for the lock: {}", alter.id, error.message());
  }
  try {
    runner.Finish();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRetryable) throw;
    throw Error(ErrorCode::kBusy,
                "the lock on " + mysql::Quote(alter.table) + " was not given within " +
                    std::to_string(alter.lock_timeout.count()) + " ms" + blockers,
                "end the transaction that holds the table, or wait: it will be tried again");
  }
}

std::string WithoutCounter(const std::string& create_statement) {
  static const std::regex counter("\\n\\)([^\\n]*) AUTO_INCREMENT=[0-9]+");
  return std::regex_replace(create_statement, counter, "\n)$1");
}

}  // namespace

double AlterInstantly(const InstantAlter& alter) {
  mysql::Connection control = Open(alter);
  mysql::Connection runner = Open(alter);
  const ddl::InServerTimeZone in_server_time_zone(runner);
  const auto asked_at = Clock::now();
  runner.Send(
      ddl::AlterSql(alter.table, alter.clauses, "INSTANT", "", "/* " + MarkerOf(alter) + " */ "));
  OSC_FAULT_POINT("instant.sent");
  if (runner.IsReady(alter.lock_timeout) ||
      EndBlockers(runner, control, alter.table, alter.may_kill, alter.killed)) {
    runner.Finish();
  } else {
    GiveUp(runner, control, alter);
  }
  return std::chrono::duration<double, std::milli>(Clock::now() - asked_at).count();
}

bool DidAlterHappen(std::stop_token stop, mysql::Connection& connection, const InstantAlter& alter,
                    const ddl::TableDefinition& before, const ddl::TableDefinition& expected) {
  const auto is_running = [&, marker = MarkerOf(alter)] {
    const auto sessions = mysql::ListSessions(connection);
    return std::any_of(sessions.begin(), sessions.end(), [&](const mysql::Session& session) {
      return session.id != connection.thread_id() &&
             session.statement.find(marker) != std::string::npos;
    });
  };
  const auto deadline = Clock::now() + alter.lock_timeout + kEndBlockersTime + seconds(30);
  if (!base::PollUntil(stop, deadline, milliseconds(5), [&] { return !is_running(); })) {
    throw Error(ErrorCode::kOutcomeUnknown, "an ALTER of migration " + alter.id + " hangs");
  }
  const std::string now =
      WithoutCounter(ddl::ReadTableDefinition(connection, alter.table).create_statement);
  if (now == WithoutCounter(before.create_statement)) return false;
  if (now == WithoutCounter(expected.create_statement)) return true;
  throw Error(ErrorCode::kDiverged,
              "table " + mysql::Quote(alter.table) +
                  " is neither as it was nor as the ALTER makes it: somebody else has changed it",
              "look at SHOW CREATE TABLE; the ALTER has either been done or not, nothing of it is "
              "half done");
}

}  // namespace osc::shadow
