// Exchanges the names of the live and the off-stage table, in either direction, without losing a
// write and without an error for the application. Of one table, or of several in one step, so that
// nobody sees one of them new and another one old.
//
// The way, on every server:
//   1. A sentry table is created. A session L for each table locks it, the last one the sentry too:
//      writers wait.
//   2. The freeze point is read; the streams are drained to it; AUTO_INCREMENT is taken over; the
//      triggers of the live table are created off stage (shadow/triggers.h).
//   3. Session R sends RENAME live -> sentry, off stage -> live, sentry -> off stage, for all of
//      them in one statement, which happens as a whole or not at all. It waits for the L whose
//      table comes first, for it takes its locks in the order of names. As long as the sentry
//      exists, this RENAME can only fail.
//   4. A probe proves that R waits for the live table itself and not for something before it: a
//      PREPARE on the live table needs only a shared metadata lock, which L's lock permits and a
//      waiting RENAME does not (seen on MySQL 9.7, MariaDB 10.11 and 11.8).
//   5. L unlocks. R is first in the queue, before every writer, and goes on to wait for the next
//      table, with which 4 and 5 are repeated. The last L drops the sentry first.
// If an L dies before 5, its lock is gone but the sentry makes R fail: nothing has happened. If the
// last one dies within 5, R is next in any case.
//
// A table with triggers is gated on MySQL (shadow/table_locks.h), where a probe cannot reach it.
// Then another session has the sentry; the RENAME is let go with all tables, and comes to wait for
// the sentry as the last one. If the binlog has nothing of the tables behind the freeze point then,
// the sentry is dropped; otherwise the RENAME is ended.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "shadow/blockers.h"
#include "shadow/tables.h"
#include "src/apply/stream.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

struct SwapPlan {
  std::string id;  // of the migration
  int number = 0;  // of the swap, from 1
  mysql::TableName live;
  mysql::TableName off_stage;
  mysql::ConnectionOptions connection;
  std::chrono::milliseconds lock_timeout{3000};  // for the lock, and again for the drain
  // Asked when the lock has not been given in time: true ends the sessions that hold the table, and
  // `killed` is told of each of them. Empty: never.
  std::function<bool()> may_kill;
  std::function<void(const Blocker&)> killed;
  // Accepts that rows without a place in the other table are changed or left out, and is told of
  // each (apply::AcceptLoss) before the tables are swapped, at last of none; may throw to prevent
  // it. Without it such rows make the attempt kBusy.
  std::function<void(const std::optional<std::string>& line)> report_loss;
};

// What changes places in a swap.
struct SwapMember {
  const SwapPlan* plan;
  apply::Stream* stream;           // carries the writes of the live table to the other one
  const Tables* object = nullptr;  // instead of a stream: it comes, goes or is replaced as it is
};

// Of what somebody has done to the live table since the migration began, and has to take back:
// kRefused, but kBusy before the first swap, which it shall hold up and not end.
ErrorCode CodeOfRefusal(const SwapPlan& plan);

struct SwapResult {
  binlog::Position freeze_point;
  double lock_ms = 0;  // from asking for the locks to the new names: how long writers were held
};

// One attempt, of tables in one database. On return the names are exchanged and the streams know.
// Throws kBusy when a lock or the drain took too long (who holds the table is in the message), or
// another Error: then the application writes to the tables that it had before, and no lock, sentry
// or session is left. kOutcomeUnknown: the server could not be asked what happened; ask
// DidSwapHappen when it can. Once the RENAME has been sent, a stop waits for its outcome.
SwapResult Swap(std::stop_token stop, std::vector<SwapMember> members);

}  // namespace osc::shadow
