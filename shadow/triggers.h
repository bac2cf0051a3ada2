// Triggers of a table that changes places. They are the application's, fire for its writes on the
// live table, and never for osc's off stage: so the off-stage table has none while osc writes to
// it. A swap creates the live table's triggers there under its lock, when nothing is left to be
// written; the RENAME takes them on stage, and those of the other table off it, in one step. There
// the stream drops them, before it writes the first row the other way round; and it drops what it
// finds each time that it starts, so that no crash and no failed attempt leaves any.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "shadow/swap.h"
#include "src/mysql/connection.h"
#include "src/mysql/triggers.h"

namespace osc::shadow {

// Makes sure, before the lock, that the live table's triggers can be created off stage. Throws
// kRefused with the trigger's name and the reason; kBusy instead before the first swap, which a
// trigger that somebody has created since shall hold up but not end.
// Returns them.
std::vector<mysql::Trigger> RehearseTriggers(const SwapPlan& plan);

// Under the lock and with nothing to write any more: creates the live table's triggers off stage.
// taken: folded names of all triggers of the database, to which it adds; a trigger
// is called `x_osc` there, and `x` again after the next swap.
void CreateTriggersOffStage(mysql::Connection& connection, const SwapPlan& plan,
                            const std::vector<mysql::Trigger>& triggers,
                            std::set<std::string>* taken);

}  // namespace osc::shadow
