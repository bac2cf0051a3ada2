// The revolving door, end to end: what stands in both tables after each turn, with an application
// that writes all the time. R1 to R3, R7 and R8 of the acceptance list.
#include <fstream>

#include "tests/support/users_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

class DoorTest : public testing::UsersTest {
 protected:
  // Alone: a row whose key moves meanwhile could slip past an UPDATE of all rows.
  void RunLocked(const std::string& table, const std::string& sql) {
    Run("LOCK TABLES " + mysql::QuoteIdentifier(table) + " WRITE");
    Run(sql);
    Run("UNLOCK TABLES");
  }

  int64_t NextAutoIncrement(const std::string& table) {
    if (!IsMariaDb()) Run("SET SESSION information_schema_stats_expiry=0");
    return std::stoll(
        Value("SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA='" +
              database() + "' AND TABLE_NAME='" + table + "'"));
  }
};

TEST_P(DoorTest, R1RevertBringsDroppedColumnsBackOnEveryRowThatLivesOn) {
  CreateUsers("users", "title VARCHAR(40) NOT NULL DEFAULT 'none', motto VARCHAR(40)");
  Run("UPDATE users SET title=CONCAT('title-', token), motto=CONCAT('motto-', token)");
  // Rows that no writer touches: far from their keys.
  Run("INSERT INTO users (id, token, email, amount, title, motto) VALUES "
      "(-5000000, 1, 'a', 0, 'title a', 'motto a'), (-5000001, 1, 'b', 0, 'title b', 'motto b'), "
      "(-5000002, 1, 'c', 0, 'title c', NULL), (-5000003, 1, 'd', 0, 'title d', 'motto d'), "
      "(-5000004, 1, 'e', 0, 'title e', 'motto e')");
  Writers writers(server(), database(), "users");
  writers.WaitForTransactions(200);

  const std::string id = osc().Alter("users", "DROP COLUMN title, DROP COLUMN motto");
  EXPECT_THAT(Value("SHOW CREATE TABLE users"), ::testing::Not(HasSubstr("title")));
  Run("UPDATE users SET amount=11 WHERE id=-5000000");               // changed
  Run("UPDATE users SET id=-6000000, amount=12 WHERE id=-5000001");  // moved
  Run("DELETE FROM users WHERE id=-5000003");                        // gone
  Run("DELETE FROM users WHERE id=-5000004");                        // and born again
  Run("INSERT INTO users (id, token, email, amount) VALUES (-5000004, 1, 'e', 0)");
  Run("INSERT INTO users (id, token, email, amount) VALUES (-5000005, 1, 'f', 0)");
  writers.WaitForTransactions(600);

  const Outcome revert = osc().Succeed({"revert", id, "--json"});
  EXPECT_EQ(revert.Json()["state"], "reverted");
  EXPECT_EQ(revert.Json()["live"], "old");
  writers.WaitForTransactions(200);
  ExpectExactly(writers, "users", {.rows = 0, .amount = 23, .tokens = 0});
  ExpectInvariant(id);

  mysql::Result rows = connection().Query(
      "SELECT CONCAT_WS('|', id, amount, title, COALESCE(motto, 'NULL')) FROM users "
      "WHERE id<=-5000000 ORDER BY -id");
  Names own;
  while (rows.Next()) own.push_back(rows.Text(0));
  EXPECT_THAT(own, ::testing::ElementsAre("-5000000|11|title a|motto a", "-5000002|0|title c|NULL",
                                          "-5000004|0|none|NULL", "-5000005|0|none|NULL",
                                          "-6000000|12|title b|motto b"));
  // A token is a row's identity: the first rows have their titles, the later ones never had any.
  const std::string first = "token<=" + std::to_string(kRows);
  const std::string of_writers = "id>-5000000 AND ";
  ExpectNoRow("users", of_writers + "title<>IF(" + first + ", CONCAT('title-', token), 'none')");
  ExpectNoRow("users",
              of_writers + "NOT (motto<=>IF(" + first + ", CONCAT('motto-', token), NULL))");
}

TEST_P(DoorTest, R2TurnsTenTimesWhileTheApplicationWrites) {
  CreateUsers("users", "title VARCHAR(40) NOT NULL DEFAULT 'none'");
  Run("UPDATE users SET title=CONCAT('title-', token)");
  const std::string first = "token<=" + std::to_string(kRows);
  Writers writers(server(), database(), "users");
  writers.WaitForTransactions(100);
  const std::string id = osc().Alter(
      "users", "DROP COLUMN title, ADD COLUMN nick VARCHAR(40) NOT NULL DEFAULT 'nobody' FIRST");
  RunLocked("users", "UPDATE users SET nick=CONCAT('nick-', token) WHERE " + first);
  for (int turn = 1; turn <= 10; ++turn) {
    SCOPED_TRACE("turn " + std::to_string(turn));
    const bool back = turn % 2 == 1;
    writers.WaitForTransactions(150);
    const nlohmann::json after = osc().Succeed({back ? "revert" : "reapply", id, "--json"}).Json();
    EXPECT_EQ(after["state"], back ? "reverted" : "live");
    EXPECT_EQ(after["live"], back ? "old" : "new");
    EXPECT_EQ(after["swaps"].size(), static_cast<size_t>(turn + 1));
    writers.WaitForTransactions(50);
    ExpectInvariant(id);
    if (back) {
      ExpectNoRow("users", "title<>IF(" + first + ", CONCAT('title-', token), 'none')");
    } else {
      ExpectNoRow("users", "nick<>IF(" + first + ", CONCAT('nick-', token), 'nobody')");
    }
  }
  ExpectExactly(writers, "users");
  ExpectInvariant(id);
  for (const auto& swap : osc().Show(id)["swaps"]) {
    EXPECT_GT(swap["lock_ms"], 0) << swap;
    EXPECT_FALSE(swap["freeze_point"].get<std::string>().empty()) << swap;
    EXPECT_TRUE(swap["at"].is_string()) << swap;
  }
}

TEST_P(DoorTest, R3ReapplyBringsValuesOfAddedColumnsBack) {
  CreateUsers("users", "");
  Writers writers(server(), database(), "users");
  writers.WaitForTransactions(100);
  const std::string id = osc().Alter(
      "users", "ADD COLUMN nick VARCHAR(40) NOT NULL DEFAULT 'nobody', ADD COLUMN score INT");
  const std::string first = "token<=" + std::to_string(kRows);
  RunLocked("users", "UPDATE users SET nick=CONCAT('nick-', token), score=token WHERE " + first);
  writers.WaitForTransactions(200);
  osc().Succeed({"revert", id});
  EXPECT_THAT(Value("SHOW CREATE TABLE users"), ::testing::Not(HasSubstr("nick")));
  writers.WaitForTransactions(300);
  osc().Succeed({"reapply", id});
  writers.WaitForTransactions(100);
  ExpectExactly(writers, "users");
  ExpectInvariant(id);
  ExpectNoRow("users", "nick<>IF(" + first + ", CONCAT('nick-', token), 'nobody')");
  ExpectNoRow("users", "NOT (score<=>IF(" + first + ", token, NULL))");
}

TEST_P(DoorTest, R4RunsMigrationsOfDifferentTablesSideBySide) {
  const Names tables{"users", "customers"};
  std::vector<std::unique_ptr<Writers>> writers;
  for (const std::string& table : tables) {
    CreateUsers(table, "title VARCHAR(40) NOT NULL DEFAULT 'none'");
    Run("UPDATE " + table + " SET title=CONCAT('title-', token)");
    writers.push_back(std::make_unique<Writers>(server(), database(), table));
  }
  Names ids;
  for (const std::string& table : tables) {
    ids.push_back(osc().Alter(table, "DROP COLUMN title", {"--detach"}));
  }
  for (const std::string& id : ids) osc().WaitForState(id, "live");
  for (const auto& writer : writers) writer->WaitForTransactions(200);
  std::vector<std::unique_ptr<testing::OscProcess>> reverts;
  for (const std::string& id : ids) reverts.push_back(osc().Start({"revert", id}));
  for (const auto& revert : reverts) {
    const Outcome outcome = revert->Wait(testing::Osc::kDeadline);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
  }
  for (const auto& writer : writers) writer->WaitForTransactions(100);
  for (size_t i = 0; i < tables.size(); ++i) {
    SCOPED_TRACE(tables[i]);
    ExpectExactly(*writers[i], tables[i]);
    ExpectInvariant(ids[i]);
    ExpectNoRow(tables[i],
                "title<>IF(token<=" + std::to_string(kRows) + ", CONCAT('title-', token), 'none')");
  }
}

TEST_P(DoorTest, R7TakesAutoIncrementOverAndKeepsRowZero) {
  Run("CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, b INT)");
  Run("INSERT INTO t (id, a, b) VALUES (0, 100, 1), (1, 101, 2), (2, 102, 3), (7000, 103, 4)");
  Run("DELETE FROM t WHERE id=7000");  // the counter stays above every row
  const auto expect_zero = [&] {
    EXPECT_EQ(Value("SELECT a FROM t WHERE id=0"), "100");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE id<3"), "3");
  };
  int64_t least = NextAutoIncrement("t");
  EXPECT_EQ(least, 7001);
  const std::string id = osc().Alter("t", "DROP COLUMN b");
  for (const char* turn : {"cutover", "revert", "reapply", "revert", "reapply"}) {
    SCOPED_TRACE(turn);
    if (std::string(turn) != "cutover") osc().Succeed({turn, id});
    expect_zero();
    EXPECT_GE(NextAutoIncrement("t"), least);
    Run("INSERT INTO t (a) VALUES (1)");
    EXPECT_GE(std::stoll(Value("SELECT LAST_INSERT_ID()")), least);
    // A value above all rows that only the counter remembers.
    least = std::stoll(Value("SELECT LAST_INSERT_ID()")) + 1000;
    Run("INSERT INTO t (id, a) VALUES (" + std::to_string(least - 1) + ", 1)");
    Run("DELETE FROM t WHERE id=" + std::to_string(least - 1));
    Run("UPDATE t SET a=100 WHERE id=0");
  }
  osc().Succeed({"complete", id});
  EXPECT_GE(NextAutoIncrement("t"), least);
  expect_zero();
}

TEST_P(DoorTest, R8CarriesTruncateOver) {
  CreateUsers("users", "title VARCHAR(40) NOT NULL DEFAULT 'none'");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  const auto truncate = [&](int rows) {
    Run("DELETE FROM users WHERE id % 2=0");
    Run("TRUNCATE TABLE users");
    for (int i = 1; i <= rows; ++i) {
      const std::string n = std::to_string(i);
      Run("INSERT INTO users (token, email, amount) VALUES (" + n + ", 'e" + n + "', " + n + ")");
    }
    ExpectInvariant(id);
    EXPECT_EQ(Value("SELECT COUNT(*) FROM users"), std::to_string(rows));
  };
  truncate(10);
  osc().Succeed({"cutover", id});
  ExpectInvariant(id);
  truncate(20);
  osc().Succeed({"revert", id});
  ExpectInvariant(id);
  truncate(30);
  osc().Succeed({"reapply", id});
  ExpectInvariant(id);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM users"), "30");
}

// What an application may do besides plain statements, on whichever table is live.
TEST_P(DoorTest, CarriesEveryKindOfWrite) {
  CreateUsers("users", "title VARCHAR(40) NOT NULL DEFAULT 'none'");
  Run("CREATE TABLE other (id BIGINT PRIMARY KEY, amount BIGINT)");
  Run("INSERT INTO other VALUES (10, 1), (11, 2), (12, 3), (999999, 4)");
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  int round = 0;
  const auto write = [&] {
    SCOPED_TRACE("round " + std::to_string(++round));
    const std::string r = std::to_string(round);
    const std::string key = "-" + r;  // negative ones, so that AUTO_INCREMENT stays out of the way
    const std::string columns = "INSERT INTO users (id, token, email, amount) VALUES ";
    Run("INSERT INTO users (id, token, email, amount) VALUES (20, 20, 'o" + r + "', 1), (" + key +
        "00000, 1, 'n" + r +
        "', 1) ON DUPLICATE KEY UPDATE amount=amount+1000, email=CONCAT(email, '" + r + "')");
    Run("REPLACE INTO users (id, token, email, amount) VALUES (21, 21, 'r" + r + "', 5), (" + key +
        "00001, 1, 'first22@example.com', 6)");  // takes the email of row 22, which goes
    Run("INSERT IGNORE INTO users (id, token, email, amount) VALUES (30, 1, 'i" + r + "', 1), (" +
        key + "00002, 1, 'i" + r + "', 1)");
    Run("UPDATE users u JOIN other o ON o.id=u.id SET u.amount=o.amount+" + r +
        ", o.amount=o.amount+1");
    Run("UPDATE users SET amount=-amount ORDER BY id DESC LIMIT 7");
    Run("DELETE u FROM users u JOIN users v ON v.id=u.id+1 WHERE u.id BETWEEN 100 AND " +
        std::to_string(100 + round));
    Run("INSERT INTO users (token, email, amount) SELECT token, CONCAT('copy" + r +
        "-', id), amount FROM users WHERE id BETWEEN 200 AND 400");
    Run("UPDATE users u, other o SET u.amount=u.amount+o.amount, o.amount=o.amount+1 "
        "WHERE o.id=u.id");
    Run("DELETE FROM users, other USING users JOIN other ON other.id=users.id WHERE other.id=" +
        std::to_string(9 + round));
    // The server reads it: the file has to be on its machine, and it has to be let.
    const std::string file = (osc().state().home() / ("load" + r)).string();
    std::ofstream(file) << "1,load1-" << r << ",7\n2,first40@example.com,8\n3,load3-" << r
                        << ",9\n";
    Run("LOAD DATA INFILE '" + file +
        "' REPLACE INTO TABLE users FIELDS TERMINATED BY ',' "
        "(token, email, amount)");
    Run("UPDATE users SET id=id+1000000 WHERE id BETWEEN 500 AND 520");
    Run("UPDATE users SET id=id-1000000 WHERE id BETWEEN 1000500 AND 1000520");

    Run("START TRANSACTION");
    Run(columns + "(" + key + "00010, 1, 's1" + r + "', 1)");
    Run("SAVEPOINT a");
    Run(columns + "(" + key + "00011, 1, 's2" + r + "', 1)");
    Run("DELETE FROM users WHERE id=" + std::to_string(600 + round));
    Run("ROLLBACK TO a");
    Run("UPDATE users SET amount=amount+3 WHERE id=600");
    Run("COMMIT");

    Run("START TRANSACTION");  // larger than anything that is kept in memory at once
    Run("UPDATE users SET amount=amount+1");
    Run("UPDATE users SET email=CONCAT(email, '+" + r + "')");
    Run("DELETE FROM users WHERE id % 97=" + r);
    Run("COMMIT");

    Run("CREATE TEMPORARY TABLE scratch AS SELECT id, amount FROM users LIMIT 50");
    Run("UPDATE users u JOIN scratch s ON s.id=u.id SET u.amount=s.amount+2");
    Run("DROP TEMPORARY TABLE scratch");

    const std::string xid = "'" + database() + r + "'";
    Run("XA START " + xid);
    Run(columns + "(" + key + "00020, 1, 'x1" + r + "', 1)");
    Run("UPDATE users SET amount=amount+11 WHERE id=700");
    Run("XA END " + xid);
    Run("XA COMMIT " + xid + " ONE PHASE");
    ExpectInvariant(id);
    EXPECT_EQ(Value("SELECT COUNT(*) FROM users WHERE id IN (" + key + "00011)"), "0");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM users WHERE id IN (" + key + "00020)"), "1");
  };
  write();
  osc().Succeed({"cutover", id});
  write();
  osc().Succeed({"revert", id});
  write();
  osc().Succeed({"reapply", id});
  ExpectInvariant(id);
}

TEST_P(DoorTest, EmptyTable) {
  Run("CREATE TABLE no_rows (id INT PRIMARY KEY, a INT)");
  const std::string id = osc().Alter("no_rows", "ADD COLUMN b INT NOT NULL DEFAULT 5");
  Run("INSERT INTO no_rows (id, a) VALUES (1, 2)");
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT CONCAT_WS(',', id, a) FROM no_rows"), "1,2");
  osc().Succeed({"reapply", id});
  EXPECT_EQ(Value("SELECT CONCAT_WS(',', id, a, b) FROM no_rows"), "1,2,5");
}

INSTANTIATE_TEST_SUITE_P(Servers, DoorTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
