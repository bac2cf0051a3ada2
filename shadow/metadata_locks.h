// Who has, and who waits for, the server's lock on a table's name, as performance_schema tells: on
// MySQL, where it is on by default. What it says may be older than the truth by a moment.
#pragma once

#include <cstdint>

#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

// Whether another session than this one has the table, to read it or to write it.
bool IsHeldByOthers(mysql::Connection& connection, const mysql::TableName& table, uint64_t session);
// Whether this session waits for it, to have it alone.
bool IsQueuedFor(mysql::Connection& connection, const mysql::TableName& table, uint64_t session);

}  // namespace osc::shadow
