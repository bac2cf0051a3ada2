// The tables and views of a migration that creates or drops one, or replaces a view: no rows go
// from one to the other, so that a RENAME by itself is the whole swap. What is dropped leaves the
// stage, what is created waits off stage until it is swapped in. RENAME TABLE takes views too,
// within one database, and keeps their definers and the triggers of tables (seen on MySQL 9.7,
// MariaDB 10.11 and 11.8); from MySQL 8.0 and MariaDB 10.6 on it is atomic (their manuals, "Atomic
// DDL").
#pragma once

#include <stop_token>
#include <string>

#include "shadow/locked_statement.h"
#include "shadow/swap.h"
#include "shadow/tables.h"
#include "src/mysql/connection.h"
#include "src/state/store.h"

namespace osc::shadow {

// Makes what is to be created under the off-stage name and records what stands under the live one.
// May be repeated after a crash. Throws what ddl::PlanObject throws, and kRefused with the server's
// message when it does not take the statement; nothing is left behind then.
void PrepareObject(state::Store& store, const state::Migration& migration,
                   const mysql::ConnectionOptions& server);

// Drops what stands off stage, whoever made it; with keep it stays. Throws kRetryable as
// DropArtefacts does.
void DropObject(const Tables& tables, bool keep);

// The renames of a swap that `between` is free for, "a TO b, c TO d".
std::string ObjectRenames(const SwapPlan& plan, const Tables& tables,
                          const mysql::TableName& between);
// What marks a RENAME with them, as apply::SwapMarker does for tables.
std::string ObjectMarker(const SwapPlan& plan);
// `sql` as a statement of this swap, which has its mark in it.
LockedStatement ObjectStatement(const SwapPlan& plan, std::string sql);
// Throws kRefused when the names are no longer as the swap before has left them.
void RequireObjectAsLeft(const SwapPlan& plan, const Tables& tables);
// Whether a table stands under the live name, and the swap takes it away.
bool TakesTableAway(const SwapPlan& plan, const Tables& tables);

// Whether the new state stands, when this swap, begun by somebody, is over or was never begun; true
// where both states are the same. Throws kDiverged when what the migration moves is gone.
bool StandsNewObject(std::stop_token stop, mysql::Connection& connection, const SwapPlan& plan,
                     const Tables& tables);

}  // namespace osc::shadow
