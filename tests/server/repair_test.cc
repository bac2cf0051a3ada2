// `osc verify --repair`: what is wrong off stage is written anew from the live table, while that is
// written, and nothing else is touched.
#include <thread>

#include "tests/support/verify_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;
using testing::Writers;

class RepairTest : public testing::VerifyTest {};

TEST_P(RepairTest, MendsEveryKindUnderLoadInEitherDirection) {
  CreateTitledUsers("users");
  Run("INSERT INTO users (id, token, email, title) VALUES (-9000001, -1, 'a', 'kept'), "
      "(-9000002, -2, 'b', 'lost'), (-9000003, -3, 'c', 'kept')");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  Writers writers(server(), database(), "users", 2);
  for (const char* back : {"revert", "reapply", ""}) {
    Corrupt(id, "UPDATE OFF SET amount=amount+3, token=5 WHERE id=-9000001");
    Corrupt(id, "DELETE FROM OFF WHERE id=-9000002");
    Corrupt(id, "INSERT INTO OFF (id, token, email) VALUES (-9000009, -9, 'nobody')");
    Verify(id, 5);
    nlohmann::json verify = Verify(id, 0, {"--repair"});
    EXPECT_EQ(verify["state"], "passed") << verify;
    EXPECT_EQ(verify["repaired"], 3) << verify;
    EXPECT_EQ(verify["differences"], 0) << verify;
    EXPECT_EQ(verify["rows_compared"], verify["matching"]) << verify;
    EXPECT_EQ(verify["rows"].size(), 4U) << verify;  // two columns of one row
    for (const auto& row : verify["rows"]) EXPECT_TRUE(row["repaired"]) << row;
    EXPECT_EQ(Verify(id, 0)["repaired"], 0);
    // The stream finds them as it expects them.
    Run("UPDATE users SET amount=amount+1 WHERE id IN (-9000001,-9000002)");
    Run("UPDATE users SET amount=amount-1 WHERE id IN (-9000001,-9000002)");
    osc().WaitUntilCaughtUp(id);
    if (*back != '\0') osc().Succeed({back, id});
  }
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(title ORDER BY id DESC) FROM users WHERE id<-9000000"),
            "kept,none,kept");
  const auto history = osc().Show(id).dump();
  EXPECT_THAT(history, HasSubstr("3 rows repaired"));
  EXPECT_THAT(history, HasSubstr("repairs off stage: id=-9000002, missing off stage"));
  writers.Stop();
  ExpectInvariant(id);
}

// A row that is written all the time is not set back, and nobody who writes it sees an error.
TEST_P(RepairTest, SetsNoRowBackThatTheStreamIsBringing) {
  Run("CREATE TABLE hot (id INT PRIMARY KEY, n BIGINT NOT NULL, v INT NOT NULL, gone INT)");
  Run("INSERT INTO hot VALUES (1,0,5,0),(2,0,5,0)");
  const std::string id = osc().Alter("hot", "DROP COLUMN gone");
  std::jthread counter([&](std::stop_token stop) {
    mysql::Connection own = server().Connect(database());
    while (!stop.stop_requested()) own.Execute("UPDATE hot SET n=n+1 WHERE id=1");
  });
  for (int round = 0; round < 3; ++round) {
    Corrupt(id, "UPDATE OFF SET v=77");
    const nlohmann::json verify = Verify(id, 0, {"--repair"});
    EXPECT_EQ(verify["repaired"], 2) << verify;
  }
  counter.request_stop();
  counter.join();
  osc().WaitUntilCaughtUp(id);
  EXPECT_EQ(Verify(id, 0)["matching"], 2);
  EXPECT_EQ(Value("SELECT v FROM hot WHERE id=1"), "5");
}

// Of a row that differs only what differs is written: the old table's finer values stay.
TEST_P(RepairTest, KeepsWhatOnlyTheOffStageTableKnows) {
  Run("CREATE TABLE things (id INT PRIMARY KEY, at DATETIME(6), n INT, kept VARCHAR(9), "
      "changed TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP, "
      "seen TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP)");
  Run("INSERT INTO things (id, at, n, kept) VALUES (1,'2024-01-01 00:00:00.123456',1,'one')");
  const std::string id =
      osc().Alter("things", "MODIFY at DATETIME, DROP COLUMN kept, DROP COLUMN changed");
  Corrupt(id, "UPDATE OFF SET n=2, changed='2020-01-01 00:00:00', seen=seen WHERE id=1");
  EXPECT_EQ(Verify(id, 0, {"--repair"})["repaired"], 1);
  EXPECT_EQ(Value("SELECT seen FROM things"), "2020-01-01 00:00:00");  // the live row
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT CONCAT_WS(' ', at, n, kept, changed, seen) FROM things"),
            "2024-01-01 00:00:00.123456 1 one 2020-01-01 00:00:00 2020-01-01 00:00:00");
}

// What cannot be repaired stays a difference, with the reason; before the cutover too.
TEST_P(RepairTest, TellsWhatItCannotMend) {
  CreateTitledUsers("users");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  Corrupt(id, "UPDATE OFF SET email='somebody' WHERE id=5");
  Corrupt(id, "UPDATE OFF SET email='first5@example.com' WHERE id=6");
  Corrupt(id, "UPDATE OFF SET email='first6@example.com' WHERE id=5");
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=7");
  const nlohmann::json verify = Verify(id, 5, {"--repair"});
  EXPECT_EQ(verify["repaired"], 1) << verify;
  EXPECT_EQ(verify["different"], 2) << verify;
  EXPECT_THAT(verify["note"], HasSubstr("not repaired: id=5: ")) << verify;
  ExpectRefused({"cutover", id}, "2 rows that differ");
  Corrupt(id, "DELETE FROM OFF WHERE id=6");
  EXPECT_EQ(Verify(id, 0, {"--repair", "--since-last"})["repaired"], 2);
  osc().Succeed({"cutover", id});
  ExpectInvariant(id);
}

// A row that waits in the quarantine is the stream's to bring back, with what it had.
TEST_P(RepairTest, LeavesTheQuarantineAlone) {
  CreateTitledUsers("users", 100);
  const std::string id = osc().Alter("users", "DROP COLUMN title, DROP KEY email");
  Run("UPDATE users SET email='same' WHERE id IN (10, 20)");
  osc().WaitUntilCaughtUp(id);
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=30");
  const nlohmann::json verify = Verify(id, 0, {"--repair"});
  EXPECT_EQ(verify["repaired"], 1) << verify;
  EXPECT_EQ(verify["quarantined"], 1) << verify;
  Run("UPDATE users SET email='other' WHERE id=10");
  osc().Succeed({"revert", id});
  ExpectTitles("users", 100);
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(email ORDER BY id) FROM users WHERE id IN (10,20)"),
            "other,same");
}

// Nobody has to write another row for it.
TEST_P(RepairTest, LetsTheQuarantineGoWhenItMakesWay) {
  CreateTitledUsers("users", 100);
  const std::string id = osc().Alter("users", "DROP COLUMN title, DROP KEY email");
  Corrupt(id, "INSERT INTO OFF (id, token, email) VALUES (500, 500, 'taken')");
  Run("UPDATE users SET email='taken' WHERE id=10");
  WaitForReadiness(id, "blocked");
  EXPECT_EQ(Verify(id, 0, {"--repair"})["repaired"], 1);
  WaitForReadiness(id, "ready");
  osc().Succeed({"revert", id});
  ExpectTitles("users", 100);
}

// What is written is on record before, so that nobody has to wonder after a crash.
TEST_P(RepairTest, RecordsWhatItWritesBefore) {
  CreateTitledUsers("users", 100);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  int row = 10;
  for (const char* point : {"verify.before_repair", "verify.repair_recorded", "verify.repaired"}) {
    SCOPED_TRACE(point);
    const std::string at = std::to_string(++row);
    const std::string record = "repairs off stage: id=" + at + ", amount: live ";
    Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=" + at);
    osc().state().StopEngine();
    osc().SetEnvironment("OSC_FAULT", point);
    StartEngine(id);
    osc().SetEnvironment("OSC_FAULT", "");
    osc().Run({"verify", id, "--repair", "--detach", "--no-autostart"});
    testing::WaitUntil(
        "the engine to die", [&] { return !osc().state().EnginePid(); }, std::chrono::seconds(20));
    const bool is_recorded = osc().Show(id)["history"].dump().find(record) != std::string::npos;
    EXPECT_EQ(is_recorded, point != std::string("verify.before_repair"));
    StartEngine(id);
    osc().WaitUntil(id, "the verdict",
                    [](const nlohmann::json& now) { return now["verify"]["state"] == "passed"; });
    EXPECT_THAT(osc().Show(id)["history"].dump(), HasSubstr(record));
    EXPECT_EQ(Verify(id, 0)["repaired"], 0);
  }
  ExpectInvariant(id);
}

INSTANTIATE_TEST_SUITE_P(All, RepairTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
