// The real servers that tests run against, and a database of its own for each test.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "src/mysql/connection.h"

namespace osc::testing {

struct TestServer {
  std::string name;      // "mariadb_10_11", good for test names
  std::string variable;  // "OSC_TEST_MARIADB_10_11": host:port
  // False when the variable is not set: the test is then skipped, and says why.
  bool IsConfigured() const;
  mysql::ConnectionOptions Options() const;
  mysql::Connection Connect(const std::string& database = "") const;
};
void PrintTo(const TestServer& server, std::ostream* out);  // for gtest

const std::vector<TestServer>& Servers();

// An account "name" @ '%', dropped at the end.
class TestUser {
 public:
  // how: what follows in CREATE USER, such as "IDENTIFIED BY 'x'" or "REQUIRE SSL".
  explicit TestUser(const TestServer& server, const std::string& how = "");
  ~TestUser();
  TestUser(const TestUser&) = delete;
  TestUser& operator=(const TestUser&) = delete;
  const std::string& name() const { return name_; }
  // "'name'@'%'", for SQL
  std::string Quoted() const { return "'" + name_ + "'@'%'"; }

 private:
  const TestServer& server_;
  std::string name_;
};

// A database with a random name, dropped with everything in it at the end.
class TestDatabase {
 public:
  explicit TestDatabase(const TestServer& server);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  const std::string& name() const { return name_; }

 private:
  const TestServer& server_;
  std::string name_;
};

}  // namespace osc::testing
