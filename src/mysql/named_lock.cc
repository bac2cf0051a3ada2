#include "src/mysql/named_lock.h"

#include <cstdlib>

#include "src/mysql/quote.h"
#include "src/mysql/session_list.h"

namespace osc::mysql {

std::string LockName(std::string_view prefix, std::string_view object) {
  return "CONCAT(" + QuoteText(std::string(prefix) + ".") + ", LEFT(SHA2(" + QuoteText(object) +
         ", 256), 40))";
}

bool TakeLock(Connection& connection, const std::string& lock, int seconds) {
  return connection.QueryValue("SELECT GET_LOCK(" + lock + ", " + std::to_string(seconds) + ")") ==
         "1";
}

void ReleaseLock(Connection& connection, const std::string& lock) {
  connection.QueryValue("SELECT RELEASE_LOCK(" + lock + ")");
}

bool HoldsLock(Connection& connection, const std::string& lock) {
  return connection.QueryValue("SELECT IS_USED_LOCK(" + lock + ") = CONNECTION_ID()") == "1";
}

std::string LockHolder(Connection& connection, const std::string& lock) {
  const auto id = connection.QueryValue("SELECT IS_USED_LOCK(" + lock + ")");
  if (!id) return "";
  const auto session =
      FindSession(ListSessions(connection), std::strtoull(id->c_str(), nullptr, 10));
  if (!session) return "";
  return "connection " + *id + " of " + session->user + " from " + session->host;
}

}  // namespace osc::mysql
