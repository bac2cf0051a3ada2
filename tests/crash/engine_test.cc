// Engines that are killed anywhere, and engines that are one too many. F8 and a part of F1 of the
// acceptance list.
#include <random>

#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

class EngineCrashTest : public testing::UsersTest {};

TEST_P(EngineCrashTest, EngineIsKilledWhileCopying) {
  const int rows = 20000;
  CreateTitledUsers("users", rows);
  Writers writers(server(), database(), "users");
  std::mt19937 random(std::random_device{}());
  const std::string id = osc().Alter("users", "DROP COLUMN title",
                                     {"--detach", "--chunk-time", "10ms", "--nice", "3"});
  int kills = 0;
  for (; kills < 8; ++kills) {
    // Somewhere in the next piece of the copy.
    const auto before = osc().Show(id)["progress"]["rows_copied"].get<int64_t>();
    const int64_t more = static_cast<int64_t>(random() % 1500);
    const auto now = osc().WaitUntil(id, "the copy to go on", [&](const nlohmann::json& state) {
      return state["state"] == "live" || state["progress"]["rows_copied"] >= before + more;
    });
    if (now["state"] == "live") break;
    osc().state().KillEngine();
    writers.WaitForTransactions(20);
    StartEngine(id);
  }
  EXPECT_GT(kills, 0);
  osc().WaitForState(id, "live");
  writers.WaitForTransactions(100);
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(connection(), "users"), writers.expected());
  ExpectInvariant(id);
  ExpectTitles("users", rows);
}

TEST_P(EngineCrashTest, EngineIsKilledAfterTheCutover) {
  CreateTitledUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  for (const char* turn : {"revert", "reapply", "revert"}) {
    SCOPED_TRACE(turn);
    writers.WaitForTransactions(150);
    osc().state().KillEngine();
    writers.WaitForTransactions(150);
    osc().Succeed({turn, id});  // starts an engine by itself
    writers.WaitForTransactions(50);
    osc().state().KillEngine();
    StartEngine(id);
    ExpectInvariant(id);
  }
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(connection(), "users"), writers.expected());
  ExpectTitles("users");
}

// Kills it around the swap: whatever it was doing, the application goes on, and so does osc.
TEST_P(EngineCrashTest, EngineIsKilledWhileSwapping) {
  CreateTitledUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  std::mt19937 random(std::random_device{}());
  for (int turn = 1; turn <= 7; ++turn) {
    SCOPED_TRACE("turn " + std::to_string(turn));
    const bool back = turn % 2 == 1;
    const std::string wish = back ? "revert" : "reapply";
    const size_t swaps = osc().Show(id)["swaps"].size();
    // In some turns the swap has not begun yet, in some it is done.
    const auto command = osc().Start({wish, id});
    testing::WaitUntil(
        "the swap to begin or end",
        [&] {
          const nlohmann::json now = osc().Show(id);
          return now["state"] == (back ? "reverting" : "reapplying") || now["swaps"].size() > swaps;
        },
        seconds(30));
    const auto until = std::chrono::steady_clock::now() + milliseconds(random() % 30);
    testing::WaitUntil(
        "a moment", [&] { return std::chrono::steady_clock::now() >= until; }, seconds(1));
    if (osc().state().EnginePid()) osc().state().KillEngine();
    const Outcome outcome = command->Wait(testing::Osc::kDeadline);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
    if (!osc().state().EnginePid())
      StartEngine(id);  // the command may have seen its wish fulfilled
    osc().WaitForState(id, back ? "reverted" : "live");
    writers.WaitForTransactions(100);
    ExpectInvariant(id);
  }
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(connection(), "users"), writers.expected());
  ExpectTitles("users");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("_osc_" + id + "_users", "_oscck_" + id,
                                               "_osccp_" + id, "users"));
}

// A TRUNCATE gives the off-stage table another identity, by which a swap's outcome is told.
TEST_P(EngineCrashTest, TruncateHidesNoOutcomeOfASwap) {
  CreateTitledUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const std::string off_stage = "`_osc_" + id + "_users`";
  DieAt("swing.intent_recorded", {"revert", id});
  Run("TRUNCATE TABLE users");
  // As the stream does it, had it lived a little longer.
  Run("SET SESSION sql_log_bin=0");
  Run("TRUNCATE TABLE " + off_stage);
  Run("SET SESSION sql_log_bin=1");
  Run("INSERT INTO users (id, token, email, amount) VALUES (1, 1, 'a', 1)");
  StartEngine(id);
  osc().WaitForState(id, "reverted", seconds(30));  // by another attempt
  EXPECT_EQ(osc().Show(id)["swaps"].size(), 2U);
  ExpectInvariant(id);

  DieAt("swing.swapped", {"reapply", id});
  Run("TRUNCATE TABLE users");
  Run("INSERT INTO users (id, token, email, amount) VALUES (2, 2, 'b', 2)");
  StartEngine(id);
  osc().WaitForState(id, "live", seconds(30));
  EXPECT_EQ(osc().Show(id)["swaps"].size(), 3U);
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT CONCAT(COUNT(*), ' ', MAX(token)) FROM users"), "1 2");
}

// F8
TEST_P(EngineCrashTest, SecondEngineOnAStateDirectoryIsRefused) {
  CreateTitledUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const auto engine = osc().state().EnginePid();
  ASSERT_TRUE(engine);
  const Outcome second = osc().Run({"serve"});
  EXPECT_EQ(second.exit_code, 3) << second.Describe();
  EXPECT_THAT(second.err, HasSubstr(std::to_string(*engine)));
  EXPECT_THAT(second.err, HasSubstr(osc().state().path().string()));
  const Outcome foreground =
      osc().Run({"alter", "--table", "users", "--alter", "ADD COLUMN x INT", "--foreground"});
  EXPECT_EQ(foreground.exit_code, 3) << foreground.Describe();
  EXPECT_EQ(osc().state().EnginePid(), engine);
  osc().Succeed({"revert", id});
}

TEST_P(EngineCrashTest, SecondStateDirectoryOnATableIsRefused) {
  CreateTitledUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  testing::Osc other(server(), database());
  const auto expect_refused = [&] {
    const Outcome outcome = other.Run({"alter", "--table", "users", "--alter", "ADD COLUMN x INT"});
    EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
    EXPECT_THAT(outcome.err, HasSubstr(id));
    EXPECT_THAT(outcome.err, HasSubstr("hint: "));
    EXPECT_EQ(other.List().size(), 0U);
  };
  expect_refused();
  osc().Succeed({"cutover", id});
  expect_refused();
  osc().Succeed({"complete", id});
  other.Alter("users", "ADD COLUMN x INT");
}

// As a machine restored from a snapshot, beside the one that runs.
TEST_P(EngineCrashTest, CopiedStateDirectoryHasToWait) {
  CreateTitledUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  testing::Osc copy(server(), database());
  std::filesystem::create_directory(copy.state().path());
  for (const char* suffix : {"", "-wal"}) {
    const std::string file = std::string("osc.sqlite") + suffix;
    if (!std::filesystem::exists(osc().state().path() / file)) continue;
    std::filesystem::copy(osc().state().path() / file, copy.state().path() / file);
  }
  const auto intruder = copy.Start({"serve"});
  copy.WaitUntil(id, "it to wait for the other engine", [](const nlohmann::json& show) {
    return show.dump().find("another engine is working on") != std::string::npos;
  });
  Run("INSERT INTO users (token, email, amount) VALUES (777, 'late@x', 1)");
  osc().WaitUntilCaughtUp(id);
  EXPECT_FALSE(osc().Show(id).contains("error") && !osc().Show(id)["error"].is_null());

  osc().state().KillEngine();
  copy.WaitUntil(id, "it to take over",
                 [](const nlohmann::json& show) { return show["stream"]["running"] == true; });
  copy.Succeed({"revert", id});
  EXPECT_EQ(connection().QueryValue("SELECT COUNT(*) FROM users"), "11");
  copy.state().StopEngine();
}

INSTANTIATE_TEST_SUITE_P(Servers, EngineCrashTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
