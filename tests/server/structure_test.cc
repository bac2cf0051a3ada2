// What the definition of a table holds beside columns: constraint names, partitions, defaults.
#include <gmock/gmock.h>

#include "src/mysql/quote.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;

class StructureTest : public testing::ServerTest {
 protected:
  nlohmann::json Plan(const std::string& alter) {
    return osc().Succeed({"plan", "--json", "--table", "t", "--alter", alter}).Json();
  }
  std::string Definition(const std::string& table) {
    mysql::Result row = connection().Query("SHOW CREATE TABLE " + table);
    row.Next();
    return row.Text(1);
  }
  // An ALTER up to its end; the old table is gone.
  void Migrate(const std::string& alter) {
    const std::string id = osc().Alter("t", alter);
    osc().WaitForState(id, "live");
    osc().Succeed({"complete", id});
  }
  // The message of a stream that was stopped.
  std::string Stopped(const std::string& id) {
    const nlohmann::json stopped = osc().WaitUntil(
        id, "the stream to stop", [](const nlohmann::json& now) { return !now["error"].is_null(); },
        seconds(20));
    return stopped["error"]["message"];
  }
};

TEST_P(StructureTest, PlanTellsWhichChecksGetAnotherName) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT CHECK (b <> 5), CONSTRAINT positive CHECK "
      "(a > 0), CONSTRAINT gone CHECK (a < 100))");
  const std::string alter = "DROP CONSTRAINT gone, ADD CONSTRAINT added CHECK (a <> 7)";
  const nlohmann::json renamed = Plan(alter)["renamed_checks"];
  const std::string text = osc().Succeed({"plan", "--table", "t", "--alter", alter}).out;
  if (IsMariaDb()) {
    EXPECT_EQ(renamed.size(), 0U) << renamed;
    EXPECT_THAT(text, Not(HasSubstr("will be called")));
    return;
  }
  ASSERT_EQ(renamed.size(), 1U) << renamed;
  EXPECT_EQ(renamed[0]["from"], "positive");
  EXPECT_EQ(renamed[0]["to"], "positive_osc");
  EXPECT_THAT(text, HasSubstr("constraint positive will be called positive_osc"));
  EXPECT_THAT(text, Not(HasSubstr("t_chk_1")));
}

TEST_P(StructureTest, CheckNamesComeBackWithTheNextMigration) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB keeps the names of CHECK constraints within the table";
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT CHECK (a <> 5), CONSTRAINT positive CHECK (a > "
      "0))");
  Run("CREATE TABLE other (id INT, CONSTRAINT positive_osc CHECK (id > 0))");
  Run("INSERT INTO t VALUES (1, 1)");
  Migrate("ADD COLUMN b INT");
  EXPECT_THAT(Definition("t"), HasSubstr("CONSTRAINT `positive_osc2` CHECK"));
  EXPECT_THAT(Definition("t"), HasSubstr("CONSTRAINT `t_chk_1` CHECK"));
  Migrate("ADD COLUMN c INT");
  EXPECT_THAT(Definition("t"), HasSubstr("CONSTRAINT `positive` CHECK"));
  EXPECT_THAT(Definition("t"), HasSubstr("CONSTRAINT `t_chk_1` CHECK"));
}

TEST_P(StructureTest, PlanWarnsOfAddedValuesThatNobodyCanForetell) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  const auto warnings = [&](const std::string& alter) { return Plan(alter)["warnings"].dump(); };
  EXPECT_THAT(warnings("ADD d DATETIME DEFAULT CURRENT_TIMESTAMP"),
              HasSubstr("added column 'd' calls current_timestamp()"));
  EXPECT_THAT(warnings("ADD n INT NOT NULL AUTO_INCREMENT, ADD KEY (n)"),
              HasSubstr("'n' numbers the rows"));
  EXPECT_THAT(warnings("ADD d DATETIME DEFAULT '2020-02-02', ADD e INT DEFAULT (id+1)"),
              Not(HasSubstr("added column")));
  if (IsMariaDb()) {
    EXPECT_THAT(warnings("ADD u VARCHAR(40) DEFAULT (UUID())"), HasSubstr("calls uuid()"));
  }
}

TEST_P(StructureTest, PlanNotesAStoredColumnThatBecomesPlain) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, s INT AS (a*2) STORED, k INT AS (a*3) STORED, "
      "UNIQUE KEY (k))");
  const nlohmann::json notes = Plan("MODIFY s INT")["notes"];
  ASSERT_EQ(notes.size(), 1U) << notes;
  EXPECT_EQ(notes[0]["kind"], "lossy");
  EXPECT_EQ(notes[0]["column"], "s");
}

TEST_P(StructureTest, ASequenceStaysADefault) {
  if (!IsMariaDb()) GTEST_SKIP() << "MySQL has no sequences";
  Run("CREATE SEQUENCE numbers");
  Run("CREATE TABLE t (id INT PRIMARY KEY, n INT DEFAULT NEXTVAL(numbers), a INT)");
  Run("INSERT INTO t (id) VALUES (1), (2)");
  const std::string id = osc().Alter("t", "ADD COLUMN b INT", {"--postpone-cutover"});
  Run("INSERT INTO t (id) VALUES (3)");
  osc().Succeed({"cutover", id});
  Run("INSERT INTO t (id) VALUES (4)");
  osc().Succeed({"revert", id});
  Run("INSERT INTO t (id) VALUES (5)");
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(n ORDER BY id) FROM t"), "1,2,3,4,5");
  EXPECT_THAT(Definition("t"), HasSubstr("nextval(`" + database() + "`.`numbers`)"));
}

// Partition maintenance by somebody else is foreign DDL like any other.
TEST_P(StructureTest, PartitionMaintenanceByOthersStopsTheStream) {
  const std::vector<std::string> maintenance{
      "TRUNCATE PARTITION p0", "DROP PARTITION p0",
      "REORGANIZE PARTITION p1 INTO (PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS "
      "THAN MAXVALUE)",
      "EXCHANGE PARTITION p0 WITH TABLE aside", "REMOVE PARTITIONING"};
  for (const std::string& what : maintenance) {
    SCOPED_TRACE(what);
    Run("CREATE TABLE t (id INT PRIMARY KEY, a INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES "
        "LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)");
    Run("CREATE TABLE aside (id INT PRIMARY KEY, a INT)");
    Run("INSERT INTO t VALUES (1, 1), (11, 11)");
    const std::string id = osc().Alter("t", "MODIFY a BIGINT", {"--postpone-cutover"});
    Run("ALTER TABLE t " + what);
    EXPECT_THAT(Stopped(id), HasSubstr("ALTER"));
    EXPECT_EQ(osc().Run({"cutover", id}).exit_code, 3);
    const std::string off_stage = osc().Show(id)["off_stage_table"];
    EXPECT_THAT(Tables(), ::testing::Contains(off_stage));
    for (const std::string& table : Tables()) Run("DROP TABLE " + mysql::QuoteIdentifier(table));
  }
}

TEST_P(StructureTest, ARowThatFitsNoPartitionIsNamedByTheStream) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  Run("INSERT INTO t VALUES (1, 1)");
  const std::string id = osc().Alter(
      "t", "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10))", {"--postpone-cutover"});
  Run("INSERT INTO t VALUES (10, 1)");
  const std::string message = Stopped(id);
  EXPECT_THAT(message, HasSubstr("id=10"));
  EXPECT_THAT(message, HasSubstr("no partition"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), "2");
}

TEST_P(StructureTest, ARowThatFitsNoOldPartitionBlocksTheRevert) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES "
      "LESS "
      "THAN (10))");
  Run("INSERT INTO t VALUES (1, 1)");
  const nlohmann::json notes = Plan("REMOVE PARTITIONING")["notes"];
  ASSERT_EQ(notes.size(), 1U) << notes;
  EXPECT_EQ(notes[0]["kind"], "blocked");
  const std::string id = osc().Alter("t", "REMOVE PARTITIONING");
  Run("INSERT INTO t VALUES (10, 1)");
  osc().WaitUntil(id, "the revert to be blocked", [](const nlohmann::json& now) {
    return now["revert"]["readiness"] == "blocked";
  });
  const Outcome revert = osc().Run({"revert", id});
  EXPECT_EQ(revert.exit_code, 3) << revert.Describe();
  EXPECT_THAT(revert.err, HasSubstr("id=10"));
}

TEST_P(StructureTest, RowsThatOnlyTheExtendedKeyTellsApartBlockARevert) {
  Run("CREATE TABLE t (id INT NOT NULL, region INT NOT NULL, PRIMARY KEY (id))");
  Run("INSERT INTO t VALUES (1, 1), (2, 1), (3, 1)");
  const std::string alter = "DROP PRIMARY KEY, ADD PRIMARY KEY (id, region)";
  EXPECT_EQ(Plan(alter)["notes"][0]["column"], "PRIMARY");
  const std::string id = osc().Alter("t", alter);
  osc().WaitForState(id, "live");
  Run("UPDATE t SET region=2 WHERE id=3");
  Run("INSERT INTO t VALUES (2, 2)");
  const nlohmann::json blocked = osc().WaitUntil(
      id, "the revert to be blocked",
      [](const nlohmann::json& now) { return now["revert"]["readiness"] == "blocked"; });
  EXPECT_THAT(blocked["revert"]["reasons"].dump(), HasSubstr("(id, region)=(2, 2)"));
  const Outcome revert = osc().Run({"revert", id});
  EXPECT_EQ(revert.exit_code, 3) << revert.Describe();
  Run("DELETE FROM t WHERE id=2 AND region=1");
  osc().WaitUntil(id, "the revert to be possible",
                  [](const nlohmann::json& now) { return now["revert"]["readiness"] == "ready"; });
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(id, '-', region ORDER BY id) FROM t"), "1-1,2-2,3-2");
}

INSTANTIATE_TEST_SUITE_P(Servers, StructureTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
