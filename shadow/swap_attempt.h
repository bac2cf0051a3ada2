// The sessions and the steps of one attempt to swap, see shadow/swap.h.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "shadow/queued_rename.h"
#include "shadow/swap.h"
#include "shadow/table_locks.h"
#include "shadow/triggers.h"
#include "src/apply/stream.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

// Whether the member's table is locked before the RENAME: whoever uses it is not to wait for one
// who waits for another of them. A view cannot be: that would lock the tables behind it.
bool IsLocked(const SwapMember& member);
// Of all members, by way of the sentry's name.
std::string RenameSql(const std::vector<SwapMember>& members, const mysql::TableName& sentry);
// A foreign key that somebody has added since the migration began would go off stage with the live
// table. Throws what CodeOfRefusal says.
void RequireNoForeignKeys(mysql::Connection& connection, const std::vector<SwapMember>& members);

// Whatever happens, Undo() leaves nothing behind. Used by one thread.
class SwapAttempt {
 public:
  // In the order of the tables' names; one of them at least IsLocked(). Must outlive this.
  explicit SwapAttempt(const std::vector<SwapMember>& members);

  // Throws as Swap() does; whether the RENAME happened has to be asked then.
  SwapResult Run(std::stop_token stop);
  // After Run() has thrown: ends the RENAME and gives the locks up.
  void Undo();
  // Until it is, the RENAME can only fail.
  bool is_sentry_gone() const { return is_sentry_gone_; }

 private:
  void CreateSentry();
  void DropSentry();
  // A gate is known to be shut, and the RENAME to wait behind it, from a list that the server may
  // be late to write. Now that the RENAME waits for the sentry it has all tables for itself: if
  // their streams come up to the binlog's end, nobody has written since the freeze point.
  void ProveThatNothingWasWritten(std::stop_token stop);
  // Until what is left is a matter of milliseconds, or does not become less.
  void ComeClose(std::stop_token stop, const SwapMember& member);
  void AcceptLoss(const SwapMember& member);
  void RequireAPlaceForEveryRow(const SwapMember& member);
  // live: the live table's next number; 0 where it has none.
  void TakeOverAutoIncrement(const SwapPlan& plan, uint64_t live);
  size_t LockOf(const SwapMember& member) const;

  const std::vector<SwapMember>& members_;
  std::vector<SwapMember> streams_;  // those that have one
  std::vector<std::unique_ptr<apply::Stream::Haste>> haste_;
  const std::vector<const SwapPlan*> locked_;
  const SwapPlan& last_;  // whose table the RENAME comes to last
  const mysql::TableName sentry_;
  mysql::Connection control_;
  Triggers triggers_;
  TableLocks locks_;
  QueuedRename rename_;
  std::optional<mysql::Connection> sentry_holder_;  // where the last lock cannot hold it
  bool is_sentry_gone_ = false;
};

}  // namespace osc::shadow
