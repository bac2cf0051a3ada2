// Which privileges osc lacks. They are probed, because a server may grant what its grants do not
// show (RDS does); grants are read only for what no statement can probe without an effect.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ddl/finding.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

struct MissingPrivileges {
  std::vector<std::string> on_database;
  std::vector<std::string> global;
  bool Any() const { return !on_database.empty() || !global.empty(); }
};

// database: may be empty, then only the global ones are looked at. Changes nothing: the probes name
// a table that does not exist, which the servers say only to those who may use it (seen on MySQL
// 9.7, MariaDB 10.11 and 11.8).
MissingPrivileges FindMissingPrivileges(mysql::Connection& connection, const std::string& database);

// Whether the user may end sessions of other users: CONNECTION_ADMIN on MySQL, CONNECTION ADMIN on
// MariaDB, SUPER on both. By the grants: ending one is the only probe.
bool MayKillSessions(mysql::Connection& connection);
// Throws kRefused, with the grant that mends it, unless it may.
void RequireKillPrivilege(mysql::Connection& connection);

// What has to be done so that the server tells the account who uses a table: the swap of a table
// with triggers needs it on MySQL (shadow/table_locks.h). nullopt: nothing.
std::optional<std::string> WhyLocksAreNotTold(mysql::Connection& connection);
// Whether tables with triggers can be migrated, as far as the server's settings and the account
// say. Never a problem: not everybody has such tables.
DoctorFinding CheckTriggersPossible(mysql::Connection& connection);

// 'user'@'host'
std::string QuotedCurrentUser(mysql::Connection& connection);

// All that is missing as one finding, with the GRANT statements as its fix.
DoctorFinding CheckPrivileges(mysql::Connection& connection, const std::string& database);

}  // namespace osc::ddl
