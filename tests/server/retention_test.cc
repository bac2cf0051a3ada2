// How a revert window ends: at its deadline, and with tables that others still use. R6 of the
// acceptance list.
#include "src/base/duration.h"
#include "tests/support/private_server.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;

class RetentionTest : public testing::UsersTest {
 protected:
  // A session that reads a table in a transaction, as a report would, and keeps it from being
  // dropped.
  mysql::Connection Hold(const std::string& table) {
    mysql::Connection holder = server().Connect(database());
    holder.Execute("START TRANSACTION");
    holder.Execute("SELECT COUNT(*) FROM " + mysql::QuoteIdentifier(table));
    return holder;
  }

  nlohmann::json WaitForNote(const std::string& id, const std::string& part) {
    return osc().WaitUntil(id, "the note '" + part + "'", [&](const nlohmann::json& now) {
      return now["progress"]["note"].get<std::string>().find(part) != std::string::npos;
    });
  }
};

TEST_P(RetentionTest, DropGivesWayToThoseWhoUseTheTable) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--retention", "3s"});
  const std::string off_stage = osc().Show(id)["off_stage_table"];
  mysql::Connection holder = Hold(off_stage);
  const nlohmann::json waiting = WaitForNote(id, "attempt 1 to drop");
  EXPECT_EQ(waiting["state"], "completing");
  EXPECT_EQ(waiting["revert"]["readiness"], "expired");
  EXPECT_EQ(waiting["stream"]["running"], false);
  EXPECT_THAT(waiting["progress"]["note"].get<std::string>(), HasSubstr(off_stage));
  ExpectRefused({"revert", id}, "window has ended");
  ExpectRefused({"complete", id, "--keep-table"}, "cannot be kept");
  ExpectRefused({"alter", "--table", "users", "--alter", "ADD COLUMN x INT"}, "completing");
  // Whoever comes behind a waiting DROP waits with it, but not for long.
  mysql::Connection reader = server().Connect(database());
  milliseconds longest{0};
  testing::WaitUntil(
      "a third attempt",
      [&] {
        const auto asked = std::chrono::steady_clock::now();
        reader.Execute("SELECT COUNT(*) FROM " + mysql::QuoteIdentifier(off_stage));
        longest = std::max(longest, std::chrono::duration_cast<milliseconds>(
                                        std::chrono::steady_clock::now() - asked));
        return osc().Show(id)["progress"]["note"].get<std::string>().find("attempt 3") !=
               std::string::npos;
      },
      seconds(60));
  EXPECT_LT(longest, milliseconds(3000));
  const auto complete = osc().Start({"complete", id});
  holder.Execute("COMMIT");
  EXPECT_EQ(complete->Wait(seconds(60)).exit_code, 0);
  const nlohmann::json over = osc().Show(id);
  EXPECT_EQ(over["state"], "completed");
  EXPECT_EQ(over["revert"]["readiness"], "expired");
  EXPECT_EQ(over["progress"]["note"], "");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

TEST_P(RetentionTest, CancelGivesWayToThoseWhoUseTheTable) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  mysql::Connection holder = Hold(osc().Show(id)["off_stage_table"]);
  const auto cancel = osc().Start({"cancel", id});
  EXPECT_EQ(WaitForNote(id, "attempt 1 to drop")["state"], "cancelling");
  ExpectRefused({"cutover", id}, "it has been cancelled");
  holder.Execute("COMMIT");
  const Outcome outcome = cancel->Wait(seconds(30));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
  EXPECT_EQ(osc().Show(id)["state"], "cancelled");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

TEST_P(RetentionTest, DropGoesOnAfterACrash) {
  CreateUsers("users", "title VARCHAR(40)");
  for (const char* point : {"end.begun", "drop.off_stage_dropped", "complete.dropped"}) {
    SCOPED_TRACE(point);
    const std::string id = osc().Alter("users", "ADD COLUMN more INT");
    DieAt(point, {"complete", id});
    EXPECT_EQ(osc().Show(id)["state"], "completing");
    ExpectRefused({"revert", id}, "window has ended");
    const Outcome again = osc().Run({"complete", id});
    EXPECT_EQ(again.exit_code, 0) << again.Describe();
    EXPECT_EQ(osc().Show(id)["state"], "completed");
    EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
    Run("ALTER TABLE users DROP COLUMN more");
  }
}

TEST_P(RetentionTest, DeadlineMovesAndIsShown) {
  CreateUsers("users", "title VARCHAR(40)");
  osc().SetEnvironment("OSC_RETENTION", "36h");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const nlohmann::json live = osc().Show(id);
  EXPECT_EQ(live["settings"]["retention"], "36h");
  const auto swapped = base::ParseTime(live["swaps"][0]["at"].get<std::string>());
  const auto deadline = [&] {
    return base::ParseTime(osc().Show(id)["revert"]["expires_at"].get<std::string>());
  };
  EXPECT_LT(deadline() - swapped - std::chrono::hours(36), seconds(1));
  EXPECT_EQ(live["warnings"], nlohmann::json::array());
  osc().Succeed({"set", id, "retention=48h"});
  EXPECT_EQ(deadline(), swapped + std::chrono::hours(48));
  const std::string day = base::FormatTime(deadline()).substr(0, 10);
  EXPECT_THAT(osc().Run({"list"}).out, HasSubstr(day));
  EXPECT_THAT(osc().Run({"show", id}).out, HasSubstr(day));

  // One that has passed would cost the way back: nothing changes.
  testing::WaitUntil(
      "a moment after the swap",
      [&] { return std::chrono::system_clock::now() > swapped + seconds(1); }, seconds(5));
  ExpectRefused({"set", id, "retention=1s", "max-lag=9s"}, "counted from the last swap");
  EXPECT_EQ(osc().Show(id)["settings"]["max-lag"], "1500ms");
  EXPECT_EQ(deadline(), swapped + std::chrono::hours(48));
}

// An engine whose clock has jumped ahead must not drop the way back.
TEST_P(RetentionTest, AClockThatWentWrongDoesNotEndTheWindow) {
  CreateTitledUsers("users", 100);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  osc().state().StopEngine();
  osc().SetEnvironment("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1");
  osc().SetEnvironment("FAKETIME", "+3d");
  osc().SetEnvironment("FAKETIME_DONT_FAKE_MONOTONIC", "1");
  auto engine = osc().Start({"serve"});
  osc().SetEnvironment("LD_PRELOAD", "");
  osc().WaitUntil(
      id, "the clocks to be told of",
      [](const nlohmann::json& now) {
        return now["history"].dump().find("but not by the server's") != std::string::npos;
      },
      seconds(30));
  EXPECT_EQ(osc().Show(id)["state"], "live");
  engine->Signal(SIGTERM);
  EXPECT_EQ(engine->Wait(seconds(20)).exit_code, 0);
  osc().Succeed({"revert", id, "--wait"});
  ExpectTitles("users", 100);
}

TEST_P(RetentionTest, LastTenthOfTheWindowIsToldEverywhere) {
  CreateUsers("users", "title VARCHAR(40)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--retention", "30s"});
  const nlohmann::json warned = osc().WaitUntil(
      id, "a warning", [](const nlohmann::json& now) { return !now["warnings"].empty(); });
  EXPECT_EQ(warned["state"], "live");
  EXPECT_EQ(warned["warnings"][0]["kind"], "window_ends_soon");
  const std::string command = "`osc revert " + id + "`";
  EXPECT_THAT(warned["warnings"][0]["detail"].get<std::string>(), HasSubstr(command));
  EXPECT_THAT(osc().Run({"list"}).out, HasSubstr(command));
  EXPECT_THAT(osc().Run({"show", id}).out, HasSubstr(command));
  osc().WaitUntil(id, "the warning in the history", [&](const nlohmann::json& now) {
    return now["history"].back()["text"].get<std::string>().find(command) != std::string::npos;
  });
  EXPECT_THAT(osc().state().LogTail(), HasSubstr(command));
  osc().Succeed({"set", id, "retention=1h"});
  EXPECT_EQ(osc().Show(id)["warnings"], nlohmann::json::array());
}

// A stream that stands still needs binary logs that the server will purge.
TEST_P(RetentionTest, BinaryLogsThatMayBePurgedAreToldInTime) {
  const testing::PrivateServer own(server(), {"--binlog-expire-logs-seconds=20"});
  own.server().Connect().Execute("CREATE DATABASE app");
  mysql::Connection writer = own.server().Connect("app");
  writer.Execute("CREATE TABLE t (id INT PRIMARY KEY, n INT)");
  testing::Osc osc(own.server(), "app");
  const testing::Outcome doctor = osc.Run({"doctor"});
  EXPECT_THAT(doctor.out, HasSubstr("purged after 20s"));
  const testing::Outcome plan = osc.Run({"plan", "--table", "t", "--alter", "ADD COLUMN m INT"});
  EXPECT_THAT(plan.out, HasSubstr("purged after 20s"));
  const std::string id = osc.Alter("t", "ADD COLUMN m INT");
  osc.WaitUntil(id, "the server's settings to be read",
                [&](const nlohmann::json& now) { return now["stream"]["running"] == true; });
  osc.WaitUntilCaughtUp(id);
  EXPECT_EQ(osc.Show(id)["warnings"], nlohmann::json::array());
  osc.state().StopEngine();
  const nlohmann::json warned =
      osc.WaitUntil(id, "a warning, although no engine runs",
                    [](const nlohmann::json& now) { return !now["warnings"].empty(); });
  EXPECT_EQ(warned["warnings"][0]["kind"], "binlog_expiry");
  EXPECT_EQ(warned["engine_running"], false);
  EXPECT_THAT(osc.Run({"list"}).out, HasSubstr("keeps them for 20s"));
  // An engine lets it catch up.
  const auto watch = osc.Start({"watch", id});
  osc.WaitUntil(id, "the warning to go",
                [](const nlohmann::json& now) { return now["warnings"].empty(); });
  osc.Succeed({"revert", id});
}

INSTANTIATE_TEST_SUITE_P(Servers, RetentionTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
