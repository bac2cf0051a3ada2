// An empty copy of a table beside it, for what a TEMPORARY one cannot tell: which algorithms the
// server accepts for an ALTER. A temporary table is refused INSTANT and INPLACE whatever the ALTER
// (error 1845; seen on MySQL 9.7 and MariaDB 11.8), or is given INSTANT for everything (MariaDB
// 10.11); an empty ordinary one gets the answers that a filled one gets (seen on all three).
#pragma once

#include <string>

#include "ddl/check_names.h"
#include "ddl/table_definition.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::ddl {

// The table `_osc_try_<random>`, which lives for milliseconds. Who makes it holds a named lock of
// its name from before it is there until it is gone: one whose lock is free was left by a process
// that was killed, and the next ScratchTable of the database drops it. Used by the connection's
// thread. The statements stand in the binlog, so that replicas drop it too.
class ScratchTable {
 public:
  // Drops what was left behind; makes no table yet. original: what is copied; must live on.
  ScratchTable(mysql::Connection& connection, const TableDefinition& original);
  ~ScratchTable();
  ScratchTable(const ScratchTable&) = delete;
  ScratchTable& operator=(const ScratchTable&) = delete;

  // A copy of the table as it is now, in place of the last one. Throws the server's Error.
  void Create();
  // The clauses of an ALTER with the names of CHECK constraints that this table has.
  std::string Translate(std::string_view clauses) const { return names_.Translate(clauses); }
  // What the original would look like if it had been changed as this table was.
  TableDefinition ReadAsOriginal();

  const mysql::TableName& name() const { return name_; }
  // InnoDB's ids of the table and its partitions: other ones after it was built anew.
  std::string Identity();

 private:
  void Drop();

  mysql::Connection& connection_;
  const TableDefinition& original_;
  const mysql::TableName name_;
  std::vector<NameChange> renames_;
  CheckNames names_;
  std::string added_option_;  // that the original's text does not have
};

// Drops the scratch tables of the database whose makers were killed.
void DropLeftScratchTables(mysql::Connection& connection, const std::string& database);

}  // namespace osc::ddl
