// The server's own ALTER of the live table, ALGORITHM=INSTANT: for a change that osc only hands on.
// It waits for the table's lock no longer than a swap does.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "ddl/table_definition.h"
#include "shadow/blockers.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

struct InstantAlter {
  std::string id;  // of the migration
  mysql::TableName table;
  std::string clauses;
  mysql::ConnectionOptions connection;
  std::chrono::milliseconds lock_timeout{3000};
  // As in SwapPlan.
  std::function<bool()> may_kill;
  std::function<void(const Blocker&)> killed;
};

// One attempt. Returns how long it took in milliseconds, which is how long writers were held at
// most. Throws kBusy when the lock was not given in time (who holds the table is in the message),
// the server's Error when it refuses (see ddl::IsAlgorithmRefused), in both cases with nothing
// changed as far as the server says; kConnectionLost or kOutcomeUnknown when its answer never came:
// ask DidAlterHappen when it can be asked.
double AlterInstantly(const InstantAlter& alter);

// After an attempt that nobody saw to its end: waits until no ALTER of this migration is under way,
// then compares the table's definition (SHOW CREATE TABLE but for AUTO_INCREMENT) with the one
// before and the one expected. Where these two are the same it is false: the ALTER may be done
// again. Throws kDiverged when the table is neither, kOutcomeUnknown when an ALTER hangs.
bool DidAlterHappen(std::stop_token stop, mysql::Connection& connection, const InstantAlter& alter,
                    const ddl::TableDefinition& before, const ddl::TableDefinition& expected);

}  // namespace osc::shadow
