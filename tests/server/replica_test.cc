// `osc verify --replica`: the tables are read on a replica, and a difference is one of the
// server's.
#include <gmock/gmock.h>

#include "src/mysql/quote.h"
#include "tests/support/private_server.h"
#include "tests/support/server_test.h"
#include "tests/support/writers.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;
using Names = std::vector<std::string>;

class ReplicaTest : public ::testing::TestWithParam<testing::TestServer> {
 protected:
  static constexpr int kRows = 3000;

  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    private_.emplace(GetParam(), std::vector<std::string>{},
                     testing::PrivateServer::Replica::kGtid);
    private_->server().Connect().Execute("CREATE DATABASE app");
    connection_.emplace(private_->server().Connect("app"));
    testing::CreateWritersTable(*connection_, "users", kRows, "title VARCHAR(40)");
    osc_.emplace(private_->server(), "app");
  }
  void TearDown() override {
    if (HasFailure() && osc_) std::cout << osc_->state().LogTail();
  }

  testing::PrivateServer& servers() { return *private_; }
  testing::Osc& osc() { return *osc_; }
  void Run(const std::string& sql) { connection_->Execute(sql); }
  mysql::Connection Replica(const std::string& database = "app") {
    return private_->replica().Connect(database);
  }
  std::string Address() {
    return "127.0.0.1:" + std::to_string(private_->replica().Options().port);
  }
  static std::string OffStage(const nlohmann::json& shown) {
    return mysql::QuoteIdentifier(shown["off_stage_table"].get<std::string>());
  }

  nlohmann::json Verify(const std::string& id, int exit_code, const Names& more = {}) {
    Names command{"verify", id, "--json", "--replica", Address()};
    command.insert(command.end(), more.begin(), more.end());
    const Outcome outcome = osc().Run(command);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.Describe();
    return outcome.Json().at("verify");
  }

  // Nothing but what came from the server is in the replica's binlog.
  void ExpectNothingOfItsOwn() {
    mysql::Connection replica = Replica();
    if (replica.server().IsMariaDb()) {
      EXPECT_EQ(replica.QueryValue("SELECT @@gtid_binlog_state LIKE CONCAT('%-',@@server_id,'-%')"),
                "0");
    } else {
      EXPECT_EQ(replica.QueryValue("SELECT LOCATE(@@server_uuid,@@gtid_executed)"), "0");
    }
  }

 private:
  std::optional<testing::PrivateServer> private_;
  std::optional<mysql::Connection> connection_;
  std::optional<testing::Osc> osc_;
};

TEST_P(ReplicaTest, ReadsThereAndProvesHere) {
  const std::string id =
      osc().Alter("users", "DROP COLUMN title, ADD COLUMN more INT", {"--chunk-time", "1ms"});
  const std::string off_stage = OffStage(osc().Show(id));
  Run("INSERT INTO users (id, token, email) VALUES (-9000001, -1, 'a'), (-9000002, -2, 'b'), "
      "(-9000003, -3, 'c')");
  Writers writers(servers().server(), "app", "users", 2);
  nlohmann::json verify = Verify(id, 0);
  EXPECT_EQ(verify["replica"], Address()) << verify;
  EXPECT_EQ(verify["note"], "") << verify;
  EXPECT_EQ(verify["rows_compared"], verify["matching"]) << verify;

  // What only the replica has is no difference; what only the server has is not seen there.
  mysql::Connection replica = Replica();
  replica.Execute("SET sql_log_bin=0");
  replica.Execute("UPDATE " + off_stage + " SET amount=5 WHERE id=-9000001");
  Run("SET sql_log_bin=0");
  Run("UPDATE " + off_stage + " SET amount=6 WHERE id=-9000002");
  Run("SET sql_log_bin=1");
  EXPECT_EQ(Verify(id, 0)["differences"], 0);
  EXPECT_EQ(osc().Run({"verify", id}).exit_code, 5);

  // What everybody has is found, by whatever is asked.
  osc().Succeed({"verify", id, "--repair"});
  Run("UPDATE " + off_stage + " SET amount=7 WHERE id=-9000003");
  verify = Verify(id, 5);
  EXPECT_EQ(verify["different"], 1) << verify;
  EXPECT_EQ(verify["rows"][0]["key"], "id=-9000003") << verify;
  EXPECT_EQ(Verify(id, 0, {"--repair"})["repaired"], 1);
  osc().Succeed({"revert", id});
  Run("UPDATE users SET amount=amount+1 WHERE id=-9000003");
  Run("UPDATE users SET amount=amount-1 WHERE id=-9000003");
  osc().WaitUntilCaughtUp(id);
  Run("UPDATE " + off_stage + " SET amount=8 WHERE id=-9000003");
  verify = Verify(id, 5, {"--since-last"});
  EXPECT_EQ(verify["different"], 1) << verify;
  EXPECT_EQ(verify["replica"], Address()) << verify;
  const Outcome text = osc().Succeed({"verify", id, "--repair", "--replica", Address()});
  EXPECT_THAT(text.out, HasSubstr(" on replica " + Address()));
  writers.Stop();
  ExpectNothingOfItsOwn();
}

TEST_P(ReplicaTest, ConvertsThereWithoutATrace) {
  Run("UPDATE users SET title=token");
  const std::string id = osc().Alter("users", "MODIFY title INT");
  nlohmann::json verify = Verify(id, 0);
  EXPECT_EQ(verify["replica"], Address()) << verify;
  EXPECT_EQ(verify["matching"], kRows) << verify;
  Run("UPDATE " + OffStage(osc().Show(id)) + " SET title=7 WHERE id=9");
  EXPECT_EQ(Verify(id, 5)["different"], 1);
  ExpectNothingOfItsOwn();
}

TEST_P(ReplicaTest, IsLeftWhenItIsBehindOrAway) {
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  mysql::Connection replica = Replica();
  replica.Execute(replica.server().IsMariaDb() ? "STOP SLAVE SQL_THREAD"
                                               : "STOP REPLICA SQL_THREAD");
  Run("UPDATE users SET amount=amount+1 WHERE id=9");
  Run("UPDATE users SET amount=amount-1 WHERE id=9");
  nlohmann::json verify = Verify(id, 0);
  EXPECT_EQ(verify["replica"], nullptr) << verify;
  EXPECT_THAT(verify["note"], HasSubstr("compared on the server itself: the replica is more than "
                                        "10s behind"))
      << verify;
  EXPECT_THAT(osc().Show(id)["history"].dump(), HasSubstr("compared on the server itself"));
  const Outcome away = osc().Succeed({"verify", id, "--replica", "127.0.0.1:1"});
  EXPECT_THAT(away.out, HasSubstr("compared on the server itself")) << away.Describe();
}

TEST_P(ReplicaTest, IsLeftOnTheWay) {
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  osc().Succeed({"set", id, "max-lag=10ms"});
  // The stream waits for a row off stage, and the verification, which has begun, for the stream.
  mysql::Connection holder = servers().server().Connect("app");
  holder.Execute("START TRANSACTION");
  holder.Query("SELECT 1 FROM " + OffStage(osc().Show(id)) + " WHERE id=1 FOR UPDATE");
  Run("UPDATE users SET amount=amount+1 WHERE id=1");
  osc().WaitUntil(id, "the stream to be behind",
                  [](const nlohmann::json& now) { return now["stream"]["lag_ms"] > 500; });
  const auto verify = osc().Start({"verify", id, "--json", "--replica", Address()});
  osc().WaitUntil(id, "the verification to run",
                  [](const nlohmann::json& now) { return now["verify"]["state"] == "running"; });
  EXPECT_EQ(osc().Show(id)["verify"]["replica"], Address());
  mysql::Connection replica = Replica();
  replica.Execute(replica.server().IsMariaDb() ? "STOP SLAVE SQL_THREAD"
                                               : "STOP REPLICA SQL_THREAD");
  holder.Execute("ROLLBACK");
  const Outcome outcome = verify->Wait(seconds(60));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
  const nlohmann::json found = outcome.Json().at("verify");
  EXPECT_EQ(found["replica"], nullptr) << found;
  EXPECT_THAT(found["note"], HasSubstr("compared on the server itself")) << found;
  EXPECT_EQ(found["matching"], kRows) << found;
}

TEST_P(ReplicaTest, IsRefusedWhenItIsNone) {
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const auto refused = [&](const testing::TestServer& server, const std::string& why) {
    const std::string port = std::to_string(server.Options().port);
    const Outcome outcome = osc().Run({"verify", id, "--replica", "127.0.0.1:" + port});
    EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_THAT(outcome.err, HasSubstr("hint: name a replica"));
  };
  refused(servers().server(), "it is the server itself");
  refused(GetParam(), "nothing of the server's history");
  // One that follows the server, but not this table of it.
  mysql::Connection replica = Replica("");
  const std::string checkpoint =
      replica
          .QueryValue(
              "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='app' "
              "AND TABLE_NAME LIKE '\\_oscck\\_%'")
          .value_or("");
  replica.Execute("SET sql_log_bin=0");
  replica.Execute("UPDATE app." + mysql::QuoteIdentifier(checkpoint) + " SET owner=5");
  refused(servers().replica(), "is not the server's");
  for (const char* wrong : {"a:b", "user@host", "host:99999999"}) {
    EXPECT_EQ(osc().Run({"verify", id, "--replica", wrong}).exit_code, 2) << wrong;
  }
  EXPECT_EQ(osc().Show(id)["verify"]["state"], "stale");
  osc().Succeed({"verify", id});
}

INSTANTIATE_TEST_SUITE_P(Servers, ReplicaTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
