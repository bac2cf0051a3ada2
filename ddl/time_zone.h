// What depends on the time zone of a session. osc's sessions are in UTC, so that every TIMESTAMP
// can be written; the server's own ALTER, run by hand, is in the zone of the server as a rule.
#pragma once

#include <string>
#include <vector>

#include "ddl/projection.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

struct ServerTimeZone {
  std::string name;    // of @@global.time_zone, with the system's name for it if it is SYSTEM
  bool is_utc = true;  // all year, in every year that a TIMESTAMP can be of
};

ServerTimeZone ReadServerTimeZone(mysql::Connection& connection);

// What gives another value in another time zone: a column that is converted from or to TIMESTAMP,
// or between TIME and a type with a date; a STORED generated column, or an index over a generated
// column or an expression, that is computed from a TIMESTAMP. On a server in UTC a warning for
// each; on others throws kRefused.
std::vector<std::string> CheckTimeZone(const ServerTimeZone& zone, const Projection& forward);

// For DDL as its author would run it: an ALTER's literals for TIMESTAMP defaults mean what they
// mean to whoever wrote it.
void SetServerTimeZone(mysql::Connection& connection);

// The same while it lives; afterwards the session is in UTC again.
class InServerTimeZone {
 public:
  explicit InServerTimeZone(mysql::Connection& connection);  // throws Error
  ~InServerTimeZone();
  InServerTimeZone(const InServerTimeZone&) = delete;
  InServerTimeZone& operator=(const InServerTimeZone&) = delete;

 private:
  mysql::Connection& connection_;
};

}  // namespace osc::ddl
