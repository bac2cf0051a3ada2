// Locks on the live tables of a swap, which make their writers and readers wait. Each is held by a
// session of its own, so that it can be given up by itself.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <stop_token>
#include <vector>

#include "shadow/swap.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

// A session with the connection's options, whose waits for locks end after the swap's time.
mysql::Connection OpenForSwap(const SwapPlan& plan);

// Used by one thread; keeps references. The plans are in the order of the tables' names.
class TableLocks {
 public:
  // control: a session that may end those that are in the way. sentry: is locked with the last
  // table.
  TableLocks(std::vector<const SwapPlan*> plans, const mysql::TableName& sentry,
             mysql::Connection& control);

  // Waits for all of them, for the longest lock_timeout of the plans, and says since when writers
  // have waited. Throws kBusy, with none held, when that was too short, and kCancelled.
  std::chrono::steady_clock::time_point Take(std::stop_token stop);
  // The session that holds the table's lock, or has held it.
  mysql::Connection& session(size_t table) { return sessions_[table]; }
  void Release(size_t table);
  // Gives up what is left, and the wait for more. Never throws.
  void GiveUp();

 private:
  bool TryAll(std::chrono::steady_clock::time_point deadline, std::chrono::milliseconds slice);
  void Send(size_t table);
  void Finish(size_t table);
  void EndWait();

  const std::vector<const SwapPlan*> plans_;
  const mysql::TableName sentry_;
  mysql::Connection& control_;
  std::chrono::milliseconds lock_timeout_{0};
  std::vector<mysql::Connection> sessions_;
  std::deque<size_t> order_;  // in which they are asked for
  std::vector<bool> held_;
  std::optional<size_t> waiting_;  // for this table's lock
};

}  // namespace osc::shadow
