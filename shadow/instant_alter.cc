#include "shadow/instant_alter.h"

#include <regex>

#include "ddl/server_algorithms.h"
#include "ddl/time_zone.h"
#include "shadow/locked_statement.h"
#include "src/apply/stream.h"

namespace osc::shadow {
namespace {

LockedStatement Statement(const InstantAlter& alter) {
  LockedStatement statement;
  statement.id = alter.id;
  statement.marker = apply::Marker(alter.id, "instant");
  statement.sql =
      ddl::AlterSql(alter.table, alter.clauses, "INSTANT", "", "/* " + statement.marker + " */ ");
  statement.table = alter.table;
  statement.connection = alter.connection;
  statement.lock_timeout = alter.lock_timeout;
  statement.may_kill = alter.may_kill;
  statement.killed = alter.killed;
  statement.prepare = ddl::SetServerTimeZone;
  return statement;
}

std::string WithoutCounter(const std::string& create_statement) {
  static const std::regex counter("\\n\\)([^\\n]*) AUTO_INCREMENT=[0-9]+");
  return std::regex_replace(create_statement, counter, "\n)$1");
}

}  // namespace

double AlterInstantly(const InstantAlter& alter) { return RunLocked(Statement(alter)); }

bool DidAlterHappen(std::stop_token stop, mysql::Connection& connection, const InstantAlter& alter,
                    const ddl::TableDefinition& before, const ddl::TableDefinition& expected) {
  WaitUntilGone(stop, connection, Statement(alter));
  const std::string now =
      WithoutCounter(ddl::ReadTableDefinition(connection, alter.table).create_statement);
  if (now == WithoutCounter(before.create_statement)) return false;
  if (now == WithoutCounter(expected.create_statement)) return true;
  throw Error(ErrorCode::kDiverged,
              "table " + mysql::Quote(alter.table) +
                  " is neither as it was nor as the ALTER makes it: somebody else has changed it",
              "look at SHOW CREATE TABLE; the ALTER has either been done or not, nothing of it is "
              "half done");
}

}  // namespace osc::shadow
