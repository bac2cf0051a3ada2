// The RENAME of a swap, on its way through the locks: on a session of its own, which waits for one
// table after the other, in the order of their names, until each is let go.
#pragma once

#include <string>
#include <vector>

#include "shadow/swap.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

// Used by one thread; keeps references.
class QueuedRename {
 public:
  // plan: one of the swap's. tables: how many are to be asked for. control: a session that looks at
  // others and ends them.
  QueuedRename(const SwapPlan& plan, size_t tables, mysql::Connection& control);

  void Send(const std::string& sql);
  // Waits until it waits for this table, one of those that it names, when what comes before is let
  // go. Throws kBusy when it does not get there in time, kRetryable when a lock was lost before,
  // the server's Error.
  void ProveThatItIsNext(const mysql::TableName& table);
  // The same for a table that no probe can reach, as the server tells (shadow/metadata_locks.h).
  void WaitUntilItIsNext(const mysql::TableName& table);
  // When the last one has been let go.
  void Finish();
  // If it has been sent, ends it: it must not find the sentry gone and the lock free.
  void End();

 private:
  void RequireThatItWaits();
  bool IsSeenWaiting(const mysql::Connection& prober);
  [[noreturn]] void ThrowBusy(const mysql::TableName& table);

  const SwapPlan& plan_;
  mysql::Connection& control_;
  mysql::Connection session_;
  std::vector<mysql::Connection> probers_;  // each hangs until the end once it has been held up
  size_t probed_ = 0;
  bool is_sent_ = false;
};

}  // namespace osc::shadow
