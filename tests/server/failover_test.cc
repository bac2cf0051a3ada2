// A primary that is gone, and a replica that has taken over under migrations that go on. F6 of the
// acceptance list.
#include "tests/support/failover_test.h"

#include <fstream>

namespace osc {
namespace {

using std::chrono::seconds;
using testing::FailoverTest;
using ::testing::HasSubstr;
using testing::PrivateServer;

TEST_P(FailoverTest, PrimaryDiesDuringTheCopy) {
  const std::string id = PauseCopy([&] {
    return StartMigration({"--chunk-time", "10ms", "--copy-threads", "1"});
  });
  FailOver();
  osc().Succeed({"resume", id});
  osc().WaitForState(id, "live");
  EXPECT_TRUE(Contains(osc().Show(id)["history"].dump(), "goes on on another server"));
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, PrimaryDiesBeforeTheCutover) {
  const std::string id = StartMigration({"--postpone-cutover"});
  osc().WaitForState(id, "ready");
  FailOver();
  WaitUntilMoved(id);
  osc().WaitForState(id, "ready");
  osc().Succeed({"cutover", id});
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, PrimaryDiesWhileTheNewTableIsLive) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().WaitForWrites(50);
  FailOver();
  WaitUntilMoved(id);
  EXPECT_EQ(osc().Show(id)["revert"]["readiness"], "ready");
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, PrimaryDiesAfterTheRevert) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().WaitForWrites(50);
  osc().Succeed({"revert", id});
  application().WaitForWrites(50);
  FailOver();
  WaitUntilMoved(id);
  ExpectTitles();
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, EngineDiesDuringTheTakeover) {
  const std::string id = StartMigration({"--postpone-cutover"});
  osc().WaitForState(id, "ready");
  osc().state().StopEngine();
  FailOver();
  for (const char* point : {"takeover.begun", "takeover.copy_known", "takeover.before_end"}) {
    osc().SetEnvironment("OSC_FAULT", point);
    EXPECT_EQ(osc().Start({"serve"})->Wait(seconds(30)).exit_code, 128 + 9) << point;
  }
  osc().SetEnvironment("OSC_FAULT", "");
  osc().Succeed({"cutover", id});
  ExpectDoorTurns(id);
}

// A command that was given when nothing could do it.
TEST_P(FailoverTest, SwapIsAskedForWhileTheServerDies) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  const auto command = osc().Start({"revert", id, "--wait"});
  FailOver();
  const testing::Outcome outcome = command->Wait(testing::Osc::kDeadline);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
  osc().WaitUntil(id, "the old table to be live",
                  [](const nlohmann::json& now) { return now["live"] == "old"; });
  ExpectDoorTurns(id);
}

// What osc had copied, compared and swapped since the replica was cut off has never happened.
TEST_P(FailoverTest, CopyAndCutoverAreLostWithThePrimary) {
  const std::string id = PauseCopy([&] {
    return StartMigration({"--chunk-time", "10ms", "--copy-threads", "1"});
  });
  CutReplicaOff();
  osc().Succeed({"resume", id});
  osc().WaitForState(id, "live");
  application().WaitForWrites(100);
  FailOver();
  osc().WaitUntil(id, "the cutover to be done again", [](const nlohmann::json& now) {
    return now["history"].dump().find("the cutover (swap 1) is lost") != std::string::npos &&
           now["state"] == "live";
  });
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, RevertIsLostWithThePrimary) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().WaitForWrites(50);
  CutReplicaOff();
  application().WaitForWrites(20);
  osc().Succeed({"revert", id});
  application().WaitForWrites(50);
  FailOver();
  osc().WaitUntil(id, "the new table to be live again", [](const nlohmann::json& now) {
    return now["history"].dump().find("the revert (swap 2) is lost") != std::string::npos &&
           now["state"] == "live";
  });
  ExpectDoorTurns(id);
}

// The other way round: the new primary has a swap that the engine has not heard of.
TEST_P(FailoverTest, RevertIsKnownToTheReplicaOnly) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().WaitForWrites(50);
  osc().state().StopEngine();
  osc().SetEnvironment("OSC_FAULT", "swing.swapped");
  osc().Run({"revert", id, "--detach"});
  testing::WaitUntil(
      "the engine to die behind the RENAME",
      [&] {
        return Value(
                   "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='app' AND "
                   "TABLE_NAME='t' AND COLUMN_NAME='title'") == "1" &&
               !osc().state().EnginePid();
      },
      seconds(30));
  osc().SetEnvironment("OSC_FAULT", "");
  application().WaitForWrites(20);
  FailOver();
  osc().Succeed({"resume", id, "--detach"});
  osc().WaitUntil(id, "the old table to be known as live",
                  [](const nlohmann::json& now) { return now["state"] == "reverted"; });
  WaitUntilMoved(id);
  ExpectTitles();
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, PrimaryIsExchangedWhileItRuns) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().WaitForWrites(20);
  application().Pause();
  osc().WaitUntilCaughtUp(id);
  Run("SET GLOBAL read_only=ON");
  const std::string before = Commits(first());
  WaitUntilIn(id, "read-only");
  EXPECT_EQ(Commits(first()), before);  // although the account may write
  EXPECT_EQ(osc().Show(id)["error"], nlohmann::json());
  pair().PromoteReplica();
  BeAt(second());
  application().MoveTo(second());
  WaitUntilMoved(id);
  ExpectInvariant(id);
  pair().FollowReplica();
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, FormerPrimaryBecomesThePrimaryAgain) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  // What it had alone it would still have: it would have diverged.
  application().Pause();
  osc().WaitUntilCaughtUp(id);
  WaitUntilItFollows(second(), first());
  FailOver();
  WaitUntilMoved(id);
  pair().Start();
  pair().FollowReplica();
  application().WaitForWrites(20);
  application().Pause();
  osc().WaitUntilCaughtUp(id);
  Run("SET GLOBAL read_only=ON");
  PromoteFirst();
  osc().WaitUntil(id, "the migration to have come back", [](const nlohmann::json& now) {
    const std::string history = now["history"].dump();
    const size_t there = history.find("goes on on another server");
    return history.find("goes on on another server", there + 1) != std::string::npos &&
           now["stream"]["running"] == true;
  });
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, ReadOnlyReplicaIsNotWrittenTo) {
  const std::string id = StartMigration({"--postpone-cutover"});
  osc().WaitForState(id, "ready");
  pair().Kill();
  WaitUntilIn(id, "is read-only");
  const std::string before = Commits(second());
  EXPECT_EQ(osc().Show(id)["error"], nlohmann::json());
  EXPECT_EQ(Commits(second()), before);
  pair().Start();
  osc().WaitUntil(id, "the first server to be gone on with",
                  [](const nlohmann::json& now) { return now["stream"]["running"] == true; });
  EXPECT_FALSE(Contains(osc().Show(id)["history"].dump(), "another server"));
  osc().Succeed({"cutover", id});
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, TwoPrimariesAndAFormerOneAreRefused) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  FailOver();
  WaitUntilMoved(id);
  application().WaitForWrites(20);
  pair().Start();  // the former primary takes writes, too
  osc().Succeed({"revert", id, "--detach"});
  WaitUntilIn(id, "both take writes");
  EXPECT_EQ(osc().Show(id)["live"], "new");
  osc().state().StopEngine();
  osc().Succeed({"resume", id, "--detach"});
  osc().WaitUntil(id, "the promise to be withdrawn", [](const nlohmann::json& now) {
    return now["revert"]["readiness"] == "stopped" &&
           now["error"].dump().find("both take writes") != std::string::npos;
  });
  first().Connect().Execute("SET GLOBAL read_only=ON");
  osc().WaitUntil(id, "the revert", [](const nlohmann::json& now) {
    return now["live"] == "old" && now["error"] == nlohmann::json();
  });
  ExpectInvariant(id);
  // The former one alone, which lacks what has been written since.
  first().Connect().Execute("SET GLOBAL read_only=OFF");
  second().Connect().Execute("SET GLOBAL read_only=ON");
  application().Stop();
  const std::string before = Commits(first());
  WaitUntilIn(id, "has been left for that one");
  EXPECT_EQ(Commits(first()), before);
}

TEST_P(FailoverTest, UnrelatedServerIsRefused) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().Stop();
  // It has neither the tables nor the commits.
  PrivateServer other(GetParam());
  other.server().Connect().Execute("CREATE DATABASE app");
  osc().Succeed({"set", id, "host=" + Address(other.server())});
  WaitUntilIn(id, "is not a copy of");
  EXPECT_EQ(osc().Show(id)["revert"]["readiness"], "stopped");
  EXPECT_EQ(other.server().Connect().QueryValue(
                "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='app'"),
            "0");
  osc().Succeed({"set", id, "host=" + Address(first()) + "," + Address(second())});
  osc().WaitUntil(id, "the promise to hold again", [](const nlohmann::json& now) {
    return now["revert"]["readiness"] == "ready" && now["error"] == nlohmann::json();
  });
  osc().Succeed({"revert", id});
}

// Without a sign that anybody uses it, a server that lacks commits is none to go on with; the
// operator may know better.
TEST_P(FailoverTest, OperatorNamesAServerThatLacksCommits) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  CutReplicaOff();
  application().WaitForWrites(50);
  osc().WaitUntilCaughtUp(id);
  application().Stop();
  pair().Kill();
  pair().PromoteReplica();
  BeAt(second());
  WaitUntilIn(id, "as long as nobody writes to it");
  osc().Succeed({"set", id, "host=" + Address(second())});
  WaitUntilMoved(id);
  ExpectDoorTurns(id);
}

TEST_P(FailoverTest, DoctorAndPlanLookAtTheOtherHosts) {
  application().Stop();
  const auto outcome = osc().Run({"doctor", "--json"});
  EXPECT_THAT(outcome.out, HasSubstr("standby " + Address(second())));
  osc().SetOption("--host", Address(second()) + "," + Address(first()) + ",127.0.0.1:1");
  const auto plan = osc().Succeed({"plan", "--table", "t", "--alter", "DROP COLUMN title"});
  EXPECT_THAT(plan.out, HasSubstr("standby 127.0.0.1:1"));
  EXPECT_THAT(plan.out, ::testing::Not(HasSubstr("standby " + Address(second()))));
}

// It may have been stopped for a while, and have commits of its own for other reasons.
TEST_P(FailoverTest, StoppedReplicaIsNotTakenForThePrimary) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  {
    mysql::Connection replica = second().Connect();
    replica.Execute(IsMariaDb() ? "STOP SLAVE" : "STOP REPLICA");
    replica.Execute("SET GLOBAL read_only=OFF");
    replica.Execute("CREATE DATABASE its_own");
  }
  application().WaitForWrites(50);
  osc().WaitUntilCaughtUp(id);
  application().Pause();
  const std::string before = Commits(second());
  pair().Kill();
  WaitUntilIn(id, "as long as it is set up as a replica");
  EXPECT_EQ(Commits(second()), before);
  pair().Start();
  second().Connect().Execute("SET GLOBAL read_only=ON");
  application().MoveTo(first());
  osc().WaitUntil(id, "the first server to be gone on with",
                  [](const nlohmann::json& now) { return now["stream"]["running"] == true; });
  EXPECT_FALSE(Contains(osc().Show(id)["history"].dump(), "another server"));
  ExpectDoorTurns(id);
}

class FailoverWithoutLogTest : public FailoverTest {
  std::vector<std::string> ServerOptions() override { return {"--log-slave-updates=OFF"}; }
};

// Its binary log has nothing of what the stream needs.
TEST_P(FailoverWithoutLogTest, ReplicaThatDoesNotLogIsRefused) {
  EXPECT_THAT(osc().Run({"doctor"}).out, HasSubstr("does not log what it replicates"));
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().WaitForWrites(20);
  FailOver();
  application().WaitForWrites(5);
  application().Stop();
  const std::string before = Commits(second());
  osc().WaitUntil(id, "the server to be refused", [](const nlohmann::json& now) {
    return now["error"].is_object() && now["revert"]["readiness"] == "stopped";
  });
  EXPECT_THAT(osc().Show(id)["error"].dump(), HasSubstr("binlog"));
  EXPECT_EQ(Commits(second()), before);
}

class FailoverStrictTest : public FailoverTest {
  std::vector<std::string> ServerOptions() override {
    if (GetParam().name.find("mariadb") != 0) return {};
    return {"--gtid-strict-mode=ON"};
  }
};

TEST_P(FailoverStrictTest, PrimaryDiesBetweenTwoSwaps) {
  if (!IsMariaDb()) GTEST_SKIP() << "MySQL has no gtid_strict_mode";
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  CutReplicaOff();
  osc().Succeed({"revert", id});
  application().WaitForWrites(20);
  FailOver();
  WaitUntilMoved(id);
  ExpectDoorTurns(id);
}

// No stream tells of them where the server stands.
TEST_P(FailoverTest, TablesThatComeAndGoFollow) {
  Run("CREATE TABLE app.gone (id INT PRIMARY KEY)");
  Run("INSERT INTO app.gone VALUES (7)");
  const auto file = osc().state().home() / "1.sql";
  std::ofstream(file) << "CREATE TABLE made (id INT PRIMARY KEY);\nDROP TABLE gone;";
  osc().Succeed({"apply", file});
  Run("INSERT INTO app.made VALUES (3)");
  application().Pause();
  WaitUntilItFollows(second(), first());
  FailOver();
  const nlohmann::json migrations = osc().List();
  for (const nlohmann::json& migration : migrations) {
    const std::string id = migration["id"];
    osc().WaitUntil(id, "it to go on on the other server", [](const nlohmann::json& now) {
      return Contains(now["history"].dump(), "goes on on another server");
    });
    EXPECT_EQ(osc().Show(id)["state"], "live");
    osc().Succeed({"revert", id});
  }
  EXPECT_EQ(Value("SELECT id FROM gone"), "7");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='app' AND "
                  "TABLE_NAME='made'"),
            "0");
  for (const nlohmann::json& migration : migrations) {
    osc().Succeed({"reapply", migration["id"]});
  }
  EXPECT_EQ(Value("SELECT id FROM made"), "3");
}

INSTANTIATE_TEST_SUITE_P(Servers, FailoverStrictTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });
INSTANTIATE_TEST_SUITE_P(Servers, FailoverWithoutLogTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });
INSTANTIATE_TEST_SUITE_P(Servers, FailoverTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osc
