// The one table of a case in a database of its own, and all that can be said about it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/mysql/quote.h"
#include "tests/support/server.h"

namespace osc::testing {

class CaseTable {
 public:
  // Runs the statements, which leave one table. Throws osc::Error.
  CaseTable(const TestServer& server, const std::vector<std::string>& create);

  const std::string& database() const { return database_.name(); }
  const std::string& name() const { return name_; }
  std::string quoted() const { return mysql::Quote({database_.name(), name_}); }
  mysql::Connection& connection() { return connection_; }
  void Run(const std::vector<std::string>& statements);

  // SHOW CREATE TABLE without AUTO_INCREMENT, and without what MySQL does not let two tables of a
  // database share: the names of CHECK constraints, by which it also orders them.
  std::string Definition();
  // What SHOW CREATE TABLE says; 1 when it says nothing.
  uint64_t AutoIncrement();
  // Every row as text that says each value exactly, sorted.
  std::vector<std::string> Rows();
  // Another way of saying that the rows are the same, down to the bytes that are stored.
  std::string Checksum();
  bool HasJson();
  // Of the database, in order.
  std::vector<std::string> Tables();

 private:
  std::string ShowCreate();

  TestDatabase database_;
  mysql::Connection connection_;
  std::string name_;
};

}  // namespace osc::testing
