// The server's sessions, as SHOW FULL PROCESSLIST lists them: those of the same user always, all of
// them with the PROCESS privilege.
//
// Not information_schema.PROCESSLIST: in strict mode MySQL fails to read it as soon as any session
// runs a statement with characters outside utf8mb3 (error 3854, seen on 9.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/mysql/connection.h"

namespace osc::mysql {

struct Session {
  uint64_t id = 0;  // Connection::thread_id
  std::string user;
  std::string host;  // without the port
  std::string database;
  std::string command;   // "Query", "Sleep", ...
  uint64_t seconds = 0;  // in its present state
  std::string state;
  std::string statement;

  // "Waiting for table metadata lock" reads the same on MySQL 9.7, MariaDB 10.11 and 11.8.
  bool WaitsForMetadataLock() const { return state == "Waiting for table metadata lock"; }
};

std::vector<Session> ListSessions(Connection& connection);
std::optional<Session> FindSession(const std::vector<Session>& sessions, uint64_t id);

}  // namespace osc::mysql
