// osc apply: migration files, their ledger, and the way back.
#include "src/base/duration.h"
#include "src/mysql/named_lock.h"
#include "tests/support/files_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;

class ApplyTest : public testing::FilesTest {
 protected:
  static constexpr int kFew = 20;

  // id, token and what is in `more`: a few rows, so that a migration takes no time.
  void CreateSmall(const std::string& table, const std::string& more) {
    const std::string name = mysql::QuoteIdentifier(table);
    Run("CREATE TABLE " + name + " (id INT AUTO_INCREMENT PRIMARY KEY, token INT, " + more +
        ") ENGINE=InnoDB");
    for (int i = 1; i <= kFew; ++i) {
      Run("INSERT INTO " + name + " (token) VALUES (" + std::to_string(i) + ")");
    }
  }

  std::string Column(const std::string& table, const std::string& column) {
    return Value("SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='" +
                 database() + "' AND TABLE_NAME=" + mysql::QuoteText(table) +
                 " AND COLUMN_NAME=" + mysql::QuoteText(column));
  }
  void ExpectColumn(const std::string& table, const std::string& column, bool there) {
    EXPECT_EQ(Column(table, column), there ? "1" : "0") << table << "." << column;
  }
  void KillAt(const std::string& point, const Names& command) {
    osc().SetEnvironment("OSC_FAULT", point);
    const Outcome outcome = osc().Run(command);
    osc().SetEnvironment("OSC_FAULT", "");
    EXPECT_EQ(outcome.exit_code, 128 + SIGKILL) << point << ": " << outcome.Describe();
  }
};

TEST_P(ApplyTest, AppliesTheFilesOfEachToolInOrderAndOnce) {
  CreateSmall("a", "x INT");
  CreateSmall("b", "x INT");
  Write("2_b.sql", "ALTER TABLE a ADD plain_b INT;\nCREATE INDEX i ON a (plain_b);\n", "plain");
  Write("1_a.sql", "-- osc: retention=48h\nALTER TABLE b ADD plain_a INT;\n", "plain");
  Write("V10__c.sql", "ALTER TABLE a ADD flyway_c INT AFTER flyway_b", "flyway");
  Write("V9__b.sql", "ALTER TABLE a ADD flyway_b INT", "flyway");
  Write("U9__b.sql", "ALTER TABLE a DROP flyway_b", "flyway");
  Write("1_d.up.sql", "ALTER TABLE a ADD migrate INT", "migrate");
  Write("1_d.down.sql", "ALTER TABLE a DROP migrate", "migrate");
  Write("20261122_e.sql",
        "-- migrate:up\nALTER TABLE a ADD dbmate INT;\n-- migrate:down\nALTER TABLE a DROP dbmate;",
        "dbmate");
  for (const char* folder : {"plain", "flyway", "migrate", "dbmate"}) {
    const Outcome outcome =
        osc().Succeed({"apply", "--complete-previous", Folder(folder).string()});
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("\r")));
  }
  EXPECT_THAT(Ledger(),
              ElementsAre("1_a.sql applied", "2_b.sql applied", "V9__b.sql applied",
                          "V10__c.sql applied", "1_d.up.sql applied", "20261122_e.sql applied"));
  for (const char* column : {"plain_b", "flyway_b", "flyway_c", "migrate", "dbmate"}) {
    ExpectColumn("a", column, true);
  }
  ExpectColumn("b", "plain_a", true);
  // The two statements of the file have become one.
  const nlohmann::json list = osc().List();
  ASSERT_EQ(list.size(), 6U);
  EXPECT_EQ(list[0]["settings"]["retention"], "48h");
  EXPECT_EQ(list[1]["alter"], "ADD plain_b INT, ADD INDEX i (plain_b)");
  for (size_t i = 1; i <= 4; ++i) EXPECT_EQ(list[i]["state"], "completed");

  EXPECT_THAT(osc().Succeed({"apply", Folder("flyway").string()}).out,
              HasSubstr("nothing is left to apply"));
  EXPECT_EQ(osc().List().size(), 6U);
  const std::string account = Value("SELECT applied_by FROM _osc_ledger LIMIT 1");
  EXPECT_THAT(account, HasSubstr("root@"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM _osc_ledger WHERE started_at > finished_at OR"
                  " ABS(TIMESTAMPDIFF(SECOND, finished_at, UTC_TIMESTAMP())) > 300"),
            "0");
}

TEST_P(ApplyTest, AFailedFileStopsTheRunWhichGoesOnThere) {
  CreateSmall("a", "x INT NOT NULL DEFAULT 1");
  CreateSmall("b", "x INT NOT NULL DEFAULT 1");
  Write("1.sql", "ALTER TABLE a ADD one INT");
  Write("2.sql", "ALTER TABLE b ADD UNIQUE u (x)");
  Write("3.sql", "ALTER TABLE b ADD three INT");
  ExpectRefused(Command(), "2.sql:1 and 3.sql:1 both change table b");
  Write("3.sql", "CREATE EVENT three ON SCHEDULE AT '2037-01-01' DO SELECT 1");
  ExpectRefused(Command(), "3.sql:1: CREATE EVENT is no change of a table");
  EXPECT_EQ(osc().List().size(), 0U);

  const Outcome failed = ExpectExit(1, Command({"--allow-other"}), "u");
  EXPECT_THAT(Ledger(), ElementsAre("1.sql applied", "2.sql failed")) << failed.Describe();
  EXPECT_THAT(Value("SELECT error FROM _osc_ledger WHERE file='2.sql'"), HasSubstr("uplicate"));
  ExpectColumn("a", "one", true);
  const nlohmann::json document = osc().Run(Command({"--allow-other", "--json"})).Json();
  EXPECT_THAT(document["error"]["message"].get<std::string>(), HasSubstr("uplicate"));
  ASSERT_EQ(document["files"].size(), 3U);
  EXPECT_EQ(document["files"][0]["state"], "applied");
  EXPECT_EQ(document["files"][1]["state"], "failed");
  EXPECT_EQ(document["files"][2]["state"], "pending");

  Run("UPDATE b SET x=id");
  const nlohmann::json files = Apply({"--allow-other", "--json"}).Json();
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0]["action"], "skip");
  EXPECT_EQ(files[1]["action"], "apply");
  EXPECT_EQ(files[1]["migrations"][0]["table"], "b");
  EXPECT_EQ(files[2]["as_they_are"], "CREATE EVENT (line 1)");
  EXPECT_THAT(Ledger(), ElementsAre("1.sql applied", "2.sql applied", "3.sql applied"));
}

TEST_P(ApplyTest, AnAppliedFileThatWasChangedIsRefused) {
  CreateSmall("a", "x INT");
  Write("1.sql", "ALTER TABLE a ADD one INT;\n");
  Apply();
  Write("1.sql", "ALTER TABLE a ADD one INT;\r\n");  // another checkout
  Apply();
  Write("1.sql", "ALTER TABLE a ADD two INT;\n");
  Write("2.sql", "ALTER TABLE a ADD three INT;\n");
  const std::string sum = Value("SELECT checksum FROM _osc_ledger");
  EXPECT_THAT(ExpectRefused(Command({"--complete-previous"}), "1.sql is not what it was").err,
              HasSubstr(sum));
  ExpectColumn("a", "three", false);
}

TEST_P(ApplyTest, ARunThatWasKilledAnywhereGoesOn) {
  CreateSmall("a", "x INT");
  CreateSmall("b", "x INT");
  Write("1.sql", "ALTER TABLE a ADD one INT; ALTER TABLE b ADD one INT");
  KillAt("files.id_recorded", Command());
  EXPECT_EQ(osc().List().size(), 0U);
  KillAt("files.migration_created", Command());
  KillAt("files.migration_created", Command());  // the second one
  KillAt("files.before_end", Command());
  EXPECT_THAT(Ledger(), ElementsAre("1.sql applying"));
  Apply();
  EXPECT_THAT(Ledger(), ElementsAre("1.sql applied"));
  EXPECT_EQ(osc().List().size(), 2U);

  KillAt("files.revert_recorded", {"revert", "--file", "1.sql"});
  EXPECT_THAT(Ledger(), ElementsAre("1.sql reverting"));
  osc().Succeed({"revert", "--file", "1.sql"});
  ExpectColumn("a", "one", false);
  ExpectColumn("b", "one", false);
  EXPECT_THAT(Ledger(), ElementsAre("1.sql reverted"));
}

TEST_P(ApplyTest, AStatementOfUnknownOutcomeIsAskedAbout) {
  CreateSmall("a", "x INT");
  Write("1.sql", "INSERT INTO a (token) VALUES (1000);\nINSERT INTO a (token) VALUES (1001);\n");
  KillAt("files.statement_run", Command({"--allow-other"}));
  ExpectRefused(Command({"--allow-other"}), "1.sql:1: a run was interrupted in this statement");
  KillAt("files.statement_recorded", Command({"--allow-other", "--unfinished", "done"}));
  ExpectRefused(Command({"--allow-other"}), "1.sql:2: a run was interrupted in this statement");
  Apply({"--allow-other", "--unfinished", "again"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM a WHERE token IN (1000, 1001)"), "2");
  ExpectRefused({"revert", "--file", "1.sql"}, "INSERT (line 1), INSERT (line 2)");
}

TEST_P(ApplyTest, OtherStatementsRunInOrderInTheServersOwnSession) {
  CreateSmall("a", "x INT");
  Write("1.sql",
        "BEGIN;\nUPDATE a SET x=1;\nUPDATE a SET x=x+1;\nINSERT INTO a (token) VALUES "
        "(1);\nCOMMIT;\n");
  ExpectRefused(Command(), "1.sql:1: BEGIN is no change of a table");
  Run("ALTER TABLE a ADD UNIQUE u (token)");
  // All of the transaction is rolled back, and the file begins with it again.
  ExpectExit(1, Command({"--allow-other"}), "1.sql:4: Duplicate");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM a WHERE x IS NOT NULL"), "0");
  Run("ALTER TABLE a DROP INDEX u");
  Apply({"--allow-other"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM a WHERE x=2"), std::to_string(kFew));

  Write("2.sql",
        "START TRANSACTION; UPDATE a SET x=7;\nALTER TABLE a ADD y INT, ADD s TEXT;\n"
        "UPDATE a SET y=x, s=CONCAT(@@time_zone, '|', @@sql_mode);\nSELECT * FROM a;\n");
  Apply({"--allow-other"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM a WHERE y=7 AND s=CONCAT(@@global.time_zone, '|', "
                  "@@global.sql_mode)"),
            std::to_string(kFew + 1));
  for (const char* text : {"USE mysql;", "LOCK TABLES a WRITE;", "ALTER TABLE mysql.a ADD b INT"}) {
    Write("3.sql", std::string("SELECT 1;\n") + text);
    ExpectRefused(Command({"--allow-other"}), "3.sql:2: ");
  }
  EXPECT_EQ(Ledger().size(), 2U);
}

TEST_P(ApplyTest, TwoRunsAtOnceWaitForEachOther) {
  CreateSmall("a", "x INT");
  Write("1.sql", "ALTER TABLE a ADD one INT");
  const auto first = osc().Start(Command());
  const auto second = osc().Start(Command());
  EXPECT_EQ(first->Wait(osc().kDeadline).exit_code, 0);
  EXPECT_EQ(second->Wait(osc().kDeadline).exit_code, 0);
  EXPECT_EQ(osc().List().size(), 1U);

  const std::string lock = mysql::LockName("osc.apply", database());
  ASSERT_TRUE(mysql::TakeLock(connection(), lock, 0));
  ExpectRefused(Command({"--run-lock-wait", "0s"}),
                "connection " + std::to_string(connection().thread_id()) + " of root");
  const auto waiting = osc().Start(Command());
  testing::WaitUntil(
      "the word of the other run",
      [&] { return waiting->ErrSoFar().find("waiting for its end") != std::string::npos; },
      seconds(20));
  Run("DO RELEASE_ALL_LOCKS()");
  EXPECT_EQ(waiting->Wait(osc().kDeadline).exit_code, 0);
}

TEST_P(ApplyTest, AReleaseGoesBackAndForward) {
  for (const char* table : {"a", "b", "c"}) CreateSmall(table, "x INT NOT NULL DEFAULT 5");
  Write("V1__a.sql", "ALTER TABLE a ADD one INT");
  Write("V2__b.sql", "ALTER TABLE b DROP x; ALTER TABLE c ADD two INT");
  Write("V3__c.sql", "-- osc: require-revertible\nALTER TABLE a DROP id, DROP token");
  ExpectRefused(Command(), "V1__a.sql:1 and V3__c.sql:2 both change table a");
  std::filesystem::remove(Folder() / "V3__c.sql");
  Apply();
  EXPECT_EQ(osc().Run({"apply", "--back-to", "V9__x.sql"}).exit_code, 2);
  Run("INSERT INTO b (token) VALUES (900)");
  const nlohmann::json back = osc().Succeed({"apply", "--back-to", "1", "--json"}).Json();
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0]["file"], "V2__b.sql");
  EXPECT_EQ(back[0]["state"], "reverted");
  EXPECT_THAT(Ledger(), ElementsAre("V1__a.sql applied", "V2__b.sql reverted"));
  ExpectColumn("a", "one", true);
  ExpectColumn("b", "x", true);
  ExpectColumn("c", "two", false);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM b WHERE x=5"), std::to_string(kFew + 1));

  Apply();
  EXPECT_THAT(Ledger(), ElementsAre("V1__a.sql applied", "V2__b.sql applied"));
  ExpectColumn("b", "x", false);
  EXPECT_EQ(osc().List().size(), 3U);
  const auto ids = osc().List();
  // What somebody does to the migrations themselves is seen.
  osc().Succeed({"revert", ids[0]["id"]});
  EXPECT_THAT(osc().Succeed({"revert", "--file", "V2__b.sql"}).err,
              HasSubstr("V1__a.sql is reverted meanwhile"));
  Apply();
  EXPECT_THAT(Ledger(), ElementsAre("V1__a.sql applied", "V2__b.sql applied"));
  EXPECT_EQ(osc().List().size(), 3U);
  osc().Succeed({"complete", ids[1]["id"]});
  ExpectRefused({"apply", "--back-to", "V1__a.sql"}, "V2__b.sql: cannot revert");
  ExpectColumn("c", "two", true);
}

TEST_P(ApplyTest, ADryRunLeavesNothing) {
  CreateSmall("a", "x INT");
  Write("1.sql", "ALTER TABLE a DROP x");
  Write("2.sql", "ALTER TABLE a ADD y INT; INSERT INTO a (token) VALUES (1)");
  const Names before = Tables();
  const Outcome outcome = Apply({"--dry-run", "--complete-previous", "--allow-other"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("1.sql: apply"), HasSubstr("DROP x"),
                                 HasSubstr("2.sql:1: INSERT is run as it is")))
      << outcome.Describe();
  const nlohmann::json files =
      Apply({"--dry-run", "--complete-previous", "--allow-other", "--json"}).Json();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0]["state"], "pending");
  EXPECT_EQ(files[0]["plan"][0]["alter"], "DROP x");
  EXPECT_EQ(files[1]["plan"][0]["planned"], false);
  // What keeps the run from beginning keeps no plan from being shown.
  const Outcome refused = ExpectRefused(Command({"--dry-run", "--allow-other"}), "both change");
  EXPECT_THAT(refused.out, HasSubstr("DROP x"));
  EXPECT_EQ(Tables(), before);
  EXPECT_FALSE(std::filesystem::exists(osc().state().path()));

  Write("2.sql", "ALTER TABLE a ADD y INT");
  osc().Succeed({"apply", Folder() / "1.sql"});
  const Outcome later = ExpectRefused(Command({"--dry-run"}), "can still be taken back");
  EXPECT_THAT(later.out, HasSubstr("ADD y INT"));
  EXPECT_EQ(osc().List().size(), 1U);
}

TEST_P(ApplyTest, APostponedReleaseIsSwappedAsAWhole) {
  CreateSmall("a", "x INT");
  CreateSmall("b", "x INT");
  Write("1.sql", "-- osc: postpone-cutover\nALTER TABLE a ADD one INT; ALTER TABLE b ADD one INT");
  EXPECT_THAT(Apply().out, HasSubstr("cutover --file 1.sql"));
  EXPECT_THAT(Ledger(), ElementsAre("1.sql ready"));
  ExpectRefused({"revert", "--file", "1.sql"}, "cannot revert");
  Write("2.sql", "UPDATE a SET one=1");
  EXPECT_EQ(osc().Succeed({"cutover", "--all", "--json"}).Json().size(), 2U);
  ExpectColumn("a", "one", true);
  ExpectColumn("b", "one", true);
  EXPECT_THAT(Ledger(), ElementsAre("1.sql applied"));
  Apply({"--allow-other"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM a WHERE one=1"), std::to_string(kFew));
  Write("3.sql", "ALTER TABLE a ADD three INT");
  ExpectRefused(Command(), "3.sql:1");
  EXPECT_THAT(Apply({"--complete-previous", "--wait", "ready", "--postpone-cutover"}).err,
              HasSubstr("it cannot be taken back any more"));
  osc().Succeed({"cutover", "--file", "3.sql"});
  ExpectColumn("a", "three", true);
}

TEST_P(ApplyTest, HostileNamesAreOnlyNames) {
  const std::string table = "we`ird; -- 'na\"me";
  CreateSmall(table, "x INT");
  const std::string file = "it's `1`; DROP TABLE x -- \xc3\xa9\n\\.sql";
  Write(file, "ALTER TABLE " + mysql::QuoteIdentifier(table) + " ADD `o``ne` INT COMMENT ';'");
  Apply();
  ExpectColumn(table, "o`ne", true);
  EXPECT_THAT(Ledger(), ElementsAre(file + " applied"));
  osc().Succeed({"revert", "--file", file});
  ExpectColumn(table, "o`ne", false);

  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"ALTER TABLE t ADD a INT; -- osc: no-such=1", "2.sql:1: there is no setting"},
           {"", "2.sql: there is no statement"},
           {"DELIMITER //", "2.sql:1: DELIMITER"},
           {"ALTER TABLE t ADD a TEXT DEFAULT 'x", "2.sql:1: a quoted text has no end"}}) {
    Write("2.sql", text);
    ExpectExit(2, Command(), part);
  }
  EXPECT_EQ(osc().Run({"apply", "/nonexistent"}).exit_code, 2);
  EXPECT_EQ(osc().Run({"apply"}).exit_code, 2);
  EXPECT_EQ(Ledger().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Servers, ApplyTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
