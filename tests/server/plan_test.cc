// What `osc plan` says before anything runs.
#include <gmock/gmock.h>

#include "tests/support/server_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;
using Words = std::vector<std::string>;

class PlanTest : public testing::ServerTest {
 protected:
  nlohmann::json Plan(const std::string& alter) {
    return osc().Succeed({"plan", "--json", "--table", "t", "--alter", alter}).Json();
  }
  std::string PlanText(const std::string& alter) {
    return osc().Succeed({"plan", "--table", "t", "--alter", alter}).out;
  }
  nlohmann::json Refusal(const std::string& alter) {
    const Outcome outcome = osc().Run({"plan", "--json", "--table", "t", "--alter", alter});
    EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
    return outcome.Json()["error"];
  }
};

TEST_P(PlanTest, SaysByWhichKeyRowsAreMatchedAndWhy) {
  Run("CREATE TABLE t (id INT NOT NULL, region INT NOT NULL, email VARCHAR(50) NOT NULL, "
      "PRIMARY KEY (id), UNIQUE KEY email (email))");
  EXPECT_THAT(PlanText("ADD x INT"),
              HasSubstr("shared key rows are matched by PRIMARY KEY (id): the primary key of both "
                        "tables, integers\n"));
  nlohmann::json key = Plan("DROP PRIMARY KEY, ADD PRIMARY KEY (id, region)")["key"];
  EXPECT_EQ(key["old"], "email");
  EXPECT_THAT(key["reason"], HasSubstr("PRIMARY KEY will not do"));
  EXPECT_THAT(key["reason"], HasSubstr("slower"));
  key = Plan("DROP PRIMARY KEY, ADD PRIMARY KEY (region, id), DROP KEY email")["key"];
  EXPECT_EQ(key["old"], "PRIMARY");
  EXPECT_EQ(key["columns"], Words({"id", "region"}));
  EXPECT_THAT(key["reason"],
              HasSubstr("all the columns of PRIMARY KEY (id) of the old table and PRIMARY KEY "
                        "(region, id) of the new one"));
}

TEST_P(PlanTest, ListsOnlyWhatTheAlterDoes) {
  if (!IsMariaDb()) GTEST_SKIP() << "MySQL has no IF EXISTS in ALTER TABLE";
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, g INT AS (a) VIRTUAL)");
  const struct {
    const char* alter;
    Words added;
    Words dropped;
    nlohmann::json renamed;
  } kCases[] = {
      {"ADD COLUMN IF NOT EXISTS a INT, ADD COLUMN IF NOT EXISTS n INT, ADD COLUMN IF NOT EXISTS g "
       "INT AS (b) VIRTUAL",
       {"n"},
       {},
       nlohmann::json::array()},
      {"DROP COLUMN IF EXISTS z, DROP COLUMN IF EXISTS b", {}, {"b"}, nlohmann::json::array()},
      {"DROP COLUMN b, ADD COLUMN b TEXT", {"b"}, {"b"}, nlohmann::json::array()},
      {"DROP COLUMN b, ADD COLUMN IF NOT EXISTS b TEXT", {}, {"b"}, nlohmann::json::array()},
      {"CHANGE COLUMN IF EXISTS z y INT, CHANGE COLUMN IF EXISTS b c INT, ADD b TEXT",
       {"b"},
       {},
       {{{"from", "b"}, {"to", "c"}}}},
  };
  for (const auto& test : kCases) {
    const nlohmann::json plan = Plan(test.alter);
    EXPECT_EQ(plan["added"], nlohmann::json(test.added)) << test.alter;
    EXPECT_EQ(plan["dropped"], nlohmann::json(test.dropped)) << test.alter;
    EXPECT_EQ(plan["renamed"], test.renamed) << test.alter;
  }
}

TEST_P(PlanTest, NamesADefaultThatMySqlDoesNotAdd) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB adds columns with every default";
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(40))");
  const nlohmann::json error =
      Refusal("ADD d DATETIME DEFAULT (NOW()), ADD u VARCHAR(40) DEFAULT (LOWER(UUID()))");
  EXPECT_THAT(error["message"], HasSubstr("the default of 'u' calls uuid()"));
  EXPECT_THAT(error["hint"], HasSubstr("ALTER COLUMN `u` SET DEFAULT"));
  // What the hint says goes.
  osc().Succeed({"plan", "--table", "t", "--alter", "ADD u VARCHAR(40)"});
  osc().Succeed({"plan", "--table", "t", "--alter", "ALTER COLUMN a SET DEFAULT (UUID())"});
}

INSTANTIATE_TEST_SUITE_P(Servers, PlanTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
