// MySQL wants the names of CHECK constraints unique in the database, so that a table cannot keep
// them while another one stands beside it. This says which name each gets there, and takes the
// user's own words to those names.
//
// A constraint that the user named gets another name ("positive" becomes "positive_osc"; a later
// migration gives the first name back when it is free). One that the server named ("t_chk_3") keeps
// its number: a RENAME of the table takes its name along (seen on MySQL 9.7), so that after the
// swap it is called as before. MariaDB has the names within the table, and nothing is renamed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ddl/name.h"
#include "ddl/table_definition.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

// The names of a table's CHECK constraints on another table of its database. Immutable.
class CheckNames {
 public:
  // Changes no name: for MariaDB.
  CheckNames() = default;
  // renames: of constraints that the user named; none where both tables may bear the same names (a
  // TEMPORARY one has them for itself). table: the live one; other: the one beside it.
  CheckNames(const TableDefinition& table, std::string other, std::vector<NameChange> renames);

  // The text of ALTER clauses or of a CREATE TABLE with the other table's names.
  std::string Translate(std::string_view sql) const;
  // The other table's CREATE TABLE with the names that the server gives when it is renamed.
  std::string TranslateBack(std::string_view create_statement) const;

  // The clauses that give a new `CREATE TABLE other LIKE table`, which has names of its own, these;
  // empty when there is nothing to do. like: the text of SHOW CREATE TABLE of the other table.
  std::string Restore(std::string_view like) const;

 private:
  std::string Translated(const std::string& name) const;
  // The table's own spelling.
  std::optional<std::string> FindCheck(const std::string& name) const;

  std::string table_;
  std::string other_;
  std::string create_statement_;
  std::map<std::string, std::string> renames_;  // folded
};

// What the constraints that the user named are to be called. Asks for the names in use in the
// database; nothing on MariaDB.
std::vector<NameChange> RenamedChecks(mysql::Connection& connection, const TableDefinition& table);

// For a table beside the live one, on any server.
CheckNames NamesBeside(mysql::Connection& connection, const TableDefinition& table,
                       const std::string& other);

// For a TEMPORARY table of this connection, on any server.
CheckNames NamesOnTemporary(const mysql::ServerInfo& server, const TableDefinition& table,
                            const std::string& temporary);

}  // namespace osc::ddl
