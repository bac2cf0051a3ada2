// Tables with triggers: they fire for every write of the application, once, on whichever table is
// live, and for nothing that osc writes.
#include "tests/support/audit.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using testing::ExpectAudited;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;
using testing::TriggersOf;
using testing::Writers;

class TriggersTest : public testing::UsersTest {
 protected:
  void CreateAuditedUsers(int rows = kRows) {
    CreateUsers("users", std::string(kTitle) + ", stamp INT NOT NULL DEFAULT 0", rows);
    Run("UPDATE users SET title=CONCAT('title-', token)");
    testing::CreateAudit(connection(), "users");
  }
  void ExpectWhole(const std::string& id) {
    ExpectInvariant(id, {"token", "email", "amount", "stamp"});
    ExpectAudited(connection(), "users", "_osc_" + id + "_users");
  }
};

TEST_P(TriggersTest, FireForTheApplicationOnceAndNeverForOsc) {
  CreateAuditedUsers();
  const std::string before = TriggersOf(connection(), "users");
  Writers writers(server(), database(), "users");
  const std::string id =
      osc().Alter("users", "DROP COLUMN title, ADD n INT DEFAULT 5", {"--postpone-cutover"});
  writers.WaitForTransactions(100);
  ExpectWhole(id);
  osc().Succeed({"cutover", id});
  for (const char* turn : {"revert", "reapply", "revert", "reapply"}) {
    SCOPED_TRACE(turn);
    writers.WaitForTransactions(100);
    ExpectWhole(id);
    osc().Succeed({turn, id});
    EXPECT_EQ(TriggersOf(connection(), "users") == before, std::string(turn) == "revert");
  }
  writers.WaitForTransactions(100);
  ExpectWhole(id);
  const nlohmann::json verified = osc().Succeed({"verify", id, "--json"}).Json();
  osc().Succeed({"revert", id});
  ExpectTitles("users");
  osc().Succeed({"reapply", id});
  osc().Succeed({"complete", id});
  writers.WaitForTransactions(20);
  ExpectExactly(writers, "users");
  ExpectAudited(connection(), "users");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("audit", "users"));
  EXPECT_THAT(TriggersOf(connection(), "users"), HasSubstr("after_up_2_osc AFTER UPDATE 2"));
}

// By the application's own account, to whom a trigger belongs, its sql_mode and character sets.
TEST_P(TriggersTest, StayWhatTheyAre) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20) NOT NULL) DEFAULT "
      "CHARSET=utf8mb4");
  const testing::TestUser user(server());
  Run("GRANT ALL PRIVILEGES ON `" + database() + "`.* TO " + user.Quoted());
  mysql::Connection session = server().Connect(database());
  const auto create = [&](const std::string& name, const std::string& rest) {
    session.Execute("CREATE DEFINER=" + user.Quoted() + " TRIGGER " + name + " " + rest);
  };
  create("plain", "BEFORE INSERT ON t FOR EACH ROW SET NEW.b='x'");
  create("`odd ``name```", "BEFORE INSERT ON t FOR EACH ROW SET NEW.b=CONCAT(NEW.b, 'ü', 'a\\'b')");
  session.Execute("SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
  create("quotes",
         "BEFORE INSERT ON \"t\" FOR EACH ROW PRECEDES plain "
         "SET NEW.\"a\"=CONCAT(NEW.a, '\\', '\xc3\xa9')");
  session.Execute("SET NAMES latin1 COLLATE latin1_german1_ci, sql_mode=''");
  create("old",
         "BEFORE UPDATE ON t FOR EACH ROW BEGIN DECLARE c INT DEFAULT 1; "
         "/* FOR EACH ROW */ SET NEW.b='\xe9\xff'; END");
  const auto describe = [&] {
    mysql::Result rows = connection().Query(
        "SELECT ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER, DEFINER, SQL_MODE, "
        "CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION, TRIM(ACTION_STATEMENT) "
        "FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=DATABASE() AND "
        "EVENT_OBJECT_TABLE='t' ORDER BY EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER");
    std::string all;
    while (rows.Next()) {
      for (size_t i = 0; i < rows.column_count(); ++i) all += rows.Text(i) + "|";
      all += "\n";
    }
    return all;
  };
  const std::string before = describe();
  const auto write = [&](int number) {
    const std::string n = std::to_string(number);
    Run("INSERT INTO t (id, a) VALUES (" + n + ", 'a')");
    EXPECT_EQ(Value("SELECT CONCAT(a, ' ', b) FROM t WHERE id=" + n),
              "a\\\xc3\xa9 x\xc3\xbc"
              "a'b");
    Run("UPDATE t SET a='' WHERE id=" + n);
    EXPECT_EQ(Value("SELECT b FROM t WHERE id=" + n), "\xc3\xa9\xc3\xbf");
  };
  write(1);
  const std::string id = osc().Alter("t", "ADD c INT");
  EXPECT_EQ(describe(), before);
  write(2);
  EXPECT_THAT(TriggersOf(connection(), "t"), HasSubstr("odd `name`_osc"));
  EXPECT_THAT(Value("SELECT GROUP_CONCAT(ACTION_STATEMENT) FROM information_schema.TRIGGERS WHERE "
                    "TRIGGER_SCHEMA=DATABASE()"),
              Not(HasSubstr("osc:")));
  for (const char* turn : {"revert", "reapply", "revert"}) {
    osc().Succeed({turn, id});
    EXPECT_EQ(describe(), before) << turn;
  }
  write(3);
  mysql::Result shown = connection().Query("SHOW CREATE TRIGGER plain");
  ASSERT_TRUE(shown.Next());
  EXPECT_THAT(shown.Text(2), Not(HasSubstr("osc:")));
}

TEST_P(TriggersTest, LongNames) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  const std::string one = std::string(60, 'x') + "one_";
  const std::string other = std::string(60, 'x') + "othe";
  Run("CREATE TRIGGER " + one + " BEFORE INSERT ON t FOR EACH ROW SET NEW.a=1");
  Run("CREATE TRIGGER " + other + " BEFORE INSERT ON t FOR EACH ROW SET NEW.a=NEW.a+1");
  const std::string id = osc().Alter("t", "ADD b INT");
  for (const char* turn : {"revert", "reapply", "revert"}) {
    osc().Succeed({turn, id});
    const std::string n = Value("SELECT COUNT(*)+1 FROM t");
    Run("INSERT INTO t (id) VALUES (" + n + ")");
    EXPECT_EQ(Value("SELECT a FROM t WHERE id=" + n), "2");
  }
}

TEST_P(TriggersTest, WhatTheNewTableCannotHaveIsRefusedByName) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT)");
  Run("CREATE TRIGGER uses_a BEFORE UPDATE ON t FOR EACH ROW SET NEW.b=OLD.a");
  for (const char* alter : {"DROP COLUMN a", "CHANGE a c INT"}) {
    for (const char* command : {"plan", "alter"}) {
      const Outcome outcome =
          ExpectRefused({command, "--table", "t", "--alter", alter}, "trigger `uses_a`");
      EXPECT_THAT(outcome.err, HasSubstr("Unknown column 'a'"));
      EXPECT_THAT(outcome.err, Not(HasSubstr("_osc_try")));
    }
  }
  ExpectRefused({"alter", "--table", "t", "--alter", "DROP COLUMN a", "--algorithm", "instant"},
                "trigger `uses_a`");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("t"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA="
                  "DATABASE()"),
            "1");
  const nlohmann::json plan =
      osc().Succeed({"plan", "--table", "t", "--alter", "ADD c INT", "--json"}).Json();
  EXPECT_EQ(plan["renamed_triggers"][0]["from"], "uses_a");
  EXPECT_EQ(plan["renamed_triggers"][0]["to"], "uses_a_osc");
}

// What the server changes by itself keeps its triggers.
TEST_P(TriggersTest, InstantChangesLeaveThemAlone) {
  CreateAuditedUsers(100);
  const std::string before = TriggersOf(connection(), "users");
  osc().Alter("users", "ADD n INT", {"--algorithm", "instant"});
  EXPECT_EQ(TriggersOf(connection(), "users"), before);
  Run("UPDATE users SET amount=amount+1");
  ExpectAudited(connection(), "users");
}

TEST_P(TriggersTest, OperatorMayChangeThemMeanwhile) {
  CreateAuditedUsers(200);
  Writers writers(server(), database(), "users", 2);
  const std::string id =
      osc().Alter("users", "DROP COLUMN title, ADD n INT", {"--postpone-cutover"});
  Run("CREATE TRIGGER third_in BEFORE INSERT ON users FOR EACH ROW SET NEW.stamp=34");
  Run("DROP TRIGGER first_in");
  // This one has no place on the new table: the cutover waits until it is gone.
  Run("CREATE TRIGGER titles BEFORE UPDATE ON users FOR EACH ROW SET NEW.title=OLD.title");
  osc().Succeed({"cutover", id, "--detach"});
  osc().WaitUntil(id, "the trigger to be named", [](const nlohmann::json& now) {
    return now["progress"]["note"].get<std::string>().find("trigger `titles`") != std::string::npos;
  });
  EXPECT_EQ(osc().Show(id)["live"], "old");
  writers.WaitForTransactions(20);
  Run("DROP TRIGGER titles");
  osc().WaitForState(id, "live", seconds(30));
  writers.WaitForTransactions(50);
  ExpectWhole(id);
  EXPECT_THAT(TriggersOf(connection(), "users"), HasSubstr("third_in_osc"));

  Run("CREATE TRIGGER numbers BEFORE UPDATE ON users FOR EACH ROW SET NEW.n=7");
  ExpectRefused({"revert", id}, "trigger `numbers`");
  EXPECT_EQ(osc().Show(id)["live"], "new");
  writers.WaitForTransactions(20);
  Run("DROP TRIGGER numbers");
  osc().Succeed({"revert", id});
  writers.WaitForTransactions(50);
  ExpectWhole(id);
  writers.Stop();
}

// It would fire for what osc writes.
TEST_P(TriggersTest, OneOfSomebodyElseOffStageStopsTheStream) {
  CreateTitledUsers("users", 50);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  Run("CREATE TRIGGER strange BEFORE INSERT ON _osc_" + id + "_users FOR EACH ROW SET @a=1");
  WaitForReadiness(id, "stopped", seconds(20));
  EXPECT_THAT(osc().Show(id)["error"]["message"].get<std::string>(), HasSubstr("strange"));
}

TEST_P(TriggersTest, MissingRightsAreNamed) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  const testing::TestUser user(server());
  Run("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, LOCK TABLES, TRIGGER, "
      "CREATE TEMPORARY TABLES ON `" +
      database() + "`.* TO " + user.Quoted());
  Run("GRANT PROCESS, REPLICATION SLAVE, " +
      std::string(IsMariaDb() ? "BINLOG MONITOR" : "REPLICATION CLIENT") + " ON *.* TO " +
      user.Quoted());
  osc().SetOption("--user", user.name());
  EXPECT_THAT(osc().Succeed({"doctor"}).out, HasSubstr("tables with triggers cannot be migrated"));
  osc().Succeed({"plan", "--table", "t", "--alter", "ADD b INT"});
  Run("CREATE TRIGGER of_root BEFORE INSERT ON t FOR EACH ROW SET NEW.a=1");
  const Names plan{"plan", "--table", "t", "--alter", "ADD b INT"};
  if (!IsMariaDb()) {
    EXPECT_THAT(ExpectRefused(plan, "has triggers").err,
                HasSubstr("GRANT SELECT ON performance_schema.*"));
    Run("GRANT SELECT ON performance_schema.* TO " + user.Quoted());
  }
  const std::string trust = Value("SELECT @@log_bin_trust_function_creators");
  const Outcome outcome = ExpectRefused(plan, "trigger `of_root`");
  EXPECT_THAT(outcome.err, HasSubstr(trust == "1" ? "DEFINER" : "log_bin_trust_function_creators"));
  Run("GRANT SUPER ON *.* TO " + user.Quoted());
  if (IsMariaDb()) {
    Run("GRANT SET USER ON *.* TO " + user.Quoted());
  } else {
    Run("GRANT SET_ANY_DEFINER, SYSTEM_USER ON *.* TO " + user.Quoted());
  }
  const std::string id = osc().Alter("t", "ADD b INT");
  osc().Succeed({"revert", id});
  EXPECT_EQ(TriggersOf(connection(), "t"), "of_root BEFORE INSERT 1");
}

INSTANTIATE_TEST_SUITE_P(Servers, TriggersTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
