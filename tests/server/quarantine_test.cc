// Rows that the application writes after a cutover and that have no place in the old table: they
// never stop the stream, withdraw the promise of a revert, and give it back when they are mended.
// R10, R12 and R13 of the acceptance list.
#include <filesystem>

#include "src/base/wait.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

class QuarantineTest : public testing::UsersTest {};

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

TEST_P(QuarantineTest, R12RowThatDoesNotFitBlocksTheRevertUntilItIsMended) {
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

// What a revert would make up is counted, row by row.
TEST_P(QuarantineTest, R13RowsWithoutTheDroppedValueMakeTheRevertLossy) {
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

// Rows are named as people write them, whatever their key is made of.
TEST_P(QuarantineTest, RowsAreNamedByTheirKeys) {
  Run("CREATE TABLE t (a VARCHAR(100) CHARACTER SET latin1, b VARBINARY(40), c DECIMAL(5,2), "
      "d DATE, must INT NOT NULL, v VARCHAR(9) NOT NULL, PRIMARY KEY (a, b, c, d))");
  const std::string id = osc().Alter("t", "DROP COLUMN must, MODIFY v VARCHAR(9) NULL");
  const auto wait_for = [&](const std::string& readiness, const std::string& key) {
    nlohmann::json revert;
    testing::WaitUntil(
        readiness + " by " + key,
        [&] {
          revert = osc().Show(id)["revert"];
          return revert["readiness"] == readiness && !revert["rows"].empty() &&
                 revert["rows"][0]["key"] == key;
        },
        seconds(5));
    EXPECT_EQ(revert["rows"][0]["key"], key) << revert.dump(1);
  };
  Run("INSERT INTO t VALUES ('déjà ''vu''', X'00FF', -1.5, '2026-01-02', 'v')");
  wait_for("lossy", "(a, b, c, d)=('déjà 'vu'', x'00FF', -1.50, '2026-01-02')");
  Run("UPDATE t SET a=REPEAT('x', 70), b=REPEAT('y', 31), d='1999-12-31'");
  const std::string moved = "(a, b, c, d)=('" + std::string(60, 'x') + "...' (70 characters), x'" +
                            Value("SELECT HEX(REPEAT('y', 30))") +
                            "...' (31 bytes), -1.50, '1999-12-31')";
  wait_for("lossy", moved);
  Run("UPDATE t SET v=NULL");
  wait_for("blocked", moved);
}

// What only the old table's unique key forbids, and only on the way.
TEST_P(QuarantineTest, R10ValuesExchangedWithinATransactionAreNoDuplicates) {
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

// The row that is in the way goes while the other one's way to the quarantine is not committed.
TEST_P(QuarantineTest, DuplicateIsReleasedWhenTheOtherRowGoesAtTheSameTime) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, n INT, UNIQUE KEY n (n))");
  Run("INSERT INTO t VALUES (1, 1), (2, 2)");
  const std::string id = osc().Alter("t", "DROP KEY n", {"--apply-lanes", "1"});
  Run("INSERT INTO t VALUES (3, 1)");
  WaitForReadiness(id, "blocked");
  Run("DELETE FROM t WHERE id=3");
  WaitForReadiness(id, "ready");
  osc().state().StopEngine();

  Run("INSERT INTO t VALUES (4, 1)");
  const auto held = osc().state().home() / "held";
  osc().SetEnvironment("OSC_FAULT_HOLD", "apply.before_commit=" + held.string());
  const auto engine = osc().Start({"serve"});
  osc().SetEnvironment("OSC_FAULT_HOLD", "");
  testing::WaitUntil(
      "the lane", [&] { return std::filesystem::exists(held); }, seconds(30));
  Run("UPDATE t SET n=9 WHERE id=1");
  const auto later = base::Clock::now() + seconds(1);
  testing::WaitUntil(
      "the stream to look for duplicates", [&] { return base::Clock::now() > later; }, seconds(5));
  std::filesystem::remove(held);
  WaitForReadiness(id, "ready");
  testing::WaitUntil(
      "the row to come",
      [&] { return Value("SELECT COUNT(*) FROM _osc_" + id + "_t WHERE id=4 AND n=1") == "1"; },
      seconds(10));
  osc().Succeed({"revert", id});
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

INSTANTIATE_TEST_SUITE_P(Servers, QuarantineTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
