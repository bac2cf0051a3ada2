// Whether a session is in a transaction.
#pragma once

#include "src/mysql/connection.h"

namespace osc::mysql {

// As the server said with the answer to the last statement.
bool IsInTransaction(Connection& connection);

}  // namespace osc::mysql
