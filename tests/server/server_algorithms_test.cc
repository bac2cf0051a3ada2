// What `osc plan` says of the server's own algorithms, held against what the server does with a
// filled table.
#include <gmock/gmock.h>

#include "src/base/error.h"
#include "src/mysql/named_lock.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;

class ServerAlgorithmsTest : public testing::ServerTest {
 protected:
  nlohmann::json Plan(const std::string& alter) {
    return osc().Succeed({"plan", "--json", "--table", "t", "--alter", alter}).Json();
  }
  static nlohmann::json Find(const nlohmann::json& plan, const std::string& algorithm) {
    for (const nlohmann::json& found : plan["server_algorithms"]) {
      if (found["algorithm"] == algorithm) return found;
    }
    throw std::runtime_error("the plan has no " + algorithm);
  }
  void Fill() {
    Run("DROP TABLE IF EXISTS t");
    Run("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, s VARCHAR(20), x VARCHAR(10), v INT "
        "AS (n+1) VIRTUAL, CONSTRAINT positive CHECK (n > 0), CHECK (n < 1000), KEY n (n))");
    Run("INSERT INTO t (id, n, s, x) VALUES (1, 1, 'a', 'b'), (2, 2, 'c', 'd'), (3, 3, NULL, '')");
  }
  std::string TableId() {
    return Value("SELECT TABLE_ID FROM " + std::string(connection().server().InnodbTablesTable()) +
                 " WHERE NAME='" + database() + "/t'");
  }
  // nullopt when the server refuses it, else whether it built the table anew.
  std::optional<bool> Alter(const std::string& algorithm, const std::string& alter) {
    const std::string before = TableId();
    try {
      Run("ALTER TABLE t ALGORITHM=" + algorithm + ", " + alter);
    } catch (const Error& error) {
      EXPECT_THAT(error.server_errno(), ::testing::AnyOf(1845u, 1846u)) << error.message();
      return std::nullopt;
    }
    return TableId() != before;
  }
};

TEST_P(ServerAlgorithmsTest, PlanSaysWhatTheServerDoes) {
  for (const char* alter : {"ADD COLUMN c INT",
                            "ADD COLUMN c INT FIRST",
                            "ADD COLUMN c INT NOT NULL DEFAULT 3",
                            "DROP COLUMN s",
                            "DROP COLUMN v",
                            "RENAME COLUMN s TO t",
                            "ALTER COLUMN n SET DEFAULT 5",
                            "ALTER COLUMN x DROP DEFAULT",
                            "MODIFY n BIGINT NOT NULL",
                            "MODIFY s VARCHAR(30)",
                            "MODIFY s VARCHAR(300)",
                            "MODIFY n INT NULL",
                            "MODIFY s VARCHAR(20) AFTER id",
                            "MODIFY s VARCHAR(20) CHARACTER SET latin1",
                            "ADD INDEX k (s)",
                            "DROP INDEX n",
                            "RENAME INDEX n TO m",
                            "ADD FULLTEXT INDEX k (s)",
                            "ADD UNIQUE INDEX k (s)",
                            "ADD COLUMN w INT AS (n+2) VIRTUAL",
                            "ADD COLUMN w INT AS (n+2) STORED",
                            "ADD CONSTRAINT small CHECK (n < 500)",
                            "COMMENT='x'",
                            "FORCE",
                            "ENGINE=InnoDB",
                            "ADD INDEX k (s), ADD COLUMN c INT"}) {
    Fill();
    const nlohmann::json plan = Plan(alter);
    SCOPED_TRACE(std::string(alter) + ": " + plan["server_algorithms"].dump(1));
    ASSERT_EQ(plan["server_algorithms"].size(), 3u);
    for (const char* algorithm : {"INSTANT", "INPLACE", "COPY"}) {
      const nlohmann::json said = Find(plan, algorithm);
      Fill();
      if (!said["possible"].get<bool>()) {
        EXPECT_EQ(Alter(algorithm, alter), std::nullopt) << algorithm;
        EXPECT_TRUE(said["lock"].is_null());
        continue;
      }
      // A lighter lock is refused. INSTANT takes no LOCK clause but the default.
      const std::string lock = said["lock"];
      if (lock == "SHARED") {
        EXPECT_EQ(Alter(std::string(algorithm) + ", LOCK=NONE", alter), std::nullopt) << algorithm;
      }
      const std::string clause =
          algorithm == std::string("INSTANT") ? algorithm : algorithm + (", LOCK=" + lock);
      EXPECT_EQ(Alter(clause, alter), said["rebuilds"].get<bool>()) << algorithm;
      EXPECT_EQ(said["reversible"], false);
    }
  }
  EXPECT_THAT(Tables(), ::testing::ElementsAre("t"));
}

// Seen on MariaDB 10.11: it takes ALGORITHM=INSTANT for this and copies the table.
TEST_P(ServerAlgorithmsTest, AChangeOfPartitionsIsNotInstant) {
  Fill();
  Run("ALTER TABLE t DROP CONSTRAINT positive");
  const nlohmann::json plan = Plan("PARTITION BY HASH (id) PARTITIONS 2");
  EXPECT_EQ(Find(plan, "INSTANT")["possible"], false) << plan["server_algorithms"].dump(1);
  Run("ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2");
  EXPECT_EQ(Find(Plan("ADD COLUMN c INT"), "INSTANT")["possible"], true);
  EXPECT_EQ(Find(Plan("REMOVE PARTITIONING"), "INSTANT")["possible"], false);
}

TEST_P(ServerAlgorithmsTest, PlanIsOneForPeopleToo) {
  Fill();
  const std::string text = osc().Succeed({"plan", "--table", "t", "--alter", "DROP COLUMN s"}).out;
  EXPECT_THAT(text, HasSubstr("server     INSTANT, LOCK=NONE: only the definition is changed"));
  EXPECT_THAT(text, HasSubstr("\n           COPY, LOCK="));
  EXPECT_THAT(text, HasSubstr("cannot be taken back; only osc's way can\n"));
}

TEST_P(ServerAlgorithmsTest, ATableWithoutRowVersionsLeftIsNotChangedInstantly) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB does not count row versions";
  Fill();
  const int most = connection().server().AtLeast(9, 1) ? 255 : 64;
  for (int used = 0; used < most; ++used) {
    Run(used % 2 == 0 ? "ALTER TABLE t ADD COLUMN c INT, ALGORITHM=INSTANT"
                      : "ALTER TABLE t DROP COLUMN c, ALGORITHM=INSTANT");
    if (used + 2 < most) continue;
    const nlohmann::json instant = Find(Plan("ADD COLUMN d INT"), "INSTANT");
    EXPECT_EQ(instant["possible"], used + 1 < most);
    EXPECT_THAT(instant["note"].get<std::string>(),
                HasSubstr(std::to_string(used + 1) + " of the table's " + std::to_string(most)));
  }
  EXPECT_EQ(Find(Plan("RENAME COLUMN s TO t"), "INSTANT")["possible"], true);
  EXPECT_THROW(Run("ALTER TABLE t ADD COLUMN d INT, ALGORITHM=INSTANT"), Error);
}

// What a process that was killed has left behind goes with the next one; what another one is using
// stays.
TEST_P(ServerAlgorithmsTest, LeftoversOfKilledPlansGo) {
  Fill();
  Run("CREATE TABLE _osc_try_abcdefghijkl (id INT PRIMARY KEY)");
  Run("CREATE TABLE _osc_try_mnopqrstuvwx (id INT PRIMARY KEY)");
  Run("CREATE TABLE _osc_try_ours (id INT PRIMARY KEY)");
  const std::string lock = mysql::LockName("osc.try", "_osc_try_mnopqrstuvwx");
  EXPECT_TRUE(mysql::TakeLock(connection(), lock, 0));
  Plan("ADD COLUMN c INT");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("_osc_try_mnopqrstuvwx", "_osc_try_ours", "t"));
  mysql::ReleaseLock(connection(), lock);
  osc().SetEnvironment("OSC_FAULT", "scratch.created");
  osc().Run({"plan", "--table", "t", "--alter", "ADD COLUMN c INT"});
  osc().SetEnvironment("OSC_FAULT", "");
  EXPECT_THAT(Tables(), ::testing::SizeIs(3));
  // Its session ends a moment after it, and with it the lock.
  testing::WaitUntil(
      "the leftover to go",
      [this] {
        Plan("ADD COLUMN c INT");
        return Tables() == std::vector<std::string>{"_osc_try_ours", "t"};
      },
      std::chrono::seconds(20));
}

INSTANTIATE_TEST_SUITE_P(Servers, ServerAlgorithmsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
