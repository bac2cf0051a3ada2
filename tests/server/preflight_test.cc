#include "ddl/preflight.h"

#include "ddl/doctor.h"
#include "ddl/table_checks.h"
#include "src/mysql/statement_tables.h"
#include "tests/server/preflight_fixture_test.h"

namespace osc::ddl {
namespace {

std::string Columns(const Projection& projection) {
  std::string shown;
  for (const ColumnPair& pair : projection.columns) {
    shown += (shown.empty() ? "" : " ") + projection.source.columns[pair.source].name + ">" +
             projection.target.columns[pair.target].name;
  }
  for (const size_t index : projection.preserved) {
    shown += " *" + projection.target.columns[index].name;
  }
  return shown;
}

TEST_P(PreflightTest, PlansAChange) {
  Run("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(100) NOT NULL, "
      "n INT UNSIGNED NOT NULL DEFAULT 7, UNIQUE KEY title (title))");
  Run("INSERT INTO t (title) VALUES ('a'), ('b')");
  const Trace before = TakeTrace();
  const ChangePlan plan = Plan(
      "DROP COLUMN title, RENAME COLUMN n TO amount, MODIFY id BIGINT AUTO_INCREMENT, "
      "ADD note TEXT AFTER id");
  ExpectNothingLeft(before, "a plan");
  EXPECT_EQ(Columns(plan.forward), "id>id n>amount *note");
  EXPECT_EQ(plan.forward.source_key, "PRIMARY");
  EXPECT_EQ(plan.forward.source.name, (mysql::TableName{database(), "t"}));
  EXPECT_EQ(plan.forward.target.name, (mysql::TableName{database(), "t"}));
  EXPECT_TRUE(plan.forward.target.create_statement.starts_with("CREATE TABLE `t`"))
      << plan.forward.target.create_statement;
  EXPECT_EQ(plan.forward.target.engine, "InnoDB");
  EXPECT_EQ(plan.forward.target.columns[0].type.kind, mysql::TypeKind::kBigInt);
  EXPECT_GT(plan.data_bytes, 0U);
  std::string notes;
  for (const RevertNote& note : plan.notes) notes += note.kind + " " + note.column + "; ";
  EXPECT_EQ(notes, "lossy title; blocked id; blocked title; ");
}

TEST_P(PreflightTest, ReadsTheDefinitionThatTheAlterMakes) {
  // The trial copy has to give what a real table gives.
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(255) NOT NULL, b TEXT, "
      "d DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00', g INT AS (LENGTH(a)) VIRTUAL, "
      "e ENUM('x','y''z') CHARACTER SET latin1, "
      "UNIQUE KEY u (a(20)), KEY ka (a), FULLTEXT KEY ft (b), "
      "CONSTRAINT positive CHECK (id > 0)) COMMENT='it''s'");
  const char* const kAlters[] = {
      "ADD x INT NOT NULL",
      "DROP CONSTRAINT positive",
      "ADD FULLTEXT KEY ft2 (a, b), DROP KEY ft",
      "MODIFY e ENUM('y''z','x','w'), ADD UNIQUE KEY ue (e, id)",
      "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
      "ALTER COLUMN a SET DEFAULT 'q', COMMENT 'new', ROW_FORMAT=DYNAMIC",
      "DROP d, ADD d TIMESTAMP(3) NULL FIRST",
      "ADD j JSON, ADD i INT INVISIBLE DEFAULT 3",
      "ENGINE=InnoDB",
  };
  for (const char* alter : kAlters) {
    const ChangePlan plan = Plan(alter);
    Run("CREATE TABLE real_one LIKE t");
    // MySQL gives the constraints of a LIKE other names.
    const bool drops_check = std::string(alter).find("CONSTRAINT") != std::string::npos;
    if (!drops_check || IsMariaDb()) {
      Run("ALTER TABLE real_one " + std::string(alter));
      TableDefinition real = ReadTableDefinition(connection(), {database(), "real_one"});
      TableDefinition planned = plan.forward.target;
      real.name = planned.name;
      real.create_statement.clear();
      planned.create_statement.clear();
      EXPECT_EQ(SaveDefinition(planned), SaveDefinition(real)) << alter;
    }
    Run("DROP TABLE real_one");
  }
}

TEST_P(PreflightTest, RefusesWhatIsNoOrdinaryTable) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  Run("CREATE VIEW v AS SELECT * FROM t");
  Run("CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM");
  Run("CREATE TABLE _osc_abcd1234_x (id INT PRIMARY KEY)");
  ExpectRefused("ADD a INT", {"view", "`v`"}, "v");
  ExpectRefused("ADD a INT", {"MyISAM", "InnoDB", "`m`"}, "m");
  ExpectRefused("ADD a INT", {"osc's own"}, "_osc_abcd1234_x");
  ExpectError("no table", ErrorCode::kNotFound, {"`nosuch`"}, [&] { Plan("ADD a INT", "nosuch"); });
  ExpectError("no database", ErrorCode::kNotFound, {"`osc_t_nosuch`"}, [&] {
    Preflight(connection(), {"osc_t_nosuch", "t"}, ParseAlter("ADD a INT"));
  });
  ExpectError("no database named", ErrorCode::kInvalidArgument, {"--database"}, [&] {
    Preflight(connection(), {"", "t"}, ParseAlter("ADD a INT"));
  });
  ExpectError("a table of the server", ErrorCode::kRefused, {"mysql"}, [&] {
    Preflight(connection(), {"mysql", "user"}, ParseAlter("ADD a INT"));
  });
  const bool case_counts =
      connection().QueryValue("SELECT @@lower_case_table_names").value_or("0") == "0";
  if (case_counts) {
    ExpectError("another case", ErrorCode::kNotFound, {"upper and lower case"},
                [&] { Plan("ADD a INT", "T"); });
  } else {
    EXPECT_EQ(Plan("ADD a INT", "T").forward.source.name.name, "t");
  }
}

TEST_P(PreflightTest, IgnoresATemporaryTableOfTheSession) {
  Run("CREATE TEMPORARY TABLE only_here (id INT PRIMARY KEY)");
  EXPECT_THROW(Plan("ADD a INT", "only_here"), Error);
  Run("DROP TEMPORARY TABLE only_here");
}

TEST_P(PreflightTest, RefusesMariaDbsSpecialTables) {
  if (!IsMariaDb()) GTEST_SKIP() << "MySQL has none of these";
  Run("CREATE TABLE versioned (id INT PRIMARY KEY) WITH SYSTEM VERSIONING");
  Run("CREATE TABLE period (id INT PRIMARY KEY, a DATE, b DATE, PERIOD FOR p (a, b))");
  Run("CREATE SEQUENCE s");
  Run("CREATE TABLE hashed (id INT PRIMARY KEY, a TEXT, UNIQUE KEY long_one (a))");
  Run("CREATE TABLE t (id INT PRIMARY KEY, a TEXT)");
  ExpectRefused("ADD c INT", {"system-versioned"}, "versioned");
  ExpectRefused("ADD c INT", {"PERIOD"}, "period");
  ExpectRefused("ADD c INT", {"sequence"}, "s");
  ExpectRefused("ADD c INT", {"'long_one'", "hash"}, "hashed");
  ExpectRefused("ADD UNIQUE KEY k (a)", {"'k'", "hash"});
}

TEST_P(PreflightTest, RefusesForeignKeysBothWays) {
  Run("CREATE TABLE parent (id INT PRIMARY KEY)");
  Run("CREATE TABLE `child of` (id INT PRIMARY KEY, p INT, "
      "CONSTRAINT to_parent FOREIGN KEY (p) REFERENCES parent (id))");
  ExpectRefused("ADD a INT", {"`to_parent`", "`child of`", "`parent`"}, "child of");
  ExpectRefused("ADD a INT", {"`to_parent`", "`child of`", "`parent`"}, "parent");
  ExpectRefused("DROP FOREIGN KEY to_parent", {"`to_parent`"}, "child of");
}

TEST_P(PreflightTest, TriesTriggersOnTheAlteredTable) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, b INT)");
  Run("CREATE TRIGGER before_it BEFORE INSERT ON t FOR EACH ROW SET @a = 1");
  Run("CREATE TRIGGER after_it AFTER DELETE ON t FOR EACH ROW SET @a = OLD.b");
  // On a scratch table, which the binary log has; what is left is looked at below.
  try {
    Plan("DROP b");
    ADD_FAILURE() << "the trigger was not tried";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kRefused);
    EXPECT_NE(error.message().find("`after_it`"), std::string::npos) << error.message();
  }
  const ChangePlan plan = Plan("ADD a INT");
  ASSERT_EQ(plan.renamed_triggers.size(), 2U);
  for (const NameChange& rename : plan.renamed_triggers) {
    EXPECT_EQ(rename.to, rename.from + "_osc");
  }
  EXPECT_EQ(TakeTrace().tables, (std::set<std::string>{"t"}));
}

TEST_P(PreflightTest, RefusesASecondOscOnTheTable) {
  const std::string longest(64, 'l');
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  Run("CREATE TABLE tt (id INT PRIMARY KEY)");
  Run("CREATE TABLE " + longest + " (id INT PRIMARY KEY)");
  Run("CREATE TABLE " + OffStageName("zz99zz99", "t") + " (id INT PRIMARY KEY)");
  Run("CREATE TABLE " + OffStageName("zz99zz99", longest) + " (id INT PRIMARY KEY)");
  ExpectRefused("ADD a INT", {"_osc_zz99zz99_t", "state directory", "DROP TABLE"});
  ExpectRefused("ADD a INT", {"_osc_zz99zz99_lll", "DROP TABLE"}, longest);
  EXPECT_NO_THROW(Plan("ADD a INT", "tt"));
}

TEST_P(PreflightTest, RefusesColumnsThatNeedAValueAndHaveNone) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  Run("CREATE TABLE g (id INT PRIMARY KEY, place POINT NOT NULL)");
  ExpectRefused("DROP place", {"'place'", "point", "NOT NULL"}, "g");
  ExpectRefused("ADD place GEOMETRY NOT NULL", {"'place'", "geometry", "NOT NULL"});
  EXPECT_NO_THROW(Plan("ADD a INT", "g"));
  EXPECT_NO_THROW(Plan("ADD place GEOMETRY"));
}

TEST_P(PreflightTest, RefusesATableWithoutSharedKey) {
  Run("CREATE TABLE t (a INT, b INT NOT NULL, UNIQUE KEY ua (a), UNIQUE KEY ub (b))");
  Run("CREATE TABLE none (a INT)");
  ExpectRefused("ADD x INT", {"no primary or unique key"}, "none");
  ExpectRefused("DROP KEY ub", {"'ua'", "may be NULL", "'ub'"});
  EXPECT_EQ(Plan("ADD x INT").forward.source_key, "ub");
}

TEST_P(PreflightTest, GivesTheServersOwnMessage) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, d DATETIME NOT NULL DEFAULT '0000-00-00')");
  ExpectRefused("ADD a INT", {"Duplicate column name 'a'", "1060"});
  ExpectRefused("ADD x NOSUCHTYPE", {"error "});
  ExpectRefused("MODIFY nosuch INT", {"nosuch", "1054"});
  ExpectRefused("ADD INDEX (nosuch)", {"nosuch"});
  ExpectRefused("DROP KEY nosuch", {"nosuch"});
  ExpectRefused("ADD x VARCHAR(999999999)", {"x"});
  ExpectRefused("ADD " + std::string(65, 'x') + " INT", {"too long"});
  ExpectRefused("CONVERT TO CHARACTER SET nosuch", {"nosuch"});
  ExpectRefused("ENGINE=MyISAM", {"MyISAM", "InnoDB"});
  ExpectRefused("ADD PARTITION (PARTITION p VALUES LESS THAN (3))", {"partition maintenance"});
  EXPECT_NO_THROW(Plan("ENGINE=InnoDB"));
  EXPECT_NO_THROW(Plan("FORCE"));
}

TEST_P(PreflightTest, StandsOddNames) {
  const std::string table = "a `b` \"c\" 'd' é; --";
  Run("CREATE TABLE " + mysql::QuoteIdentifier(table) +
      " (id INT PRIMARY KEY, `select` INT, `FULLTEXT` TEXT, FULLTEXT KEY `key` (`FULLTEXT`))");
  const Trace before = TakeTrace();
  const ChangePlan plan = Plan("RENAME COLUMN `select` TO `é``x`, ADD row_format INT", table);
  EXPECT_EQ(Columns(plan.forward), "id>id select>é`x FULLTEXT>FULLTEXT *row_format");
  ExpectNothingLeft(before, "odd names");
}

TEST_P(PreflightTest, RefusesWithoutRoomOnTheDisk) {
  const ServerVariables variables = ReadServerVariables(connection());
  TableFacts facts;
  facts.name = {database(), "t"};
  facts.data_bytes = 1000;
  EXPECT_NO_THROW(CheckDiskSpace(GetParam().Options(), variables, facts));
  facts.data_bytes = uint64_t{1} << 60;
  ExpectError("no room", ErrorCode::kRefused, {"`t`", "GiB", "disk"},
              [&] { CheckDiskSpace(GetParam().Options(), variables, facts); });
  mysql::ConnectionOptions remote = GetParam().Options();
  remote.host = "db.example.com";
  EXPECT_NO_THROW(CheckDiskSpace(remote, variables, facts));
  ServerVariables tunnel = variables;
  tunnel["hostname"] = "db.example.com";
  EXPECT_NO_THROW(CheckDiskSpace(GetParam().Options(), tunnel, facts));
}

TEST_P(PreflightTest, DoctorListsItsFindings) {
  const Trace before = TakeTrace();
  const std::vector<DoctorFinding> findings = Examine(connection(), database());
  ExpectNothingLeft(before, "doctor");
  std::set<std::string> names;
  for (const DoctorFinding& finding : findings) {
    EXPECT_NE(finding.status, FindingStatus::kProblem) << finding.name << ": " << finding.detail;
    EXPECT_TRUE(names.insert(finding.name).second) << finding.name;
  }
  for (const char* name :
       {"version", "binary_log", "binlog_format", "binlog_row_image", "gtid_mode",
        "binlog_retention", "privileges", "lower_case_table_names", "innodb_autoinc_lock_mode",
        "max_allowed_packet", "performance", "read_only", "binlog_filter"}) {
    EXPECT_EQ(names.count(name), 1U) << name;
  }
  const testing::TestUser user(GetParam());
  mysql::Connection as_user = ConnectAs(user);
  bool privileges_found = false;
  for (const DoctorFinding& finding : Examine(as_user, std::nullopt)) {
    if (finding.name != "privileges") continue;
    privileges_found = finding.status == FindingStatus::kProblem &&
                       finding.fix.find("PROCESS") != std::string::npos;
  }
  EXPECT_TRUE(privileges_found);
}

// What the binary log holds of our marked statements, on this very server.
TEST_P(PreflightTest, MarkersReachTheBinaryLog) {
  const std::pair<const char*, const char*> kStatements[] = {
      {"CREATE TABLE /* osc:m */ a (id INT PRIMARY KEY)", "osc:m"},
      {"ALTER TABLE /* osc:m */ a ADD x INT", "osc:m"},
      {"RENAME TABLE /* osc:m */ a TO b", "osc:m"},
      {"TRUNCATE TABLE /* osc:m */ b", "osc:m"},
      {"CREATE INDEX /* osc:m */ i ON b (x)", "osc:m"},
      {"DROP TABLE /* osc:m */ b", IsMariaDb() ? "osc:m" : ""},
  };
  for (const auto& [sql, marker] : kStatements) {
    const Trace before = TakeTrace();
    Run(sql);
    if (TakeTrace().file != before.file) continue;
    mysql::Result events =
        connection().Query("SHOW BINLOG EVENTS IN '" + before.file + "' FROM " + before.offset);
    std::optional<mysql::StatementEffect> effect;
    const std::string use = "use `" + database() + "`; ";
    while (events.Next()) {
      const std::string text = events.Text(5);
      if (text.starts_with(use)) {
        effect = mysql::ClassifyStatement(std::string_view(text).substr(use.size()), database());
      }
    }
    ASSERT_TRUE(effect) << sql;
    const std::vector<std::string> markers(*marker == '\0' ? 0 : 1, marker);
    EXPECT_EQ(effect->markers, markers) << sql;
    EXPECT_EQ(effect->kind, mysql::ClassifyStatement(sql, database()).kind) << sql;
    EXPECT_EQ(effect->tables, mysql::ClassifyStatement(sql, database()).tables) << sql;
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, PreflightTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace osc::ddl
