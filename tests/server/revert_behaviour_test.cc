// What plan says of a kind of change, and what comes of a row written after the cutover: the table
// of docs/REVERT.md, line by line.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "tests/support/server_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;

struct Behaviour {
  std::string change;   // in words
  std::string columns;  // of the old table, besides id
  std::string alter;
  std::string row;        // inserted after the cutover: "(columns) VALUES (...)", its id is 10
  std::string plan;       // level of the note; empty: none
  std::string readiness;  // then
  std::string stored;     // after a revert, an accepted loss where it is blocked; "left out"
  std::string shown = "a";
};

class RevertBehaviourTest : public testing::ServerTest {
 protected:
  static std::string Line(const Behaviour& now) {
    return "| " + now.change + " | " + (now.plan.empty() ? "-" : now.plan) + " | " + now.readiness +
           " | " + (now.readiness == "blocked" ? "refused" : "done") + " | " +
           (now.stored.empty() ? "''" : now.stored) + " |";
  }

  void Try(const Behaviour& now, const std::string& document) {
    EXPECT_THAT(document, HasSubstr(Line(now)));
    Run("DROP TABLE IF EXISTS t");
    Run("CREATE TABLE t (id INT PRIMARY KEY, " + now.columns + ")");
    const nlohmann::json plan =
        osc().Succeed({"plan", "--table", "t", "--alter", now.alter, "--json"}).Json();
    EXPECT_EQ(plan["notes"].empty() ? "" : plan["notes"][0]["level"], now.plan)
        << plan["notes"].dump(1);
    const std::string id = osc().Alter("t", now.alter);
    Run("INSERT INTO t " + now.row);
    osc().WaitUntilCaughtUp(id);
    const nlohmann::json shown = osc().WaitUntil(
        id, "readiness " + now.readiness,
        [&](const nlohmann::json& seen) { return seen["revert"]["readiness"] == now.readiness; });
    const bool blocked = now.readiness == "blocked";
    const testing::Outcome outcome = osc().Run({"revert", id});
    EXPECT_EQ(outcome.exit_code, blocked ? 3 : 0) << outcome.Describe();
    if (blocked) osc().Succeed({"revert", id, "--accept-loss"});
    const auto stored = connection().QueryValue("SELECT COALESCE(MAX(COALESCE(" + now.shown +
                                                ",'NULL')),'left out') FROM t WHERE id=10");
    EXPECT_EQ(stored.value_or("NULL"), now.stored);
    osc().WaitUntilCaughtUp(id);
    EXPECT_EQ(osc().Show(id)["error"], nullptr);
    osc().Succeed({"complete", id});
  }
};

TEST_P(RevertBehaviourTest, IsAsDocumented) {
  const std::string last = "(id, a) VALUES (10, ";
  const std::vector<Behaviour> behaviours{
      {"column dropped, has a default (7)", "a INT NOT NULL DEFAULT 7", "DROP COLUMN a, ADD b INT",
       "(id) VALUES (10)", "", "ready", "7"},
      {"column dropped, may be NULL", "a INT", "DROP COLUMN a, ADD b INT", "(id) VALUES (10)", "",
       "ready", "NULL"},
      {"column dropped, NOT NULL without default", "a VARCHAR(9) NOT NULL",
       "DROP COLUMN a, ADD b INT", "(id) VALUES (10)", "lossy", "lossy", ""},
      {"column added", "a INT", "ADD b INT", "(id, a, b) VALUES (10, 1, 2)", "", "ready", "1"},
      {"default changed from 1 to 2", "a INT NOT NULL DEFAULT 1", "ALTER a SET DEFAULT 2",
       "(id) VALUES (10)", "", "ready", "2"},
      {"column renamed", "a INT", "CHANGE a z INT", "(id, z) VALUES (10, 5)", "", "ready", "5"},
      {"unique key narrowed", "a INT, b INT, UNIQUE KEY u (a, b)", "DROP KEY u, ADD UNIQUE u (a)",
       last + "1)", "", "ready", "1"},
      {"unique key renamed", "a INT, UNIQUE KEY u (a)", "RENAME INDEX u TO v", last + "1)", "",
       "ready", "1"},
      {"NOT NULL to NULL: NULL", "a INT NOT NULL", "MODIFY a INT NULL", last + "NULL)", "may-block",
       "blocked", "0"},
      {"longer text, VARCHAR(5) to (20): 'much too long'", "a VARCHAR(5)", "MODIFY a VARCHAR(20)",
       last + "'much too long')", "may-block", "blocked", "much "},
      {"larger integer, TINYINT to INT: 300", "a TINYINT", "MODIFY a INT", last + "300)",
       "may-block", "blocked", "127"},
      {"INT UNSIGNED to INT: -5", "a INT UNSIGNED", "MODIFY a INT", last + "-5)", "may-block",
       "blocked", "0"},
      {"INT to INT UNSIGNED: 3000000000", "a INT", "MODIFY a INT UNSIGNED", last + "3000000000)",
       "may-block", "blocked", "2147483647"},
      {"larger decimal, DECIMAL(4,2) to (8,2): 1234.56", "a DECIMAL(4,2)", "MODIFY a DECIMAL(8,2)",
       last + "1234.56)", "may-block", "blocked", "99.99"},
      {"more digits after the point, DECIMAL(8,2) to (10,4): 1.2371", "a DECIMAL(8,2)",
       "MODIFY a DECIMAL(10,4)", last + "1.2371)", "lossy", "ready", "1.24"},
      {"FLOAT to DOUBLE: 1e300", "a FLOAT", "MODIFY a DOUBLE", last + "1e300)", "lossy", "blocked",
       "3.4e38", "IF(a > 3.4e38, '3.4e38', a)"},
      {"longer blob, TINYBLOB to BLOB: 300 bytes", "a TINYBLOB", "MODIFY a BLOB",
       last + "REPEAT('x', 300))", "may-block", "blocked", "255 bytes",
       "CONCAT(LENGTH(a), ' bytes')"},
      {"more fractional seconds, DATETIME to (3): '2026-01-01 00:00:00.300'", "a DATETIME",
       "MODIFY a DATETIME(3)", last + "'2026-01-01 00:00:00.300')", "lossy", "ready",
       "2026-01-01 00:00:00"},
      {"wider character set, latin1 to utf8mb4: '漢'", "a VARCHAR(9) CHARACTER SET latin1",
       "MODIFY a VARCHAR(9) CHARACTER SET utf8mb4", last + "_utf8mb4 x'E6BCA2')", "may-block",
       "blocked", "?"},
      {"ENUM member added: the new one", "a ENUM('x','y')", "MODIFY a ENUM('x','y','z')",
       last + "'z')", "may-block", "blocked", "left out"},
      {"ENUM members reordered", "a ENUM('x','y')", "MODIFY a ENUM('y','x')", last + "'y')",
       "lossy", "ready", "y"},
      {"SET member added: 'x,z', z is new", "a SET('x','y')", "MODIFY a SET('x','y','z')",
       last + "'x,z')", "may-block", "blocked", "x"},
      {"type family changed, INT to VARCHAR: 'abc'", "a INT", "MODIFY a VARCHAR(9)",
       last + "'abc')", "may-block", "blocked", "0"},
      {"unique key dropped: a value twice", "a INT, UNIQUE KEY u (a)", "DROP KEY u",
       "(id, a) VALUES (9, 1), (10, 1)", "may-block", "blocked", "left out"},
      {"unique key widened, (a) to (a, b): the same a twice", "a INT, b INT, UNIQUE KEY u (a)",
       "DROP KEY u, ADD UNIQUE u (a, b)", "(id, a, b) VALUES (9, 1, 1), (10, 1, 2)", "may-block",
       "blocked", "left out"},
      {"unique prefix lengthened, a(3) to a(6): 'abcd' and 'abce'",
       "a VARCHAR(9), UNIQUE KEY u (a(3))", "DROP KEY u, ADD UNIQUE u (a(6))",
       "(id, a) VALUES (9, 'abcd'), (10, 'abce')", "may-block", "blocked", "left out"},
      {"CHECK (a > 0) dropped: -1", "a INT, CONSTRAINT positive CHECK (a > 0)",
       "DROP CONSTRAINT positive", last + "-1)", "may-block", "blocked", "left out"},
  };
  std::ifstream file(OSC_TEST_CASES "/../../docs/REVERT.md");
  std::stringstream document;
  document << file.rdbuf();
  for (const Behaviour& now : behaviours) {
    SCOPED_TRACE(now.change);
    Try(now, document.str());
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, RevertBehaviourTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
