// The commands around the door: what each does in which state, and that it stays done. R4 to R6 of
// the acceptance list.
#include "src/base/duration.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

class LifecycleTest : public testing::UsersTest {
 protected:
  // Keeps a migration of the table in the state `copying` as long as it lives.
  struct CopyBlock {
    explicit CopyBlock(LifecycleTest& test, const std::string& table)
        : holder(test.server().Connect(test.database())) {
      holder.Execute("START TRANSACTION");
      holder.Execute("UPDATE " + mysql::QuoteIdentifier(table) +
                     " SET amount=amount+1 WHERE id=500");
    }
    ~CopyBlock() { holder.Execute("ROLLBACK"); }
    mysql::Connection holder;
  };
};

TEST_P(LifecycleTest, R4RefusesASecondMigrationOfTheSameTable) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  const auto expect_refused = [&] {
    const Outcome outcome =
        ExpectRefused({"alter", "--table", "users", "--alter", "ADD COLUMN x INT"}, id);
    EXPECT_THAT(outcome.err, HasSubstr("osc ")) << "the hint names no command";
    EXPECT_EQ(osc().List().size(), 1U);
    ExpectRefused({"plan", "--table", "users", "--alter", "ADD COLUMN x INT"}, id);
  };
  expect_refused();
  const Outcome cutover = osc().Succeed({"cutover", id});
  // What was waited for is no longer told.
  EXPECT_THAT(
      cutover.out + cutover.err,
      ::testing::Not(::testing::ContainsRegex("(cutting-over|live),.*waiting for .osc cutover")));
  expect_refused();
  osc().Succeed({"revert", id});
  expect_refused();
  osc().Succeed({"complete", id});
  osc().Alter("users", "ADD COLUMN x INT");
}

TEST_P(LifecycleTest, R4RefusesToRevertWhatIsOver) {
  CreateUsers("users", "title VARCHAR(40)");
  Run("CREATE TABLE doubles (id INT PRIMARY KEY, value INT)");
  Run("INSERT INTO doubles VALUES (1, 7), (2, 7)");

  const std::string completed = osc().Alter("users", "DROP COLUMN title");
  ExpectRefused({"reapply", completed}, "has not been reverted");
  osc().Succeed({"complete", completed});
  ExpectRefused({"revert", completed}, "it is completed");
  ExpectRefused({"reapply", completed}, "it is completed");
  ExpectRefused({"complete", completed}, "it is completed");
  ExpectRefused({"cancel", completed}, "it is completed");

  const std::string cancelled =
      osc().Alter("users", "ADD COLUMN title INT", {"--postpone-cutover"});
  ExpectRefused({"revert", cancelled}, "has not been cut over");
  ExpectRefused({"complete", cancelled}, "has not been cut over");
  osc().Succeed({"cancel", cancelled});
  ExpectRefused({"revert", cancelled}, "was cancelled");
  ExpectRefused({"cutover", cancelled}, "was cancelled");

  const Outcome alter =
      osc().Run({"alter", "--table", "doubles", "--alter", "ADD UNIQUE KEY value (value)"});
  EXPECT_EQ(alter.exit_code, 1) << alter.Describe();
  EXPECT_THAT(alter.err, HasSubstr("value"));
  const nlohmann::json failed = osc().List().back();
  EXPECT_EQ(failed["state"], "failed");
  ExpectRefused({"revert", failed["id"]}, "has failed");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("doubles", "users"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM doubles"), "2");
}

TEST_P(LifecycleTest, R5PostponedCutoverOutlivesTheEngine) {
  CreateUsers("users", "title VARCHAR(40) NOT NULL DEFAULT 'none'");
  Run("UPDATE users SET title=CONCAT('title-', token)");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  EXPECT_EQ(osc().Show(id)["state"], "ready");
  osc().state().KillEngine();
  writers.WaitForTransactions(200);
  EXPECT_EQ(osc().Show(id)["state"], "ready");
  EXPECT_EQ(osc().Show(id)["stream"]["running"], false);

  const auto watch = osc().Start({"watch", id});  // starts an engine
  osc().WaitUntil(id, "the stream to run again", [](const nlohmann::json& now) {
    return now["engine_running"] == true && now["stream"]["running"] == true;
  });
  watch->Signal(SIGINT);
  EXPECT_EQ(watch->Wait(seconds(10)).exit_code, 130);
  osc().WaitUntilCaughtUp(id);
  writers.WaitForTransactions(100);
  EXPECT_EQ(osc().Show(id)["state"], "ready");

  const auto time = [&](const std::string& command) {
    const auto asked = std::chrono::steady_clock::now();
    osc().Succeed({command, id});
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - asked);
  };
  milliseconds fastest = time("cutover");
  EXPECT_LT(fastest, seconds(10));
  EXPECT_EQ(osc().Show(id)["state"], "live");
  // Other tests may keep the machine busy: of a few swaps one must be within the promise.
  for (const char* command : {"revert", "reapply", "revert", "reapply"}) {
    if (fastest < seconds(1)) break;
    fastest = std::min(fastest, time(command));
  }
  EXPECT_LT(fastest, seconds(1));
  writers.WaitForTransactions(100);
  ExpectExactly(writers, "users");
  ExpectInvariant(id);
}

TEST_P(LifecycleTest, CompleteDropsTheOffStageTable) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const nlohmann::json completed = osc().Succeed({"complete", id, "--json"}).Json();
  EXPECT_EQ(completed["state"], "completed");
  EXPECT_EQ(completed["live"], "new");
  EXPECT_EQ(completed["stream"]["running"], false);
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM users"), std::to_string(kRows));
}

TEST_P(LifecycleTest, CompleteAfterARevertDropsTheNewTable) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  osc().Succeed({"revert", id});
  osc().Succeed({"complete", id});
  EXPECT_EQ(osc().Show(id)["live"], "old");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
  EXPECT_THAT(Value("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='" +
                    database() + "' AND TABLE_NAME='users' AND COLUMN_NAME='title'"),
              "title");
}

TEST_P(LifecycleTest, CompleteCanKeepTheOffStageTable) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  Run("INSERT INTO users (token, email) VALUES (9999, 'late')");
  osc().WaitUntilCaughtUp(id);
  osc().Succeed({"complete", id, "--keep-table"});
  const std::string kept = osc().Show(id)["off_stage_table"];
  EXPECT_THAT(Tables(), ::testing::ElementsAre(kept, "users"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM " + kept), std::to_string(kRows + 1));
}

TEST_P(LifecycleTest, CancelWhileCopyingLeavesNothing) {
  CreateUsers("users", "title VARCHAR(40)");
  std::string id;
  {
    const CopyBlock block(*this, "users");
    id = osc().Alter("users", "DROP COLUMN title", {"--detach"});
    osc().WaitForState(id, "copying");
    const auto asked = std::chrono::steady_clock::now();
    osc().Succeed({"cancel", id});
    EXPECT_LT(std::chrono::steady_clock::now() - asked, seconds(10))
        << "cancel waits for the application's lock";
  }
  EXPECT_EQ(osc().Show(id)["state"], "cancelled");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM users"), std::to_string(kRows));
  osc().Alter("users", "DROP COLUMN title");
}

TEST_P(LifecycleTest, CancelWhenReadyLeavesNothing) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  const nlohmann::json cancelled = osc().Succeed({"cancel", id, "--json"}).Json();
  EXPECT_EQ(cancelled["state"], "cancelled");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

TEST_P(LifecycleTest, PausesAndResumesTheCopy) {
  CreateUsers("users", "title VARCHAR(40)");
  std::string id;
  nlohmann::json paused;
  {
    const CopyBlock block(*this, "users");
    id = osc().Alter("users", "DROP COLUMN title",
                     {"--detach", "--copy-threads", "1", "--chunk-time", "10ms"});
    osc().WaitForState(id, "copying");
    osc().Succeed({"pause", id});
    paused = osc().WaitUntil(id, "the pause", [](const nlohmann::json& now) {
      return now["throttle"]["throttled"] == true;
    });
  }
  EXPECT_EQ(paused["paused"], true);
  EXPECT_THAT(paused["throttle"]["reason"].get<std::string>(), HasSubstr("pause"));
  // The stream goes on while the copy rests.
  Run("UPDATE users SET amount=amount+1");
  osc().WaitUntilCaughtUp(id);
  EXPECT_EQ(osc().Show(id)["state"], "copying");
  osc().Succeed({"resume", id});
  const nlohmann::json live = osc().WaitForState(id, "live");
  EXPECT_EQ(live["paused"], false);
  EXPECT_EQ(live["throttle"]["throttled"], false);
  ExpectInvariant(id);
}

TEST_P(LifecycleTest, StaysPausedThroughAnEngineRestart) {
  CreateUsers("users", "title VARCHAR(40)");
  std::string id;
  {
    const CopyBlock block(*this, "users");
    id = osc().Alter("users", "DROP COLUMN title",
                     {"--detach", "--copy-threads", "1", "--chunk-time", "10ms"});
    osc().WaitForState(id, "copying");
    osc().Succeed({"pause", id});
    osc().state().KillEngine();
  }
  const auto watch = osc().Start({"watch", id});
  const nlohmann::json again = osc().WaitUntil(id, "the engine", [](const nlohmann::json& now) {
    return now["stream"]["running"] == true && now["throttle"]["throttled"] == true;
  });
  EXPECT_EQ(again["state"], "copying");
  EXPECT_EQ(again["paused"], true);
  osc().Succeed({"resume", id});
  osc().WaitForState(id, "live");
  ExpectInvariant(id);
}

TEST_P(LifecycleTest, SetChangesARunningMigration) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  const nlohmann::json set =
      osc().Succeed({"set", id, "retention=2h", "max-lag=3s", "chunk-time=50ms", "--json"}).Json();
  EXPECT_EQ(set["settings"]["retention"], "2h");
  EXPECT_EQ(set["settings"]["max-lag"], "3s");
  EXPECT_EQ(set["settings"]["chunk-time"], "50ms");
  osc().Succeed({"set", id, "postpone-cutover=off"});  // releases it
  const nlohmann::json live = osc().WaitForState(id, "live");
  const std::string until = live["revert"]["expires_at"];
  osc().Succeed({"set", id, "retention=48h"});
  EXPECT_GT(osc().Show(id)["revert"]["expires_at"].get<std::string>(), until);
}

TEST_P(LifecycleTest, R6RetentionEndsTheWindow) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--retention", "2s"});
  const nlohmann::json over = osc().WaitForState(id, "completed", seconds(20));
  EXPECT_EQ(over["revert"]["readiness"], "expired");
  EXPECT_EQ(over["stream"]["running"], false);
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
  ExpectRefused({"revert", id}, "window");
}

TEST_P(LifecycleTest, R6RetentionCanBeMoved) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  EXPECT_EQ(osc().Show(id)["revert"]["readiness"], "ready");
  const auto since = std::chrono::system_clock::now() -
                     base::ParseTime(osc().Show(id)["swaps"][0]["at"].get<std::string>());
  const auto soon = std::chrono::ceil<seconds>(since) + seconds(2);
  osc().Succeed({"set", id, "retention=" + std::to_string(soon.count()) + "s"});
  osc().WaitForState(id, "completed", seconds(30));
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

// The window is open while no engine runs, and ends when one looks again.
TEST_P(LifecycleTest, RetentionRunsOutWithoutAnEngine) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--retention", "1s"});
  osc().state().StopEngine();
  const auto watch = osc().Start({"watch", id});
  osc().WaitForState(id, "completed", seconds(20));
  EXPECT_EQ(watch->Wait(seconds(20)).exit_code, 0);
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

TEST_P(LifecycleTest, ForegroundRunsWithoutAnEngine) {
  CreateUsers("users", "title VARCHAR(40)");
  const auto alter = osc().Start({"alter", "--table", "users", "--alter", "DROP COLUMN title",
                                  "--foreground", "--retention", "3s"});
  testing::WaitUntil(
      "the migration to be recorded",
      [&] { return alter->OutSoFar().find("is live") != std::string::npos; }, seconds(30));
  EXPECT_EQ(osc().List().at(0)["state"], "live");
  const Outcome outcome = alter->Wait(seconds(30));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
  EXPECT_EQ(osc().List().at(0)["state"], "completed");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

TEST_P(LifecycleTest, HistoryTellsWhatWasAskedForAndDone) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  const std::string id = osc().Alter("t", "ADD COLUMN b INT", {"--postpone-cutover"});
  osc().Succeed({"cutover", id});
  osc().Succeed({"revert", id});
  osc().Succeed({"complete", id});
  std::vector<std::string> history;
  const nlohmann::json now = osc().Show(id);
  for (const auto& event : now["history"]) history.push_back(event["text"]);
  EXPECT_THAT(history,
              ::testing::ElementsAre("all rows are copied", "verification begins",
                                     "verification passed: 0 rows compared, 0 differences",
                                     "asked for: cutover", "cutover done", "asked for: revert",
                                     "revert done", "asked for: complete", "completed"));
}

INSTANTIATE_TEST_SUITE_P(Servers, LifecycleTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
