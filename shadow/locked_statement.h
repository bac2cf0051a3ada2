// A statement that needs tables for itself, by its own lock: it waits for that no longer than a
// swap does, and who is in its way is named, or ended where the operator says so.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "shadow/blockers.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

struct LockedStatement {
  std::string id;      // of the migration
  std::string marker;  // a part of the statement by which it is found again, see apply::Marker
  std::string sql;
  mysql::TableName table;  // who holds it is looked at
  mysql::ConnectionOptions connection;
  std::chrono::milliseconds lock_timeout{3000};
  // As in SwapPlan.
  std::function<bool()> may_kill;
  std::function<void(const Blocker&)> killed;
  // Prepares the session that runs it; may be empty.
  std::function<void(mysql::Connection&)> prepare;
};

// One attempt. Returns how long it took in milliseconds, which is how long others were held at
// most. Throws kBusy when the lock was not given in time (who holds the table is in the message),
// the server's Error when it refuses, in both cases with nothing changed as far as the server says;
// kConnectionLost or kOutcomeUnknown when its answer never came.
double RunLocked(const LockedStatement& statement);

// After an attempt that nobody saw to its end: waits until no session runs it any more. Throws
// kOutcomeUnknown when one hangs.
void WaitUntilGone(std::stop_token stop, mysql::Connection& connection,
                   const LockedStatement& statement);

}  // namespace osc::shadow
