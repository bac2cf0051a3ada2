// How busy a server is, by the numbers that it keeps of itself.
#pragma once

#include <string>

#include "src/mysql/connection.h"
#include "src/state/migration.h"

namespace osc::shadow {

// Throws kInvalidArgument for a variable that the server does not have, or that is no number.
void RequireKnown(mysql::Connection& connection, const state::LoadLimits& limits);

// "Threads_running is 60, above <setting> 50": the first that is above its limit; empty when none
// is. Innodb_history_list_length is known on MySQL too, which keeps it elsewhere
// (INFORMATION_SCHEMA.INNODB_METRICS, needs PROCESS). Throws as RequireKnown does.
std::string AboveLimit(mysql::Connection& connection, const state::LoadLimits& limits,
                       const std::string& setting);

}  // namespace osc::shadow
