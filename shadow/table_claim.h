// The right to run a migration of a table: a named lock on the server. Engines with different state
// directories know nothing of each other, and neither does one whose directory was copied.
#pragma once

#include "src/base/wait.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

// Held as long as the object and its connection live; the server lets go of it 30 s after it has
// heard of the engine for the last time. Used by one thread.
class TableClaim {
 public:
  // Waits a second for it: the session of an engine that was killed may live a moment longer.
  // Throws kBusy naming who has it.
  TableClaim(const mysql::ConnectionOptions& connection, const mysql::TableName& table);

  // Call often. Throws kConnectionLost when the claim has gone with its connection, kBusy when the
  // server no longer takes writes: its primary may be another one now.
  void Check();

 private:
  mysql::Connection connection_;
  base::Clock::time_point next_check_{};
};

}  // namespace osc::shadow
