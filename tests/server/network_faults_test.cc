// What the network does between osc and the server: replies that never come, connections that are
// cut, a server that vanishes without a word. F9 and a part of F2 of the acceptance list.
#include <filesystem>

#include "src/base/wait.h"
#include "tests/support/tcp_proxy.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NetworkFaultsTest : public testing::UsersTest {
 protected:
  void SetUp() override {
    UsersTest::SetUp();
    if (IsSkipped()) return;
    proxy_ = std::make_unique<testing::TcpProxy>(server());
    osc().SetOption("--port", std::to_string(proxy_->port()));
  }
  void TearDown() override {
    UsersTest::TearDown();
    proxy_.reset();
  }
  testing::TcpProxy& proxy() { return *proxy_; }

 private:
  std::unique_ptr<testing::TcpProxy> proxy_;
};

TEST_P(NetworkFaultsTest, RepliesOnTheRoadAreLost) {
  CreateTitledUsers("users", 3000);
  testing::Writers writers(server(), database(), "users", 2);
  for (const char* statement :
       {"CREATE TABLE /* osc", "ALTER TABLE /* osc", "(lane INT NOT NULL", "LOCK IN SHARE MODE",
        "\x03"
        "COMMIT"}) {
    SCOPED_TRACE(statement);
    osc().state().StopEngine();  // its next connections come with the statement
    proxy().SwallowReplyTo(statement);
    const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
    EXPECT_TRUE(proxy().HasSwallowed());
    ExpectInvariant(id);
    osc().Succeed({"cancel", id});
    EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
  }
  ExpectExactly(writers, "users");
}

TEST_P(NetworkFaultsTest, RepliesOfASwapAreLost) {
  CreateTitledUsers("users", 300);
  testing::Writers writers(server(), database(), "users", 2);
  const std::string id =
      osc().Alter("users", "DROP COLUMN title", {"--cutover-lock-timeout", "2s"});
  bool back = true;
  for (const char* statement : {"CREATE TABLE /* osc", "LOCK TABLES", "RENAME /* osc",
                                "PREPARE osc_probe", "DROP TABLE /* osc", "UNLOCK TABLES",
                                "\x03"
                                "COMMIT"}) {
    SCOPED_TRACE(statement);
    proxy().SwallowReplyTo(statement);
    osc().Succeed({back ? "revert" : "reapply", id});
    back = !back;
    testing::WaitUntil(
        "the reply to be lost", [&] { return proxy().HasSwallowed(); }, seconds(20));
    writers.WaitForTransactions(30);
    ExpectInvariant(id);
  }
  ExpectExactly(writers, "users");
  ExpectTitles("users", 300);
}

TEST_P(NetworkFaultsTest, ConnectionsAreCutAgainAndAgain) {
  CreateTitledUsers("users", 5000);
  testing::Writers writers(server(), database(), "users", 2);
  const std::string id =
      osc().Alter("users", "DROP COLUMN title",
                  {"--detach", "--chunk-time", "10ms", "--cutover-lock-timeout", "2s"});
  for (int i = 0; i < 8; ++i) {
    writers.WaitForTransactions(20);
    proxy().Cut();
  }
  osc().WaitForState(id, "live");
  for (const char* turn : {"revert", "reapply", "revert"}) {
    SCOPED_TRACE(turn);
    const auto command = osc().Start({turn, id});
    for (int i = 0; i < 3; ++i) {
      writers.WaitForTransactions(10);
      proxy().Cut();
    }
    const testing::Outcome outcome = command->Wait(testing::Osc::kDeadline);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
    ExpectInvariant(id);
  }
  ExpectExactly(writers, "users");
  ExpectTitles("users", 5000);
}

// The operator is told within 15 s, and it goes on when the server is back.
TEST_P(NetworkFaultsTest, AServerThatVanishesIsNoticed) {
  CreateTitledUsers("users", 300);
  testing::Writers writers(server(), database(), "users", 2);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  proxy().BlackHole();
  osc().WaitUntil(
      id, "the silence to be noticed",
      [](const nlohmann::json& now) {
        return now["progress"]["note"].get<std::string>().find("trying again") != std::string::npos;
      },
      seconds(18));
  proxy().End();
  osc().WaitUntil(
      id, "it to go on",
      [](const nlohmann::json& now) {
        return now["stream"]["running"] == true && now["stream"]["lag_ms"] < 1000 &&
               now["progress"]["note"] == "";
      },
      seconds(40));
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  ExpectExactly(writers, "users");
  ExpectTitles("users", 300);
}

// The lock of a swap must not outlive the engine's way to the server: the server ends the session.
TEST_P(NetworkFaultsTest, ALockIsNotLeftBehindWhenTheNetworkIsGone) {
  CreateTitledUsers("users", 300);
  const std::string id =
      osc().Alter("users", "DROP COLUMN title", {"--cutover-lock-timeout", "1s"});
  for (const char* point : {"swap.locked", "swap.rename_proven"}) {
    SCOPED_TRACE(point);
    osc().state().StopEngine();
    const auto file = osc().state().home() / "held";
    testing::Writers writers(server(), database(), "users", 2);
    osc().SetEnvironment("OSC_FAULT_HOLD", std::string(point) + "=" + file.string());
    const bool back = osc().Show(id)["live"] == "new";
    osc().Succeed({back ? "revert" : "reapply", id, "--detach"});
    osc().SetEnvironment("OSC_FAULT_HOLD", "");
    testing::WaitUntil(
        "the lock", [&] { return std::filesystem::exists(file); }, seconds(30));
    proxy().BlackHole();
    std::filesystem::remove(file);
    writers.WaitForTransactions(50);
    proxy().End();
    osc().WaitForState(id, back ? "reverted" : "live");
    ExpectExactly(writers, "users");
    EXPECT_LT(writers.longest_statement(), seconds(7));
    ExpectInvariant(id);
  }
}

// Nor must the rows that a lane has locked: the server ends its session too.
TEST_P(NetworkFaultsTest, RowsAreNotLeftLockedWhenTheNetworkIsGone) {
  CreateTitledUsers("users", 300);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  osc().state().StopEngine();
  const auto file = osc().state().home() / "held";
  osc().SetEnvironment("OSC_FAULT_HOLD", "apply.before_commit=" + file.string());
  StartEngine(id);
  osc().SetEnvironment("OSC_FAULT_HOLD", "");
  Run("UPDATE users SET amount=7 WHERE id=1");
  testing::WaitUntil(
      "the lane", [&] { return std::filesystem::exists(file); }, seconds(30));
  proxy().BlackHole();
  const auto is_locked = [&] {
    try {
      connection().Query("SELECT 1 FROM _osc_" + id + "_users WHERE id=1 FOR UPDATE NOWAIT");
      return false;
    } catch (const Error&) {
      return true;
    }
  };
  EXPECT_TRUE(is_locked());
  testing::WaitUntil(
      "the lock to go", [&] { return !is_locked(); }, seconds(25));
  std::filesystem::remove(file);
  proxy().End();
  osc().WaitUntilCaughtUp(id);
  ExpectInvariant(id);
}

INSTANTIATE_TEST_SUITE_P(Servers, NetworkFaultsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
