// A stream that has lost its place in the binlog, and how the tables are brought together again. F5
// of the acceptance list.
#include "tests/support/private_server.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

// On the shared servers: nothing is lost there, but anybody may ask for it.
class ReseedTest : public testing::UsersTest {
 protected:
  nlohmann::json Reasons(const std::string& id) { return osc().Show(id)["revert"]["reasons"]; }
};

TEST_P(ReseedTest, RebuildsTheOffStageTableWhileItIsWritten) {
  CreateTitledUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id =
      osc().Alter("users", "DROP COLUMN title, ADD COLUMN nick INT NOT NULL DEFAULT 5");
  Run("UPDATE users SET nick=id WHERE id<100");
  for (const char* turn : {"revert", "reapply"}) {
    SCOPED_TRACE(turn);
    ExpectRefused({"reseed", id}, "would lose what only it has");
    const Outcome outcome = osc().Run({"reseed", id, "--accept-loss"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
    EXPECT_THAT(outcome.out, HasSubstr(turn));
    const nlohmann::json rebuilt = osc().Show(id);
    EXPECT_EQ(rebuilt["revert"]["readiness"], "lossy");
    EXPECT_EQ(rebuilt["revert"]["reasons"][0]["kind"], "reseeded");
    EXPECT_EQ(rebuilt["revert"]["reasons"][0]["column"],
              turn == std::string("revert") ? "title" : "nick");
    writers.WaitForTransactions(100);
    ExpectInvariant(id);
    osc().Succeed({turn, id});
    writers.WaitForTransactions(100);
    ExpectInvariant(id);
    EXPECT_EQ(osc().Show(id)["revert"]["readiness"], "ready") << Reasons(id);
  }
  ExpectNoRow("users", "nick<>5");
  osc().Succeed({"revert", id});
  ExpectNoRow("users", "title<>'none'");
  ExpectExactly(writers, "users");
  osc().Succeed({"complete", id});
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

// Rows that do not fit the other definition have to be found by the copy, and by the stream.
TEST_P(ReseedTest, PutsRowsThatDoNotFitAside) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(10) NOT NULL, n INT, UNIQUE KEY n (n))");
  for (int i = 1; i <= 300; ++i) {
    Run("INSERT INTO t VALUES (" + std::to_string(i) + ", 'short', " + std::to_string(i) + ")");
  }
  const std::string id =
      osc().Alter("t", "MODIFY name VARCHAR(60) NOT NULL, DROP KEY n", {"--copy-threads", "3"});
  Run("UPDATE t SET name=REPEAT('x', 30) WHERE id IN (7, 8, 150, 299)");
  Run("UPDATE t SET n=20 WHERE id=21");
  osc().Succeed({"reseed", id});
  const auto expect_rows = [&](const std::vector<std::string>& keys) {
    osc().WaitUntil(id, "the rows", [&](const nlohmann::json& state) {
      std::vector<std::string> found;
      for (const auto& row : state["revert"]["rows"]) found.push_back(row["key"]);
      return found == keys && state["revert"]["readiness"] == (keys.empty() ? "ready" : "blocked");
    });
  };
  const nlohmann::json blocked = osc().Show(id);
  EXPECT_EQ(blocked["state"], "live");
  const nlohmann::json rows = blocked["revert"]["rows"];
  ASSERT_EQ(rows.size(), 5U) << rows;
  EXPECT_EQ(blocked["revert"]["readiness"], "blocked");
  ExpectRefused({"revert", id}, "id=150");
  const std::string off_stage = "_osc_" + id + "_t";
  EXPECT_EQ(Value("SELECT COUNT(*) FROM " + off_stage), "295");
  Run("UPDATE t SET name='mended' WHERE id IN (7, 150)");
  Run("DELETE FROM t WHERE id=8");
  Run("UPDATE t SET n=-1 WHERE id=20");
  Run("UPDATE t SET n=-2 WHERE id=21");
  expect_rows({"id=299"});
  Run("UPDATE t SET id=1299, name='moved' WHERE id=299");
  Run("UPDATE t SET name=REPEAT('y', 11) WHERE id=5");
  expect_rows({"id=5"});
  // All in one batch, of which only the last counts.
  Run("START TRANSACTION");
  Run("UPDATE t SET name=REPEAT('a', 11) WHERE id=6");
  Run("UPDATE t SET name=REPEAT('b', 12) WHERE id=6");
  Run("DELETE FROM t WHERE id=6");
  Run("INSERT INTO t VALUES (6, REPEAT('c', 13), 6)");
  Run("UPDATE t SET name=REPEAT('d', 14) WHERE id=9");
  Run("UPDATE t SET name='fits again' WHERE id=9");
  Run("COMMIT");
  expect_rows({"id=5", "id=6"});
  Run("UPDATE t SET name='fits' WHERE id IN (5, 6)");
  expect_rows({});
  testing::ExpectSameRows(server(), osc(), id, {"id"}, {"name", "n"});
  osc().Succeed({"revert", id});
  testing::ExpectSameRows(server(), osc(), id, {"id"}, {"name", "n"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), "299");
}

TEST_P(ReseedTest, RowsThatAreBlockedCanBeLeftOut) {
  Run("CREATE TABLE t (id VARCHAR(20) PRIMARY KEY, name VARCHAR(10) NOT NULL)");
  Run("INSERT INTO t VALUES ('a', 'one'), ('b', 'two'), ('c', 'three')");
  const std::string id = osc().Alter("t", "MODIFY name VARCHAR(60) NOT NULL");
  Run("UPDATE t SET name='much too long for it' WHERE id='b'");
  osc().Succeed({"reseed", id});
  ExpectRefused({"revert", id}, "id='b'");
  osc().Succeed({"revert", id, "--accept-loss"});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(name ORDER BY id) FROM t"), "one,much too l,three");
  testing::ExpectSameRows(server(), osc(), id, {"id"}, {"name"});
}

// The copy may put a row off stage that the stream has put aside, because another one has given up
// its value since.
TEST_P(ReseedTest, ARowIsOnOneSideOnlyWhenItsPlaceIsGivenUp) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, n INT, UNIQUE KEY n (n))");
  Run("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
  const std::string id = osc().Alter("t", "DROP KEY n");
  for (int turn = 0; turn < 4; ++turn) {
    SCOPED_TRACE(turn);
    Run("UPDATE t SET n=20 WHERE id IN (1, 2)");
    DieAt("copy.copied", {"reseed", id, "--accept-loss"});
    Run("UPDATE t SET n=-20 WHERE id=" + std::to_string(1 + turn % 2));
    StartEngine(id);
    osc().WaitForState(id, "live");
    const nlohmann::json rebuilt = osc().Show(id);
    EXPECT_EQ(rebuilt["revert"]["readiness"], "ready") << rebuilt["revert"];
    testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n"});
  }
  osc().Succeed({"verify", id});
  osc().Succeed({"revert", id});
  testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n"});
}

TEST_P(ReseedTest, CanBeLeftAloneAndGivenUp) {
  CreateTitledUsers("users", 100);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  osc().Succeed({"verify", id});
  mysql::Connection holder = server().Connect(database());
  const auto hold_a_row = [&] {  // the copy waits for it
    holder.Execute("START TRANSACTION");
    holder.Execute("UPDATE users SET amount=amount+1 WHERE id=50");
  };
  hold_a_row();
  const auto command = osc().Start({"reseed", id, "--accept-loss"});
  const nlohmann::json now = osc().WaitForState(id, "reseeding");
  EXPECT_EQ(now["revert"]["readiness"], "stopped");
  EXPECT_EQ(now["verify"]["state"], "stale");
  command->Signal(SIGINT);
  EXPECT_EQ(command->Wait(seconds(10)).exit_code, 130);
  for (const Names& refused : {Names{"revert", id}, Names{"reapply", id}, Names{"verify", id},
                               Names{"cutover", id}, Names{"resume", id, "--restart-copy"}}) {
    ExpectRefused(refused, "its off-stage table is being rebuilt");
  }
  holder.Execute("COMMIT");
  osc().WaitForState(id, "live");
  osc().Succeed({"verify", id});
  EXPECT_EQ(osc().Show(id)["verify"]["state"], "passed");
  ExpectInvariant(id);

  hold_a_row();
  osc().Succeed({"reseed", id, "--accept-loss", "--detach"});
  osc().WaitForState(id, "reseeding");
  osc().Succeed({"complete", id});
  holder.Execute("COMMIT");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

TEST_P(ReseedTest, GoesOnAfterACrash) {
  CreateTitledUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter(
      "users", "DROP COLUMN title, MODIFY email VARCHAR(200) NOT NULL", {"--chunk-time", "10ms"});
  Run("INSERT INTO users (id, token, email) VALUES (-9000001, 0, REPEAT('long', 30))");
  for (const char* point : {"reseed.dropped", "reseed.emptied", "reseed.prepared",
                            "copy.handed_out:2", "copy.handed_over", "copy.copied:2"}) {
    SCOPED_TRACE(point);
    DieAt(point, {"reseed", id, "--accept-loss"});
    const nlohmann::json dead = osc().Show(id);
    EXPECT_EQ(dead["state"], "reseeding");
    EXPECT_EQ(dead["revert"]["readiness"], "stopped");
    ExpectRefused({"revert", id}, "being rebuilt");
    writers.WaitForTransactions(30);
    StartEngine(id);
    osc().WaitForState(id, "live");
    const nlohmann::json rebuilt = osc().Show(id);
    EXPECT_EQ(rebuilt["revert"]["readiness"], "blocked");
    EXPECT_EQ(rebuilt["revert"]["rows"][0]["key"], "id=-9000001");
  }
  Run("UPDATE users SET email='short again' WHERE id=-9000001");
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  writers.WaitForTransactions(30);
  ExpectInvariant(id);
  ExpectNoRow("users", "title<>'none'");
}

TEST_P(ReseedTest, RestartsACopyThatHasNotBeenCutOver) {
  CreateTitledUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  ExpectRefused({"reseed", id}, "has not been cut over");
  osc().Succeed({"resume", id, "--restart-copy"});
  osc().WaitForState(id, "ready");
  ExpectInvariant(id);
  osc().Succeed({"cutover", id});
  ExpectRefused({"resume", id, "--restart-copy"}, "is live already");
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  ExpectExactly(writers, "users");
  ExpectTitles("users");
}

TEST_P(ReseedTest, TablesThatSomebodyHasChangedAreRefused) {
  CreateTitledUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  Run("ALTER TABLE users ADD COLUMN foreign_one INT");
  osc().WaitUntil(id, "the stream to stop", [](const nlohmann::json& now) {
    return now["revert"]["readiness"] == "stopped";
  });
  ExpectRefused({"reseed", id}, "definition has been changed");
  EXPECT_EQ(osc().Show(id)["state"], "live");
  osc().Succeed({"complete", id});
}

INSTANTIATE_TEST_SUITE_P(Servers, ReseedTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

// On a server of its own, whose binlogs may go.
class PositionTest : public ::testing::TestWithParam<testing::TestServer> {
 protected:
  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    private_.emplace(GetParam());
    server().Connect().Execute("CREATE DATABASE app");
    connection_.emplace(server().Connect("app"));
    Run("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, title VARCHAR(40) NOT NULL)");
    Run("INSERT INTO t VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three')");
    osc_.emplace(server(), "app");
  }

  const testing::TestServer& server() const { return private_->server(); }
  testing::Osc& osc() { return *osc_; }
  void Run(const std::string& sql) { connection_->Execute(sql); }
  std::string Value(const std::string& sql) {
    return connection_->QueryValue(sql).value_or("NULL");
  }
  bool IsMariaDb() { return connection_->server().IsMariaDb(); }

  // Writes while no engine runs, and takes what would tell of it away.
  void LosePosition(bool reset) {
    osc().state().StopEngine();
    Run("INSERT INTO t (id, n) VALUES (4, 4)");
    Run("DELETE FROM t WHERE id=1");
    Run("FLUSH BINARY LOGS");
    Run("FLUSH BINARY LOGS");
    if (reset) {
      Run(IsMariaDb() ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS");
      Run("UPDATE t SET n=n+10 WHERE id=3");
    } else {
      // A file that a session has just read, or that InnoDB has not checkpointed, stays for a
      // while.
      testing::WaitUntil(
          "the binlogs to be purged",
          [&] {
            auto logs = connection_->Query("SHOW BINARY LOGS");
            if (logs.row_count() == 1) return true;
            std::string last;
            while (logs.Next()) last = logs.Text(0);
            Run("PURGE BINARY LOGS TO '" + last + "'");
            return false;
          },
          seconds(30));
    }
  }

  // With the same data, as if it had been made from a backup without positions.
  void BecomeAnother() {
    Run("SET GLOBAL server_id=4711");
    Run("RESET MASTER");
  }

  nlohmann::json WaitUntilStopped(const std::string& id,
                                  const std::string& code = "position_lost") {
    watch_ = osc().Start({"watch", id});  // starts an engine
    const nlohmann::json stopped =
        osc().WaitUntil(id, "the stream to stop",
                        [](const nlohmann::json& now) { return !now["error"].is_null(); });
    watch_.reset();
    EXPECT_EQ(stopped["error"]["code"], code) << stopped["error"];
    EXPECT_EQ(stopped["revert"]["readiness"], "stopped");
    EXPECT_EQ(stopped["stream"]["running"], false);
    EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='app' AND "
                    "TABLE_NAME IN ('t', '_osc_" +
                    id + "_t')"),
              "2");
    return stopped;
  }

  void BeforeTheCutover(bool reset) {
    const std::string id = osc().Alter("t", "ADD COLUMN m INT", {"--postpone-cutover"});
    LosePosition(reset);
    const nlohmann::json stopped = WaitUntilStopped(id);
    EXPECT_EQ(stopped["state"], "ready");
    EXPECT_THAT(stopped["error"]["hint"].get<std::string>(), HasSubstr("--restart-copy"));
    EXPECT_THAT(osc().Run({"show", id}).out, HasSubstr("--restart-copy"));
    const Outcome cutover = osc().Run({"cutover", id});
    EXPECT_NE(cutover.exit_code, 0) << cutover.Describe();
    EXPECT_THAT(cutover.err, HasSubstr("--restart-copy"));
    osc().Succeed({"resume", id, "--restart-copy"});
    osc().WaitUntil(id, "the migration to be ready again", [](const nlohmann::json& now) {
      return now["state"] == "ready" && now["error"].is_null();
    });
    testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n", "title"});
    if (osc().Show(id)["state"] == "ready") osc().Run({"cutover", id});
    osc().WaitForState(id, "live");
    testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n", "title"});
    osc().Succeed({"complete", id});
  }

  void AfterTheCutover(bool reset) {
    const std::string id = osc().Alter("t", "DROP COLUMN title");
    LosePosition(reset);
    const nlohmann::json stopped = WaitUntilStopped(id);
    EXPECT_EQ(stopped["state"], "live");
    EXPECT_THAT(stopped["error"]["hint"].get<std::string>(), HasSubstr("osc reseed " + id));
    EXPECT_THAT(stopped["error"]["hint"].get<std::string>(), HasSubstr("title"));
    const Outcome revert = osc().Run({"revert", id});
    EXPECT_EQ(revert.exit_code, 3) << revert.Describe();
    EXPECT_THAT(revert.err, HasSubstr("osc reseed " + id));
    const Outcome reseed = osc().Run({"reseed", id});
    EXPECT_EQ(reseed.exit_code, 0) << reseed.Describe();
    EXPECT_THAT(reseed.out, HasSubstr("title"));
    const nlohmann::json rebuilt = osc().Show(id);
    EXPECT_TRUE(rebuilt["error"].is_null()) << rebuilt["error"];
    EXPECT_EQ(rebuilt["revert"]["readiness"], "lossy");
    Run("UPDATE t SET n=50 WHERE id=2");
    testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n"});
    osc().Succeed({"revert", id});
    EXPECT_EQ(Value("SELECT GROUP_CONCAT(id, ':', title ORDER BY id) FROM t"), "2:,3:,4:");
    testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n"});
    osc().Succeed({"complete", id});
  }

 private:
  std::optional<testing::PrivateServer> private_;
  std::optional<mysql::Connection> connection_;
  std::optional<testing::Osc> osc_;
  std::unique_ptr<testing::OscProcess> watch_;
};

TEST_P(PositionTest, BinlogsArePurgedBeforeTheCutover) {
  Run("ALTER TABLE t MODIFY title VARCHAR(40) NOT NULL DEFAULT ''");
  BeforeTheCutover(false);
}

TEST_P(PositionTest, BinlogsAreResetBeforeTheCutover) {
  Run("ALTER TABLE t MODIFY title VARCHAR(40) NOT NULL DEFAULT ''");
  BeforeTheCutover(true);
}

TEST_P(PositionTest, BinlogsArePurgedAfterTheCutover) { AfterTheCutover(false); }

TEST_P(PositionTest, BinlogsAreResetAfterTheCutover) { AfterTheCutover(true); }

TEST_P(PositionTest, AnotherServerAnswers) {
  if (!IsMariaDb()) GTEST_SKIP() << "the identity of a running MySQL cannot be changed";
  const std::string id = osc().Alter("t", "DROP COLUMN title, ADD COLUMN m INT");
  osc().state().StopEngine();
  BecomeAnother();
  const nlohmann::json stopped = WaitUntilStopped(id, "diverged");
  EXPECT_THAT(stopped["error"]["message"].get<std::string>(), HasSubstr("not all of the commits"));
  EXPECT_EQ(stopped["state"], "live");
  osc().Succeed({"reseed", id});  // this is the one from now on
  testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n"});
  osc().Succeed({"revert", id});
}

TEST_P(PositionTest, AnotherServerAnswersBeforeTheCutover) {
  if (!IsMariaDb()) GTEST_SKIP() << "the identity of a running MySQL cannot be changed";
  const std::string id = osc().Alter("t", "ADD COLUMN m INT", {"--postpone-cutover"});
  osc().state().StopEngine();
  BecomeAnother();
  const nlohmann::json stopped = WaitUntilStopped(id, "diverged");
  EXPECT_THAT(stopped["error"]["message"].get<std::string>(), HasSubstr("not all of the commits"));
  EXPECT_THAT(stopped["error"]["hint"].get<std::string>(), HasSubstr("--restart-copy"));
  EXPECT_EQ(stopped["state"], "ready");
  osc().Succeed({"resume", id, "--restart-copy"});
  osc().WaitUntil(id, "the migration to be ready again", [](const nlohmann::json& now) {
    return now["state"] == "ready" && now["error"].is_null();
  });
  osc().Succeed({"cutover", id});
  testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n", "title"});
}

INSTANTIATE_TEST_SUITE_P(Servers, PositionTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
