// TEMPORARY tables for trying things out on a server without touching what others can see.
#pragma once

#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::ddl {

// A name for a temporary table of this connection, which the caller creates under it. Drops the
// table when it goes out of scope. Used by the connection's thread.
class TemporaryTable {
 public:
  TemporaryTable(mysql::Connection& connection, const std::string& database);
  ~TemporaryTable();
  TemporaryTable(const TemporaryTable&) = delete;
  TemporaryTable& operator=(const TemporaryTable&) = delete;

  const mysql::TableName& name() const { return name_; }

 private:
  mysql::Connection& connection_;
  const mysql::TableName name_;  // random, so that it hides no other table
};

}  // namespace osc::ddl
