// What became of a swap that nobody saw to its end.
#pragma once

#include <stop_token>
#include <string>

#include "shadow/swap.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

// A number that tells which physical table stands off stage: InnoDB's table id (needs PROCESS).
// Throws kDiverged when there is no such table.
std::string OffStageIdentity(mysql::Connection& connection, const std::string& id);

// After a crash or a lost connection, while no stream of the migration runs or it expects the swap:
// waits until no RENAME of this migration is under way, removes the sentry, and says whether the
// names were exchanged. identity_before: OffStageIdentity before the swap was begun.
bool DidSwapHappen(std::stop_token stop, mysql::Connection& connection, const SwapPlan& plan,
                   const std::string& identity_before);

// Whether the swap stands in the binlog behind the stream's checkpoint, or in the checkpoint. Slow,
// and always right.
bool DoesBinlogHoldSwap(std::stop_token stop, mysql::Connection& connection, const SwapPlan& plan);

}  // namespace osc::shadow
