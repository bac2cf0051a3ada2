// `osc alter --algorithm instant|auto`: the server makes the change itself.
#include <gmock/gmock.h>

#include "src/state/store.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;

class InstantTest : public testing::UsersTest {
 protected:
  nlohmann::json Alter(const std::string& algorithm, const std::string& alter) {
    return osc()
        .Succeed({"alter", "--json", "--table", "t", "--alter", alter, "--algorithm", algorithm})
        .Json();
  }
  bool HasColumn(const std::string& name) {
    return Value("SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='" +
                 database() + "' AND TABLE_NAME='t' AND COLUMN_NAME='" + name + "'") == "1";
  }
};

TEST_P(InstantTest, TheServerMakesTheChangeUnderWriters) {
  CreateUsers("t", "s VARCHAR(20), CONSTRAINT small CHECK (amount < 9000000000)");
  testing::Writers writers(server(), database(), "t");
  writers.WaitForTransactions(50);
  const nlohmann::json done = Alter("instant", "ADD COLUMN more INT NOT NULL DEFAULT 7");
  writers.WaitForTransactions(50);
  EXPECT_EQ(done["state"], "completed");
  EXPECT_EQ(done["algorithm"], "instant");
  EXPECT_EQ(done["live"], "new");
  EXPECT_EQ(done["off_stage_table"], nullptr);
  EXPECT_EQ(done["swaps"][0]["direction"], "instant");
  EXPECT_EQ(done["revert"]["readiness"], "none");
  EXPECT_THAT(done["revert"]["reasons"][0]["detail"].get<std::string>(), HasSubstr("itself"));
  EXPECT_THAT(Tables(), ElementsAre("t"));
  ExpectExactly(writers, "t");
  ExpectNoRow("t", "more<>7");
  const std::string id = done["id"];
  for (const char* command : {"revert", "reapply"}) {
    ExpectRefused({command, id}, "the server has made the change itself");
  }
  EXPECT_THAT(osc().Run({"revert", id}).err, HasSubstr("osc alter --table"));
  EXPECT_THAT(osc().Succeed({"show", id}).out,
              AllOf(HasSubstr("changed by the server itself"), Not(HasSubstr("off stage"))));
  EXPECT_EQ(osc().List().back()["state"], "completed");
  // The way back is a change of its own.
  Alter("instant", "DROP COLUMN more");
  EXPECT_FALSE(HasColumn("more"));
  EXPECT_THAT(
      osc()
          .Succeed({"alter", "--table", "t", "--alter", "DROP COLUMN s", "--algorithm", "auto"})
          .out,
      AllOf(HasSubstr("the server made the change itself"), HasSubstr("cannot be taken back")));
}

TEST_P(InstantTest, WhatTheServerDoesNotDoIsRefusedBeforeAnythingIsTouched) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, s VARCHAR(20))");
  for (const char* alter : {"ADD INDEX k (s)", "MODIFY n BIGINT NOT NULL"}) {
    const Outcome outcome =
        ExpectRefused({"alter", "--table", "t", "--alter", alter, "--algorithm", "instant"},
                      "does not make this change of");
    EXPECT_THAT(outcome.err, HasSubstr("leave out --algorithm"));
  }
  EXPECT_THAT(osc().List(), ::testing::IsEmpty());
  EXPECT_FALSE(osc().state().EnginePid());
  EXPECT_THAT(Tables(), ElementsAre("t"));
  const Outcome both = osc().Run({"alter", "--table", "t", "--alter", "ADD COLUMN c INT",
                                  "--algorithm", "instant", "--postpone-cutover"});
  EXPECT_EQ(both.exit_code, 2) << both.Describe();
}

TEST_P(InstantTest, AutoTakesOscsWayWhereTheServerCannot) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, s VARCHAR(20))");
  Run("INSERT INTO t VALUES (1, 1, 'one')");
  EXPECT_EQ(Alter("auto", "ADD COLUMN c INT")["algorithm"], "instant");
  const Outcome outcome = osc().Succeed({"alter", "--json", "--table", "t", "--alter",
                                         "MODIFY n BIGINT NOT NULL", "--algorithm", "auto"});
  const nlohmann::json shown = outcome.Json();
  EXPECT_EQ(shown["algorithm"], "osc");
  EXPECT_EQ(shown["state"], "live");
  EXPECT_EQ(shown["revert"]["readiness"], "ready");
  EXPECT_THAT(outcome.err, HasSubstr("auto: osc's own way, because the server does not"));
  const std::string id = shown["id"];
  osc().Succeed({"revert", id});
  osc().Succeed({"complete", id});
  // What only osc's way gives decides it as well.
  const Outcome postponed =
      osc().Succeed({"alter", "--json", "--table", "t", "--alter", "ADD COLUMN d INT",
                     "--algorithm", "auto", "--postpone-cutover"});
  EXPECT_EQ(postponed.Json()["algorithm"], "osc");
  EXPECT_EQ(postponed.Json()["state"], "ready");
  EXPECT_THAT(postponed.err, HasSubstr("because of --postpone-cutover"));
  EXPECT_EQ(osc().Run({"set", postponed.Json()["id"], "algorithm=instant"}).exit_code, 2);
}

TEST_P(InstantTest, WaitsForTheLockNoLongerThanASwap) {
  CreateUsers("t", "s VARCHAR(20)");
  testing::Writers writers(server(), database(), "t");
  mysql::Connection holder = server().Connect(database());
  holder.Execute("START TRANSACTION");
  holder.QueryValue("SELECT COUNT(*) FROM t");
  const std::string id =
      osc().Alter("t", "ADD COLUMN c INT",
                  {"--detach", "--algorithm", "instant", "--cutover-lock-timeout", "500ms"});
  const nlohmann::json waiting =
      osc().WaitUntil(id, "two attempts to be given up", [](const nlohmann::json& now) {
        return now["progress"]["note"].get<std::string>().find("attempt 2 gave up") !=
               std::string::npos;
      });
  EXPECT_EQ(waiting["state"], "cutting-over");
  if (!IsMariaDb()) {
    EXPECT_THAT(waiting["progress"]["note"].get<std::string>(),
                HasSubstr("connection " + std::to_string(holder.thread_id())));
  }
  writers.WaitForTransactions(50);  // between two attempts
  EXPECT_FALSE(HasColumn("c"));
  holder.Execute("COMMIT");
  const nlohmann::json done = osc().WaitForState(id, "completed");
  EXPECT_LT(done["swaps"][0]["lock_ms"].get<double>(), 3000);
  EXPECT_TRUE(HasColumn("c"));
  writers.Stop();
  EXPECT_LT(writers.longest_statement(), seconds(4));
}

TEST_P(InstantTest, CanBeCancelledOrForcedWhileItWaits) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, n INT)");
  mysql::Connection holder = server().Connect(database());
  holder.Execute("START TRANSACTION");
  holder.Execute("INSERT INTO t VALUES (1, 1)");
  const auto start = [this] {
    const std::string id =
        osc().Alter("t", "ADD COLUMN c INT",
                    {"--detach", "--algorithm", "instant", "--cutover-lock-timeout", "300ms"});
    osc().WaitUntil(id, "an attempt to be given up", [](const nlohmann::json& now) {
      return now["progress"]["note"].get<std::string>().find("gave up") != std::string::npos;
    });
    return id;
  };
  const std::string cancelled = start();
  osc().Succeed({"cancel", cancelled});
  EXPECT_EQ(osc().Show(cancelled)["state"], "cancelled");
  EXPECT_FALSE(HasColumn("c"));
  EXPECT_THAT(osc().Run({"revert", cancelled}).err, HasSubstr("it was cancelled"));
  const std::string forced = start();
  if (IsMariaDb()) {  // it does not tell who holds the table
    holder.Execute("ROLLBACK");
  } else {
    osc().Succeed({"set", forced, "force-cutover=on"});
  }
  osc().WaitForState(forced, "completed");
  EXPECT_TRUE(HasColumn("c"));
  EXPECT_EQ(osc().Show(forced)["settings"]["force-cutover"], false);
}

// Between the command's look at the table and the engine's.
TEST_P(InstantTest, AChangedTableIsLookedAtAgain) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(20)) ROW_FORMAT=DYNAMIC");
  osc().Run({"alter", "--table", "t", "--alter", "ADD COLUMN c INT", "--algorithm", "instant",
             "--detach"});
  osc().WaitForState(osc().List().back()["id"], "completed");
  osc().SetEnvironment("OSC_FAULT", "instant.preparing");
  osc().state().StopEngine();
  osc().Run({"alter", "--table", "t", "--alter", "ADD COLUMN d INT", "--algorithm", "instant",
             "--detach"});
  testing::WaitUntil(
      "the engine to die", [this] { return !osc().state().EnginePid(); }, seconds(20));
  osc().SetEnvironment("OSC_FAULT", "");
  Run("ALTER TABLE t ROW_FORMAT=COMPRESSED");
  const std::string id = osc().List().back()["id"];
  StartEngine(id);
  const nlohmann::json end = osc().WaitUntil(id, "its end", [](const nlohmann::json& now) {
    return now["state"] == "failed" || now["state"] == "completed";
  });
  EXPECT_EQ(end["state"] == "completed", HasColumn("d")) << end.dump(1);
  if (end["state"] == "failed") {
    EXPECT_EQ(end["error"]["code"], "refused");
  }
  EXPECT_THAT(Tables(), ElementsAre("t"));
}

INSTANTIATE_TEST_SUITE_P(Servers, InstantTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
