// Named locks of the server (GET_LOCK), by which osc's processes keep out of each other's way
// wherever they run.
#pragma once

#include <string>
#include <string_view>

#include "src/mysql/connection.h"

namespace osc::mysql {

// The SQL expression of the name "<prefix>.<digest of object>": lock names have at most 64
// characters on MySQL.
std::string LockName(std::string_view prefix, std::string_view object);

// lock: from LockName. Waits so many seconds for it; the session holds it until it ends.
bool TakeLock(Connection& connection, const std::string& lock, int seconds);
void ReleaseLock(Connection& connection, const std::string& lock);
bool HoldsLock(Connection& connection, const std::string& lock);

// "connection 17 of osc from 10.0.0.3"; empty when nobody holds it or that cannot be seen.
std::string LockHolder(Connection& connection, const std::string& lock);

}  // namespace osc::mysql
