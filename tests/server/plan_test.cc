// What `osc plan` says before anything runs.
#include <gmock/gmock.h>

#include "tests/support/server_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
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

TEST_P(PlanTest, NotesComeBeforeAnythingRuns) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, title VARCHAR(20) NOT NULL, n INT NOT NULL, "
      "UNIQUE KEY n (n))");
  const std::string alter = "DROP COLUMN title, MODIFY n BIGINT NULL, DROP KEY n";
  const nlohmann::json notes = Plan(alter)["notes"];
  std::string shown;
  for (const auto& note : notes) {
    shown += note["level"].get<std::string>() + " " + note["column"].get<std::string>() + "; ";
  }
  EXPECT_EQ(shown, "lossy title; may-block n; may-block n; may-block n; ");
  const Words lines = {"revert note (lossy): title: dropped and has no default: ",
                       "revert note (may-block): n: may be NULL",
                       "revert note (may-block): n: larger values",
                       "revert note (may-block): n: unique key dropped"};
  const std::string text = PlanText(alter);
  for (const std::string& line : lines) EXPECT_THAT(text, HasSubstr(line));

  const Outcome attached = osc().Succeed({"alter", "--table", "t", "--alter", alter});
  for (const std::string& line : lines) {
    EXPECT_LT(attached.err.find(line), attached.err.find("Ctrl-C detaches")) << line;
  }
  const std::string id = osc().List().at(0)["id"];
  EXPECT_EQ(osc().Show(id)["notes"], notes);
  EXPECT_THAT(osc().Succeed({"show", id}).out, HasSubstr("lossy: title: dropped"));
  osc().Succeed({"complete", id});

  EXPECT_THAT(PlanText("ADD y INT"), HasSubstr("a revert loses nothing"));
  const Outcome detached = osc().Succeed(
      {"alter", "--detach", "--json", "--table", "t", "--alter", "DROP COLUMN n, ADD x INT"});
  EXPECT_EQ(detached.Json()["notes"], nlohmann::json::array());
  EXPECT_THAT(detached.err, Not(HasSubstr("revert note")));
}

TEST_P(PlanTest, ARevertibleChangeCanBeRequired) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, title VARCHAR(20) NOT NULL, n INT)");
  const auto run = [&](const std::string& command, const std::string& alter) {
    return osc().Run({command, "--json", "--require-revertible", "--table", "t", "--alter", alter});
  };
  for (const char* command : {"plan", "alter"}) {
    const Outcome refused = run(command, "DROP COLUMN title, MODIFY n BIGINT");
    EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
    const nlohmann::json error = refused.Json()["error"];
    EXPECT_EQ(error["code"], "refused");
    EXPECT_THAT(error["message"], HasSubstr("lossy: title: dropped"));
    EXPECT_THAT(error["message"], HasSubstr("may-block: n: larger values"));
    EXPECT_THAT(Tables(), ::testing::ElementsAre("t"));
  }
  EXPECT_TRUE(osc().List().empty());
  EXPECT_EQ(run("plan", "DROP COLUMN n, ADD x INT NOT NULL").exit_code, 0);
  EXPECT_EQ(run("alter", "DROP COLUMN n, ADD x INT NOT NULL").exit_code, 0);
}

TEST_P(PlanTest, ARevertDefaultIsWhatRowsInsertedSinceHave) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, title VARCHAR(20) CHARACTER SET latin1 NOT NULL, "
      "price DECIMAL(10,2) NOT NULL CHECK (price > 0), kind ENUM('x','ü') NOT NULL, "
      "made DATETIME(3) NOT NULL, doc JSON NOT NULL, raw VARBINARY(9) NOT NULL, b BIT(4) NOT NULL, "
      "gone INT NOT NULL)");
  Run("INSERT INTO t VALUES (1, 'old', 1, 'x', '2020-02-02', '{}', 'raw', 1, 8)");
  const std::string alter =
      "DROP COLUMN title, DROP COLUMN price, DROP COLUMN kind, DROP COLUMN made, DROP COLUMN doc, "
      "DROP COLUMN raw, DROP COLUMN b, DROP COLUMN gone";
  const Words options = {"--revert-default", "title='it''s = ü, \\\\'",
                         "--revert-default", "PRICE=1.5 + 1",
                         "--revert-default", "kind='ü'",
                         "--revert-default", "made='2026-01-02 03:04:05.678'",
                         "--revert-default", "doc='{\"a\": [1, \"é\"]}'",
                         "--revert-default", "raw=X'00ff20'",
                         "--revert-default", "b=b'1010'"};
  Words plan_words = {"plan", "--json", "--table", "t", "--alter", alter};
  plan_words.insert(plan_words.end(), options.begin(), options.end());
  const nlohmann::json plan = osc().Succeed(plan_words).Json();
  ASSERT_EQ(plan["notes"].size(), 1U) << plan["notes"];
  EXPECT_EQ(plan["notes"][0]["column"], "gone");
  EXPECT_THAT(plan["notes"][0]["detail"], HasSubstr("rows inserted since the cutover have 0"));
  ASSERT_EQ(plan["revert_defaults"].size(), 8U) << plan["revert_defaults"];
  EXPECT_EQ(plan["revert_defaults"][1],
            (nlohmann::json{{"column", "price"}, {"expression", "1.5 + 1"}, {"value", "2.50"}}));
  EXPECT_EQ(plan["revert_defaults"][7],
            (nlohmann::json{{"column", "gone"}, {"expression", nullptr}, {"value", "0"}}));

  const std::string id = osc().Alter("t", alter, options);
  EXPECT_EQ(osc().Show(id)["revert_defaults"].size(), 7U);
  Run("INSERT INTO t VALUES (2)");
  osc().WaitUntilCaughtUp(id);
  osc().state().KillEngine();
  Run("INSERT INTO t VALUES (3)");
  osc().Succeed({"revert", id});
  for (const char* row : {"2", "3"}) {
    const std::string of = std::string(" FROM t WHERE id=") + row;
    EXPECT_EQ(Value("SELECT title" + of), "it's = ü, \\");
    EXPECT_EQ(Value("SELECT price" + of), "2.50");
    EXPECT_EQ(Value("SELECT kind" + of), "ü");
    EXPECT_EQ(Value("SELECT made" + of), "2026-01-02 03:04:05.678");
    EXPECT_EQ(Value("SELECT JSON_UNQUOTE(JSON_EXTRACT(doc, '$.a[1]'))" + of), "é");
    EXPECT_EQ(Value("SELECT HEX(raw)" + of), "00FF20");
    EXPECT_EQ(Value("SELECT b+0" + of), "10");
    EXPECT_EQ(Value("SELECT gone" + of), "0");
  }
  EXPECT_EQ(Value("SELECT CONCAT(title, price, kind, gone) FROM t WHERE id=1"), "old1.00x8");
}

TEST_P(PlanTest, ABadRevertDefaultIsRefused) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(3) NOT NULL, n INT NOT NULL, c INT NOT NULL "
      "CHECK (c > 5), stays INT NOT NULL, d INT NOT NULL DEFAULT 5, e INT)");
  const std::string alter = "DROP COLUMN s, DROP COLUMN n, DROP COLUMN c, DROP d, DROP e";
  const struct {
    Words given;
    int exit_code;
    const char* message;
  } kCases[] = {
      {{"zzz=1"}, 3, "has no such column"},
      {{"stays=1"}, 3, "stays: the column needs none"},
      {{"d=1"}, 3, "d: the column needs none"},
      {{"e=1"}, 3, "e: the column needs none"},
      {{"s='long'"}, 3, "does not take 'long'"},
      {{"n='x'"}, 3, "for a column of the type int"},
      {{"n=NULL"}, 3, "does not take NULL"},
      {{"n=n"}, 3, "Unknown column"},
      {{"n=3000000000"}, 3, "does not take"},
      {{"c=5"}, 3, "does not take 5"},
      {{"s=now()"}, 3, "now gives another value each time"},
      {{"n=RAND()"}, 3, "RAND gives another value"},
      {{"n=(SELECT 1)"}, 3, "'SELECT' is not constant"},
      {{"n=@@port"}, 3, "'@' is not constant"},
      {{"n=1) , (2"}, 3, "parentheses do not match"},
      {{"n=1, 2"}, 3, "does not take"},
      {{"n=1; DROP TABLE t"}, 3, "';' is no part"},
      {{"s='x"}, 3, "a quote is not closed"},
      {{"n=1", "N=2"}, 2, "two values"},
      {{"n"}, 2, "is not column=expression"},
  };
  for (const auto& test : kCases) {
    Words words = {"plan", "--json", "--table", "t", "--alter", alter};
    for (const std::string& given : test.given) {
      words.push_back("--revert-default");
      words.push_back(given);
    }
    const Outcome outcome = osc().Run(words);
    EXPECT_EQ(outcome.exit_code, test.exit_code) << test.given[0] << outcome.Describe();
    if (outcome.exit_code == 0) continue;
    const nlohmann::json error = outcome.Json()["error"];
    EXPECT_THAT(error["message"], HasSubstr(test.message));
    EXPECT_THAT(error["message"], HasSubstr("--revert-default"));
    EXPECT_NE(error["hint"], "");
  }
  // Nothing is changed, not even by a function.
  Run("CREATE TABLE log (n INT)");
  Run("CREATE FUNCTION f() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO log "
      "VALUES "
      "(1); RETURN 1; END");
  const std::string call = "n=" + database() + ".f()";
  const Outcome outcome =
      osc().Run({"plan", "--json", "--table", "t", "--alter", alter, "--revert-default", call});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
  EXPECT_THAT(outcome.Json()["error"]["message"].get<std::string>(), HasSubstr("READ ONLY"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM log"), "0");
  Run("DROP TABLE log");
  // Zero is refused by the CHECK.
  const nlohmann::json notes = Plan("DROP COLUMN c")["notes"];
  ASSERT_EQ(notes.size(), 1U) << notes;
  EXPECT_EQ(notes[0]["level"], "may-block");
  EXPECT_THAT(notes[0]["detail"], HasSubstr("--revert-default \"c=...\""));
  EXPECT_THAT(Tables(), ::testing::ElementsAre("t"));
}

INSTANTIATE_TEST_SUITE_P(Servers, PlanTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
