#include "shadow/locked_statement.h"

#include <algorithm>

#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/wait.h"
#include "src/mysql/session_list.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

mysql::Connection Open(const LockedStatement& statement) {
  mysql::ConnectionOptions options = statement.connection;
  const auto longest = std::chrono::ceil<seconds>(statement.lock_timeout + kEndBlockersTime);
  options.read_timeout = longest + seconds(10);
  mysql::Connection connection = mysql::Connection::Open(options);
  // Should the engine die, the server ends the wait, a little later than the engine would.
  connection.Execute("SET lock_wait_timeout=" + std::to_string(longest.count()));
  return connection;
}

// The statement waits for the lock still: ends it. Returns when it was done in the last moment.
void GiveUp(mysql::Connection& runner, mysql::Connection& control,
            const LockedStatement& statement) {
  // Looked at while the lock is waited for: whoever holds the table then is in the way.
  const std::string blockers = DescribeBlockers(control, statement.table);
  try {
    control.Execute("KILL QUERY " + std::to_string(runner.thread_id()));
  } catch (const Error& error) {
    spdlog::warn("{} cannot end the wait for the lock: {}", statement.id, error.message());
  }
  try {
    runner.Finish();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRetryable) throw;
    throw Error(ErrorCode::kBusy,
                "the lock on " + mysql::Quote(statement.table) + " was not given within " +
                    std::to_string(statement.lock_timeout.count()) + " ms" + blockers,
                "end the transaction that holds the table, or wait: it will be tried again");
  }
}

}  // namespace

double RunLocked(const LockedStatement& statement) {
  mysql::Connection control = Open(statement);
  mysql::Connection runner = Open(statement);
  if (statement.prepare) statement.prepare(runner);
  const auto asked_at = Clock::now();
  runner.Send(statement.sql);
  OSC_FAULT_POINT("locked_statement.sent");
  if (runner.IsReady(statement.lock_timeout) ||
      EndBlockers(runner, control, statement.table, statement.may_kill, statement.killed)) {
    runner.Finish();
  } else {
    GiveUp(runner, control, statement);
  }
  return std::chrono::duration<double, std::milli>(Clock::now() - asked_at).count();
}

void WaitUntilGone(std::stop_token stop, mysql::Connection& connection,
                   const LockedStatement& statement) {
  const auto is_running = [&] {
    const auto sessions = mysql::ListSessions(connection);
    return std::any_of(sessions.begin(), sessions.end(), [&](const mysql::Session& session) {
      return session.id != connection.thread_id() &&
             session.statement.find(statement.marker) != std::string::npos;
    });
  };
  const auto deadline = Clock::now() + statement.lock_timeout + kEndBlockersTime + seconds(30);
  if (base::PollUntil(stop, deadline, milliseconds(5), [&] { return !is_running(); })) return;
  throw Error(ErrorCode::kOutcomeUnknown, "a statement of migration " + statement.id + " hangs");
}

}  // namespace osc::shadow
