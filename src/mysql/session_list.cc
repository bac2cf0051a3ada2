#include "src/mysql/session_list.h"

namespace osc::mysql {

std::vector<Session> ListSessions(Connection& connection) {
  std::vector<Session> sessions;
  auto rows = connection.Query("SHOW FULL PROCESSLIST");
  while (rows.Next()) {
    // Id, User, Host, db, Command, Time, State, Info; MariaDB adds Progress.
    const std::string host = rows.Text(2);
    sessions.push_back({rows.Number(0), rows.Text(1), host.substr(0, host.rfind(':')), rows.Text(3),
                        rows.Text(4), rows.Number(5), rows.Text(6), rows.Text(7)});
  }
  return sessions;
}

std::optional<Session> FindSession(const std::vector<Session>& sessions, uint64_t id) {
  for (const Session& session : sessions) {
    if (session.id == id) return session;
  }
  return std::nullopt;
}

}  // namespace osc::mysql
