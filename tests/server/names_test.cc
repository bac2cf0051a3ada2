// Databases and tables with the names that people give them.
#include <gmock/gmock.h>

#include "src/mysql/quote.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using mysql::QuoteIdentifier;
using ::testing::ElementsAre;

class NamesTest : public testing::ServerTest {};

// Drops it at the end.
class OddDatabase {
 public:
  OddDatabase(mysql::Connection& connection, std::string name)
      : connection_(connection), name_(std::move(name)) {
    connection_.Execute("CREATE DATABASE " + QuoteIdentifier(name_));
  }
  ~OddDatabase() { connection_.Execute("DROP DATABASE IF EXISTS " + QuoteIdentifier(name_)); }
  const std::string& name() const { return name_; }

 private:
  mysql::Connection& connection_;
  const std::string name_;
};

TEST_P(NamesTest, ADatabaseMayHaveAnyName) {
  const OddDatabase odd(connection(), database() + " `odd`. \"größe\" 'x' -- %s;");
  const mysql::TableName table{odd.name(), "the `table`"};
  const std::string quoted = mysql::Quote(table);
  Run("CREATE TABLE " + quoted + " (id INT PRIMARY KEY, a INT, b INT)");
  Run("INSERT INTO " + quoted + " VALUES (1, 1, 1), (2, 2, 2)");
  osc().SetOption("--database", odd.name());
  const std::string id =
      osc().Alter(QuoteIdentifier(table.name), "DROP COLUMN b", {"--postpone-cutover"});
  Run("UPDATE " + quoted + " SET a=22 WHERE id=2");
  osc().Succeed({"cutover", id});
  Run("INSERT INTO " + quoted + " VALUES (3, 3)");
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(CONCAT_WS(':', id, a, b) ORDER BY id) FROM " + quoted),
            "1:1:1,2:22:2,3:3");
  osc().Succeed({"complete", id});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(TABLE_NAME) FROM information_schema.TABLES WHERE "
                  "TABLE_SCHEMA=" +
                  mysql::QuoteText(odd.name())),
            table.name);
}

// The table of the same name in the default database is another one.
TEST_P(NamesTest, ATableOfAnotherDatabaseIsNotTouched) {
  const OddDatabase other(connection(), database() + "_other");
  for (const std::string& name : {database(), other.name()}) {
    Run("CREATE TABLE " + mysql::Quote({name, "t"}) + " (id INT PRIMARY KEY, a INT)");
    Run("INSERT INTO " + mysql::Quote({name, "t"}) + " VALUES (1, 1)");
  }
  const std::string id = osc().Alter("t", "ADD COLUMN b INT DEFAULT 5", {"--postpone-cutover"});
  Run("UPDATE " + mysql::Quote({other.name(), "t"}) + " SET a=99");
  Run("UPDATE t SET a=2");
  osc().Succeed({"cutover", id});
  Run("UPDATE " + mysql::Quote({other.name(), "t"}) + " SET a=100, id=7");
  osc().Succeed({"revert", id});
  osc().Succeed({"complete", id});
  EXPECT_EQ(Value("SELECT CONCAT_WS(':', id, a) FROM t"), "1:2");
  EXPECT_EQ(Value("SELECT CONCAT_WS(':', id, a) FROM " + mysql::Quote({other.name(), "t"})),
            "7:100");
  EXPECT_THAT(Tables(), ElementsAre("t"));
}

INSTANTIATE_TEST_SUITE_P(Servers, NamesTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
