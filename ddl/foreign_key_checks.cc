#include "ddl/foreign_key_checks.h"

#include <algorithm>
#include <string>

namespace osc::ddl {
namespace {

// A part of one of InnoDB's names, "database/table", which are file names on MariaDB (`@0020` for a
// blank; seen on 10.11 and 11.8).
std::string Part(const std::string& part, const mysql::ServerInfo& server) {
  if (!server.IsMariaDb()) return part;
  return "CONVERT(CONVERT(CAST(" + part + " AS BINARY) USING filename) USING utf8mb4)";
}

std::string Names(const std::string& name, const mysql::ServerInfo& server) {
  return Part("SUBSTRING_INDEX(" + name + ", '/', 1)", server) + ", " +
         Part("SUBSTRING(" + name + ", LOCATE('/', " + name + ") + 1)", server);
}

const mysql::TableName* Find(const std::vector<mysql::TableName>& tables,
                             const mysql::TableName& table) {
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&table](const mysql::TableName& each) {
        return each.database == table.database && each.name == table.name;
      });
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace

void RefuseForeignKeys(mysql::Connection& connection, const std::vector<mysql::TableName>& tables) {
  const mysql::ServerInfo& server = connection.server();
  mysql::Result rows =
      connection.Query("SELECT SUBSTRING(ID, LOCATE('/', ID) + 1), " + Names("FOR_NAME", server) +
                       ", " + Names("REF_NAME", server) + " FROM information_schema." +
                       (server.IsMariaDb() ? "INNODB_SYS_FOREIGN" : "INNODB_FOREIGN"));
  while (rows.Next()) {
    const mysql::TableName child{rows.Text(1), rows.Text(2)};
    const mysql::TableName parent{rows.Text(3), rows.Text(4)};
    const mysql::TableName* const referred = Find(tables, parent);
    const mysql::TableName* const table = referred != nullptr ? referred : Find(tables, child);
    if (table == nullptr) continue;
    throw Error(
        ErrorCode::kRefused,
        "table " + mysql::Quote(*table) +
            " has a foreign key: " + mysql::QuoteIdentifier(rows.Text(0)) + " of " +
            mysql::Quote(child) + " refers to " + mysql::Quote(parent) +
            (referred != nullptr
                 ? "; when the tables change names, it would follow the one that goes off stage"
                 : "; to swap such a table locks " + mysql::Quote(parent) +
                       " as well, and the server would end transactions that use both (error "
                       "1213)"),
        "drop the foreign key first; after the migration it can be added again on the server");
  }
}

}  // namespace osc::ddl
