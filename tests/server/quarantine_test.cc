// Rows that the application writes after a cutover and that have no place in the old table: they
// never stop the stream, withdraw the promise of a revert, and give it back when they are mended.
// R10 and R12 of the acceptance list.
#include <fstream>

#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

class QuarantineTest : public testing::UsersTest {
 protected:
  // Polls faster than the promised second.
  nlohmann::json WaitForReadiness(const std::string& id, const std::string& readiness,
                                  seconds deadline = seconds(5)) {
    nlohmann::json shown;
    testing::WaitUntil(
        "readiness " + readiness,
        [&] {
          shown = osc().Show(id);
          return shown["revert"]["readiness"] == readiness;
        },
        deadline);
    EXPECT_EQ(shown["revert"]["readiness"], readiness) << shown.dump(1);
    return shown;
  }
};

// One migration and the write that does not fit the old definition; `mend` makes it fit again.
struct UnfitCase {
  std::string name;
  std::string columns;  // of the old table, besides id
  std::string alter;
  std::string write;
  std::string mend;
  std::string column;  // that is named
  std::string reason;  // a part of it
};

TEST_P(QuarantineTest, RowThatDoesNotFitBlocksTheRevertUntilItIsMended) {
  const std::vector<UnfitCase> cases{
      {"null", "a VARCHAR(20) NOT NULL", "MODIFY a VARCHAR(20) NULL",
       "UPDATE t SET a=NULL WHERE id=2", "UPDATE t SET a='back' WHERE id=2", "a", "cannot be null"},
      {"longer", "a VARCHAR(5) NOT NULL", "MODIFY a VARCHAR(50) NOT NULL",
       "INSERT INTO t (id, a) VALUES (10, 'much too long')", "DELETE FROM t WHERE id=10", "a",
       "too long"},
      {"larger", "a TINYINT NOT NULL", "MODIFY a INT NOT NULL", "UPDATE t SET a=300 WHERE id=1",
       "UPDATE t SET a=30, id=11 WHERE id=1", "a", "Out of range"},
      {"member", "a ENUM('1','2','3') NOT NULL", "MODIFY a ENUM('1','2','3','x') NOT NULL",
       "INSERT INTO t (id, a) VALUES (10, 'x')", "UPDATE t SET a='3' WHERE id=10", "a",
       "truncated"},
      {"duplicate", "a INT NOT NULL, UNIQUE KEY by_a (a)", "DROP KEY by_a",
       "INSERT INTO t (id, a) VALUES (10, 2)", "UPDATE t SET a=20 WHERE id=2", "", "by_a"},
      {"charset", "a VARCHAR(20) CHARACTER SET latin1 NOT NULL",
       "MODIFY a VARCHAR(20) CHARACTER SET utf8mb4 NOT NULL",
       "UPDATE t SET a=_utf8mb4 x'E6BCA2' WHERE id=3", "UPDATE t SET a='plain' WHERE id=3", "a",
       "Incorrect string value"},
  };
  for (const UnfitCase& now : cases) {
    SCOPED_TRACE(now.name);
    Run("DROP TABLE IF EXISTS t");
    Run("CREATE TABLE t (id INT PRIMARY KEY, " + now.columns + ", kept INT NOT NULL DEFAULT 7)");
    Run("INSERT INTO t (id, a, kept) VALUES (1, '1', 101), (2, '2', 102), (3, '3', 103)");
    const std::string id = osc().Alter("t", now.alter + ", DROP COLUMN kept");
    WaitForReadiness(id, "ready");
    Run(now.write);
    const nlohmann::json blocked = WaitForReadiness(id, "blocked");
    ASSERT_EQ(blocked["revert"]["reasons"].size(), 1U) << blocked["revert"].dump(1);
    EXPECT_EQ(blocked["revert"]["reasons"][0]["column"], now.column);
    EXPECT_EQ(blocked["revert"]["reasons"][0]["rows"], 1);
    const nlohmann::json& row = blocked["revert"]["rows"][0];
    EXPECT_THAT(row["key"].get<std::string>(), HasSubstr("id="));
    EXPECT_THAT(row["reason"].get<std::string>(), HasSubstr(now.reason)) << row.dump();
    EXPECT_NE(row["transaction"], "");
    // Other rows go on.
    Run("UPDATE t SET id=20 WHERE id=" + std::string(now.name == "charset" ? "2" : "3"));
    const Outcome refused = osc().Run({"revert", id});
    EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
    EXPECT_THAT(refused.err, HasSubstr(row["key"].get<std::string>()));
    EXPECT_THAT(refused.err, HasSubstr("hint: "));
    Run(now.mend);
    WaitForReadiness(id, "ready");
    osc().Succeed({"revert", id});
    // Rows that lived on have their own values of the dropped column, also the one that was away.
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE kept<>7 AND kept<>100+"
                    "CASE id WHEN 11 THEN 1 WHEN 20 THEN IF(kept=103, 3, 2) ELSE id END"),
              "0");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE kept=7"),
              Value("SELECT COUNT(*) FROM t WHERE id=10"));
    osc().Succeed({"complete", id});
  }
}

// The stream hangs behind a row lock that somebody has on the off-stage table.
TEST_P(QuarantineTest, RevertWaitsForAStreamBehindAsLongAsItIsTold) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  Run("INSERT INTO t VALUES (1, 1)");
  const std::string id = osc().Alter("t", "ADD b INT");
  mysql::Connection holder = server().Connect(database());
  holder.Execute("BEGIN");
  holder.Execute("SELECT * FROM _osc_" + id + "_t FOR UPDATE");
  Run("UPDATE t SET a=2");
  testing::WaitUntil(
      "the stream to be behind",
      [&] { return osc().Show(id)["stream"]["lag_ms"].get<int64_t>() > 700; }, seconds(20));
  const Outcome refused = osc().Run({"revert", id, "--max-drain", "1200ms"});
  EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
  EXPECT_THAT(refused.err, HasSubstr("behind and does not catch up"));
  EXPECT_THAT(refused.err, HasSubstr("--wait"));
  EXPECT_EQ(osc().Show(id)["state"], "live");
  const auto waiting = osc().Start({"revert", id, "--wait"});
  osc().WaitUntil(id, "it to wait", [](const nlohmann::json& now) {
    return now["progress"]["note"].get<std::string>().find("behind") != std::string::npos;
  });
  holder.Execute("ROLLBACK");
  EXPECT_EQ(waiting->Wait(seconds(60)).exit_code, 0);
  EXPECT_EQ(Value("SELECT a FROM t"), "2");
}

// R13: what a revert would make up is counted, row by row.
TEST_P(QuarantineTest, RowsWithoutTheDroppedValueMakeTheRevertLossy) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, must VARCHAR(20) NOT NULL)");
  Run("INSERT INTO t VALUES (1, 1, 'one'), (2, 2, 'two')");
  const std::string id = osc().Alter("t", "DROP COLUMN must");
  Run("UPDATE t SET a=20 WHERE id=2");
  osc().WaitUntilCaughtUp(id);
  WaitForReadiness(id, "ready");
  const auto wait_for_rows = [&](int rows) {
    nlohmann::json revert;
    testing::WaitUntil(
        std::to_string(rows) + " rows",
        [&] {
          revert = osc().Show(id)["revert"];
          return revert["readiness"] == "lossy" && revert["reasons"][0]["rows"] == rows;
        },
        seconds(5));
    EXPECT_EQ(revert["reasons"][0]["column"], "must");
    EXPECT_EQ(revert["rows"].size(), static_cast<size_t>(rows)) << revert.dump(1);
    return revert;
  };
  Run("INSERT INTO t VALUES (10, 1), (11, 1)");
  wait_for_rows(2);
  Run("UPDATE t SET id=12 WHERE id=11");
  Run("DELETE FROM t WHERE id=10");
  EXPECT_EQ(wait_for_rows(1)["rows"][0]["key"], "id=12");
  Run("DELETE FROM t WHERE id=12");
  WaitForReadiness(id, "ready");
  Run("INSERT INTO t VALUES (20, 1)");
  wait_for_rows(1);
  osc().state().KillEngine();
  Run("INSERT INTO t VALUES (21, 1)");
  StartEngine(id);
  wait_for_rows(2);
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, must) ORDER BY id) FROM t"),
            "1/one,2/two,20/,21/");
  WaitForReadiness(id, "ready");
  osc().Succeed({"complete", id});

  // Nothing is made up where somebody has said what it is to be.
  const std::string chosen =
      osc().Alter("t", "DROP COLUMN must", {"--revert-default", "must='chosen'"});
  Run("INSERT INTO t VALUES (30, 1)");
  osc().WaitUntilCaughtUp(chosen);
  EXPECT_EQ(osc().Show(chosen)["revert"]["readiness"], "ready");
  osc().Succeed({"revert", chosen});
  EXPECT_EQ(Value("SELECT must FROM t WHERE id=30"), "chosen");
}

// R10: what only the old table's unique key forbids, and only on the way.
TEST_P(QuarantineTest, ValuesExchangedWithinATransactionAreNoDuplicates) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, UNIQUE KEY by_a (a), kept INT)");
  for (int i = 1; i <= 40; ++i) {
    const std::string n = std::to_string(i);
    Run("INSERT INTO t VALUES (" + n + "," + n + "," + n + ")");
  }
  const std::string id = osc().Alter("t", "DROP KEY by_a, DROP COLUMN kept");
  Run("BEGIN");
  Run("UPDATE t SET a=2 WHERE id=1");
  Run("UPDATE t SET a=1 WHERE id=2");
  Run("COMMIT");
  Run("UPDATE t SET a=IF(a=40, 3, a+1) WHERE id>=3");  // a chain through all others
  Run("BEGIN");
  Run("DELETE FROM t WHERE id=1");
  Run("INSERT INTO t (id, a) VALUES (50, 2)");
  Run("COMMIT");
  osc().WaitUntilCaughtUp(id);
  EXPECT_EQ(osc().Show(id)["revert"]["readiness"], "ready") << osc().Show(id)["revert"].dump(1);
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE id<50 AND kept=id AND "
                  "a=CASE WHEN id=2 THEN 1 WHEN id=40 THEN 3 ELSE id+1 END"),
            "39");
  EXPECT_EQ(Value("SELECT kept FROM t WHERE id=50"), "NULL");
}

// Whoever stands in the way makes way later, in a transaction of its own.
TEST_P(QuarantineTest, DuplicateIsReleasedWhenTheOtherRowGoes) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, UNIQUE KEY by_a (a), kept INT)");
  Run("INSERT INTO t VALUES (1, 1, 11), (2, 2, 12), (3, 3, 13)");
  const std::string id = osc().Alter("t", "DROP KEY by_a, DROP COLUMN kept");
  Run("UPDATE t SET a=1 WHERE id=2");
  Run("INSERT INTO t (id, a) VALUES (4, 3)");
  nlohmann::json blocked = WaitForReadiness(id, "blocked");
  osc().WaitUntilCaughtUp(id);
  testing::WaitUntil(
      "both rows", [&] { return osc().Show(id)["revert"]["rows"].size() == 2; }, seconds(5));
  Run("DELETE FROM t WHERE id=1");
  testing::WaitUntil(
      "one row", [&] { return osc().Show(id)["revert"]["rows"].size() == 1; }, seconds(5));
  Run("UPDATE t SET a=30 WHERE id=3");
  WaitForReadiness(id, "ready");
  osc().Succeed({"revert", id});
  EXPECT_EQ(
      Value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, a, IFNULL(kept, '-')) ORDER BY id) FROM t"),
      "2/1/12,3/30/13,4/3/-");
}

TEST_P(QuarantineTest, TruncateClearsIt) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a TINYINT NOT NULL)");
  Run("INSERT INTO t VALUES (1, 1)");
  const std::string id = osc().Alter("t", "MODIFY a INT NOT NULL");
  Run("UPDATE t SET a=1000");
  WaitForReadiness(id, "blocked");
  Run("TRUNCATE TABLE t");
  Run("INSERT INTO t VALUES (1, 2)");
  WaitForReadiness(id, "ready");
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT a FROM t"), "2");
}

// The same the other way: after a revert, rows that the new definition does not take.
TEST_P(QuarantineTest, ReapplyIsBlockedToo) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL)");
  Run("INSERT INTO t VALUES (1, 1)");
  const std::string id = osc().Alter("t", "MODIFY a TINYINT NOT NULL, ADD b INT DEFAULT 5");
  Run("UPDATE t SET b=50");
  osc().Succeed({"revert", id});
  Run("UPDATE t SET a=1000");
  WaitForReadiness(id, "blocked");
  const Outcome refused = osc().Run({"reapply", id});
  EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
  Run("UPDATE t SET a=100");
  osc().Succeed({"reapply", id});
  EXPECT_EQ(Value("SELECT CONCAT(a, ' ', b) FROM t"), "100 50");
}

// Under writers, with kills: each row is in one place, and what is mended comes back whole.
TEST_P(QuarantineTest, KilledEngineLosesNoRowOfIt) {
  CreateTitledUsers("users");
  Run("ALTER TABLE users ADD COLUMN note VARCHAR(10) NOT NULL DEFAULT ''");
  Writers writers(server(), database(), "users");
  const std::string id =
      osc().Alter("users", "DROP COLUMN title, MODIFY note VARCHAR(100) NOT NULL DEFAULT ''");
  for (int round = 0; round < 4; ++round) {
    Run("UPDATE users SET note=REPEAT('x', 50) WHERE id BETWEEN 1 AND 200 AND id%4=" +
        std::to_string(round));
    osc().state().KillEngine();
    writers.WaitForTransactions(20);
    StartEngine(id);
    Run("UPDATE users SET note='short' WHERE id BETWEEN 1 AND 200 AND id%4<" +
        std::to_string(round));
  }
  const Outcome refused = osc().Run({"revert", id});
  EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
  Run("UPDATE users SET note='mended' WHERE id<=200");
  osc().Succeed({"revert", id});
  writers.WaitForTransactions(50);
  ExpectInvariant(id, {"token", "email", "amount", "note"});
  ExpectExactly(writers, "users");
  ExpectTitles("users");
}

std::vector<nlohmann::json> ReadLines(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// What has no place is changed or left out, written down first, and gone from both tables then.
TEST_P(QuarantineTest, AcceptedLossIsReportedAndBothTablesAgree) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(5) NOT NULL, u INT, kept INT, "
      "UNIQUE KEY by_u (u))");
  Run("INSERT INTO t VALUES (1, 'one', 1, 11), (2, 'two', 2, 12), (3, 'three', 3, 13)");
  const std::string id = osc().Alter(
      "t", "MODIFY a VARCHAR(50) NULL, DROP KEY by_u, DROP COLUMN kept, ADD more INT DEFAULT 5");
  Run("UPDATE t SET a='much too long', more=6 WHERE id=2");
  Run("UPDATE t SET u=1 WHERE id=3");
  Run("INSERT INTO t (id, a, u) VALUES (4, NULL, 4), (5, 'five', 5)");
  const nlohmann::json blocked = WaitForReadiness(id, "blocked");
  osc().WaitUntilCaughtUp(id);
  const auto file = osc().state().path() / "lost.jsonl";

  // Dies with the loss accepted and the tables not swapped: nothing has happened.
  osc().state().StopEngine();
  osc().SetEnvironment("OSC_FAULT", "swap.loss_accepted");
  const auto engine = osc().Start({"serve"});
  testing::WaitUntil(
      "the engine", [&] { return osc().state().EnginePid().has_value(); }, seconds(20));
  const auto command =
      osc().Start({"revert", id, "--accept-loss", "--report", file.string(), "--no-autostart"});
  EXPECT_EQ(engine->Wait(seconds(60)).exit_code, 128 + SIGKILL);
  osc().SetEnvironment("OSC_FAULT", "");
  command->Signal(SIGINT);
  command->Wait(seconds(10));
  EXPECT_EQ(ReadLines(file).size(), 3U);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE more IS NOT NULL"), "5");

  // The wish is still in the store.
  StartEngine(id);
  osc().WaitForState(id, "reverted", seconds(30));
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, a, u, IFNULL(kept, '-')) ORDER BY id) "
                  "FROM t"),
            "1/one/1/11,2/much /2/12,4//4/-,5/five/5/-");
  const auto lines = ReadLines(file);
  ASSERT_EQ(lines.size(), 3U);
  for (const nlohmann::json& line : lines) {
    SCOPED_TRACE(line.dump());
    const std::string key = line["key"];
    EXPECT_EQ(line["outcome"], key == "id=3" ? "left_out" : "changed");
    EXPECT_EQ(line["value"], key == "id=2" ? nlohmann::json("much too long") : nlohmann::json());
    EXPECT_EQ(line["stored"], key == "id=2"   ? nlohmann::json("much ")
                              : key == "id=4" ? nlohmann::json("")
                                              : nlohmann::json());
    EXPECT_EQ(line["row"]["id"], key == "id=2" ? 2 : key == "id=3" ? 3 : 4);
  }
  WaitForReadiness(id, "ready");
  ExpectSameRows(server(), osc(), id, {"id"}, {"a", "u"});
  Run("INSERT INTO t VALUES (3, 'again', 30, 0)");
  osc().Succeed({"reapply", id});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, a, u, more) ORDER BY id) FROM t"),
            "1/one/1/5,2/much /2/6,3/again/30/5,4//4/5,5/five/5/5");
}

// A swap that is given up takes the accepted loss back; so does a report that cannot be written.
TEST_P(QuarantineTest, AcceptedLossIsTakenBackWithTheSwap) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a TINYINT NOT NULL)");
  Run("INSERT INTO t VALUES (1, 1)");
  const std::string id = osc().Alter("t", "MODIFY a INT NOT NULL");
  Run("UPDATE t SET a=1000");
  WaitForReadiness(id, "blocked");
  const Outcome refused =
      osc().Run({"revert", id, "--accept-loss", "--report", "/nonexistent/report"});
  EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
  EXPECT_THAT(refused.err, HasSubstr("/nonexistent/report"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM _osc_" + id + "_t"), "0");
  WaitForReadiness(id, "blocked");
  Run("UPDATE t SET a=5");
  WaitForReadiness(id, "ready");
  const Outcome none = osc().Succeed({"revert", id, "--accept-loss"});
  EXPECT_THAT(none.out, HasSubstr("no row had to be changed"));
  EXPECT_EQ(Value("SELECT a FROM t"), "5");
}

INSTANTIATE_TEST_SUITE_P(Servers, QuarantineTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
