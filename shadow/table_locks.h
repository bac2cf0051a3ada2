// Locks on the live tables of a swap, which make their writers and readers wait. Each is held by a
// session of its own, so that it can be given up by itself.
//
// LOCK TABLES does it, but not for a table with triggers on MySQL: there it locks the tables that
// the triggers write as well, and the server ends a transaction that has written one of them and
// now waits for this table as a deadlock (error 1213; seen on 9.7; MariaDB 10.11 and 11.8 keep
// nobody from these tables). FLUSH TABLES ... WITH READ LOCK would not, but where a long SELECT is
// running, everybody has to wait for its end who opens the table then, also when the lock has been
// given up (seen on 9.7). So such a table is gated: the session reads it in a transaction, and
// another session sends a RENAME of it that waits behind this one, can only fail, and keeps
// everybody else out meanwhile. Once nobody else has the table, that is the lock.
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
// The same for one whose lock makes others wait, in a swap of so many tables. Should the server
// lose sight of us without a word, it ends the session and with it the lock: after it has been idle
// for longer than any step may take.
mysql::Connection OpenLocker(const SwapPlan& plan, size_t tables);

// Used by one thread; keeps references. The plans are in the order of the tables' names.
class TableLocks {
 public:
  // control: a session that may end those that are in the way. sentry: is locked with the last
  // table, unless there are gated ones; these cannot be renamed to its name as long as it exists.
  TableLocks(std::vector<const SwapPlan*> plans, const std::vector<bool>& is_gated,
             const mysql::TableName& sentry, mysql::Connection& control);

  // Waits for all of them, for the longest lock_timeout of the plans, and says since when writers
  // have waited. Throws kBusy, with none held, when that was too short, and kCancelled.
  std::chrono::steady_clock::time_point Take(std::stop_token stop);
  // The session that holds the table's lock, or has held it.
  mysql::Connection& session(size_t table) { return sessions_[table]; }
  bool HasGates() const { return is_gated_; }
  bool IsGated(size_t table) const { return gates_[table].has_value(); }
  void Release(size_t table);
  // Gives up what is left, and the wait for more. Never throws.
  void GiveUp();

 private:
  bool TryAll(std::chrono::steady_clock::time_point deadline, std::chrono::milliseconds slice);
  bool Ask(size_t table, std::chrono::milliseconds patience);
  bool AskByGate(size_t table, std::chrono::milliseconds patience);
  bool WaitUntilAlone(size_t table, std::chrono::milliseconds patience);
  bool EndBlockersOf(size_t table);
  void EndGate(size_t table);
  void Finish(size_t table);
  void EndWait();

  const std::vector<const SwapPlan*> plans_;
  const mysql::TableName sentry_;
  mysql::Connection& control_;
  std::chrono::milliseconds lock_timeout_{0};
  std::vector<mysql::Connection> sessions_;
  struct Gate {
    mysql::Connection session;
    bool is_sent = false;
  };
  std::vector<std::optional<Gate>> gates_;  // of those that have one
  bool is_gated_ = false;                   // any
  std::deque<size_t> order_;                // in which they are asked for
  std::vector<bool> held_;
  std::optional<size_t> waiting_;  // for this table's lock
};

}  // namespace osc::shadow
