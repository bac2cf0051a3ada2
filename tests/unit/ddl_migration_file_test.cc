#include <gmock/gmock.h>

#include "ddl/alter_join.h"
#include "ddl/migration_file.h"
#include "src/base/error.h"

namespace osc::ddl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kChange = "ALTER TABLE t ADD a INT;\n";

// "line: table: clauses" of a migration, "line: kind: text" of others.
std::vector<std::string> Steps(const MigrationFile& file) {
  std::vector<std::string> lines;
  for (const FileStep& step : file.steps) {
    lines.push_back(
        std::to_string(step.line) + ": " +
        (step.migration ? step.alter.table + ": " + TextOf(step) : step.kind + ": " + step.text));
  }
  return lines;
}

std::vector<std::string> StepsOf(const std::string& text) {
  return Steps(ParseMigrationFile("a.sql", text));
}

Error Catch(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_NE(error.hint(), "") << error.message();
    return error;
  }
  return Error(ErrorCode::kInternal, "nothing was thrown");
}

TEST(MigrationFile, FormatVersionAndDescriptionComeFromTheName) {
  struct Case {
    const char* name;
    const char* text;
    const char* expected;  // "format version description"
  };
  const std::string up = std::string("-- migrate:up\n") + kChange;
  const Case kCases[] = {
      {"a.sql", kChange, "plain||a"},
      {"001_users.sql", kChange, "plain||001 users"},
      {"V1__x.sql", kChange, "flyway|1|x"},
      {"V1.2.10__add_nick.sql", kChange, "flyway|1.2.10|add nick"},
      {"V1_2__a__b.sql", kChange, "flyway|1.2|a  b"},
      {"V20261122100000__x.sql", kChange, "flyway|20261122100000|x"},
      {"V__x.sql", kChange, "plain||V  x"},
      {"V1a__x.sql", kChange, "plain||V1a  x"},
      {"V1._2__x.sql", kChange, "plain||V1. 2  x"},
      {"V1_x.sql", kChange, "plain||V1 x"},
      {"1_x.up.sql", kChange, "golang-migrate|1|x"},
      {"000012_add_nick.up.sql", kChange, "golang-migrate|000012|add nick"},
      {"x.up.sql", kChange, "plain||x.up"},
      {"20261122100000_add_nick.sql", up.c_str(), "dbmate|20261122100000|add nick"},
  };
  for (const Case& c : kCases) {
    const MigrationFile file = ParseMigrationFile(c.name, c.text);
    EXPECT_EQ(std::string(FormatName(file.format)) + "|" + file.version + "|" + file.description,
              c.expected)
        << c.name;
    EXPECT_EQ(WhyNotRun(c.name), "") << c.name;
  }
  for (const char* name :
       {"1_x.down.sql", "x.down.sql", "R__x.sql", "U1__x.sql", "U1.2__x.sql", "B3__x.sql"}) {
    EXPECT_NE(WhyNotRun(name), "") << name;
  }
  for (const char* name : {"Users__x.sql", "Books__x.sql", "B__x.sql"}) {
    EXPECT_EQ(WhyNotRun(name), "") << name;
  }
}

TEST(MigrationFile, StatementsAreTakenApart) {
  EXPECT_THAT(StepsOf("-- first; of all\n\nALTER TABLE t ADD a INT;\nDROP INDEX i ON u;"),
              ElementsAre("3: t: ADD a INT", "4: u: DROP INDEX i"));
  EXPECT_THAT(StepsOf("/* a; */ ALTER TABLE `a;b` ADD a VARCHAR(9) DEFAULT ';''\\';' # b;\n"),
              ElementsAre("1: a;b: ADD a VARCHAR(9) DEFAULT ';''\\';'"));
  EXPECT_THAT(StepsOf(";;\r\n;\r\nCREATE UNIQUE INDEX i ON t (a)\r\n;\r\n"),
              ElementsAre("3: t: ADD UNIQUE INDEX i (a)"));
  EXPECT_THAT(StepsOf("\xef\xbb\xbf"
                      "ALTER TABLE t COMMENT 'caf\xc3\xa9'"),
              ElementsAre("1: t: COMMENT 'caf\xc3\xa9'"));
  EXPECT_THAT(
      StepsOf("INSERT INTO t VALUES (';');\ncreate or replace view v as select 1;\n"
              "DROP TABLE IF EXISTS t; CREATE TEMPORARY TABLE x (a INT); SET @a=1;"
              "/*!50000 ANALYZE TABLE t */;"),
      ElementsAre("1: INSERT: INSERT INTO t VALUES (';')",
                  "2: v: create or replace view v as select 1", "3: t: DROP TABLE IF EXISTS `t`",
                  "3: CREATE TEMPORARY TABLE: CREATE TEMPORARY TABLE x (a INT)", "3: SET: SET @a=1",
                  "3: this statement: /*!50000 ANALYZE TABLE t */"));
}

TEST(MigrationFile, ATableIsCreatedWithTheAltersBehindIt) {
  const MigrationFile file = ParseMigrationFile(
      "a.sql", "CREATE TABLE t (a INT);\nCREATE INDEX i ON t (a);\nALTER TABLE u ADD b INT;");
  ASSERT_EQ(file.steps.size(), 2U);
  EXPECT_THAT(file.steps[0].object->alters, ElementsAre("ADD INDEX i (a)"));
  EXPECT_EQ(file.steps[0].object->text, "CREATE TABLE t (a INT);\nALTER TABLE `t` ADD INDEX i (a)");
  // It may have been there before.
  EXPECT_EQ(StepsOf("CREATE TABLE IF NOT EXISTS t (a INT); CREATE INDEX i ON t (a)").size(), 2U);
  EXPECT_THAT(StepsOf("CREATE TABLE t (a INT REFERENCES u (a))"),
              ElementsAre("1: CREATE TABLE with a foreign key: CREATE TABLE t (a INT REFERENCES u "
                          "(a))"));
}

TEST(MigrationFile, OfDbmateOnlyTheUpSectionIsRun) {
  const std::string text =
      "-- a comment\n-- migrate:up transaction:false\n"
      "ALTER TABLE t ADD a INT;\n--migrate:down\nALTER TABLE t DROP a;\n";
  EXPECT_THAT(Steps(ParseMigrationFile("1_a.sql", text)), ElementsAre("3: t: ADD a INT"));
  struct Case {
    const char* name;
    std::string text;
    const char* message;
  };
  const std::string change = kChange;
  const Case kCases[] = {
      {"1_a.sql", "-- migrate:down\n" + change, "1_a.sql: the sections are not one migrate:up"},
      {"1_a.sql", "-- migrate:up\n" + change + "-- migrate:up\n" + change, "not one migrate:up"},
      {"1_a.sql", change + "-- migrate:up\n" + change, "1_a.sql:1: a statement stands before"},
      {"1_a.sql", "\n-- migrate:up nothing:true\n" + change, "1_a.sql:2: dbmate's option 'nothing"},
      {"1_a.sql", "-- migrate:up\n-- migrate:down\n" + change, "1_a.sql: there is no statement"},
      {"a.sql", "-- migrate:up\n" + change, "no version before its name"},
      {"V1__a.sql", change + "-- migrate:down\n", "V1__a.sql:2: a section of dbmate"},
      {"1_a.sql", "-- +goose Up\n" + change, "written for goose"},
  };
  for (const Case& c : kCases) {
    const Error error = Catch([&] { ParseMigrationFile(c.name, c.text); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << c.text;
    EXPECT_THAT(error.message(), HasSubstr(c.message)) << c.text;
  }
}

TEST(MigrationFile, BadTextIsRefusedWithItsLine) {
  struct Case {
    std::string text;
    const char* message;
  };
  const Case kCases[] = {
      {"", "a.sql: there is no statement"},
      {"-- nothing\n;\n", "a.sql: there is no statement"},
      {"ALTER TABLE t ADD a INT;\nINSERT INTO t VALUES ('x);\n", "a.sql:2: a quoted text has no"},
      {"\n/* ALTER TABLE t ADD a INT;\n", "a.sql:2: a comment has no end"},
      {"\nDELIMITER //\nALTER TABLE t ADD a INT//\n", "a.sql:2: DELIMITER is a command"},
      {"CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a=1; END;", "a.sql:1: osc can"},
      {"ALTER TABLE t COMMENT 'caf\xe9';", "a.sql:1: this is no UTF-8"},
      {"\n\xc0\xafSELECT 1", "a.sql:2: this is no UTF-8"},
      {"SELECT '\xed\xa0\x80'", "a.sql:1: this is no UTF-8"},
      {std::string("\xff\xfe"
                   "A\0",
                   4),
       "a.sql:1: this is no UTF-8"},
      {std::string("SELECT 1\0", 9), "a.sql:1: there is a zero byte"},
      {"\n-- osc: =3\nSELECT 1", "a.sql:2: a directive has no name"},
      {"-- osc: a=\"b\nSELECT 1", "a.sql:1: the value of a has no closing"},
      {"\nALTER TABLE t\n", "a.sql:2: the ALTER has no clause"},
      {"\nALTER TABLE t RENAME TO u", "a.sql:2: RENAME TO u"},
  };
  for (const Case& c : kCases) {
    const Error error = Catch([&] { StepsOf(c.text); });
    EXPECT_THAT(error.message(), HasSubstr(c.message)) << c.text;
    EXPECT_THAT((std::vector{ErrorCode::kInvalidArgument, ErrorCode::kRefused}),
                ::testing::Contains(error.code()));
  }
}

TEST(MigrationFile, DirectivesStandInComments) {
  const MigrationFile file = ParseMigrationFile(
      "a.sql",
      "-- osc: retention=48h  postpone-cutover\n# osc:verify=off\n-- oscar: no\n"
      "ALTER TABLE t ADD a INT; /* osc: revert-default=\"b='x y'\" chunk-time= */\n");
  std::vector<std::string> lines;
  for (const ScriptDirective& directive : file.directives) {
    lines.push_back(std::to_string(directive.line) + " " + directive.name + " " + directive.value);
  }
  EXPECT_THAT(lines, ElementsAre("1 retention 48h", "1 postpone-cutover on", "2 verify off",
                                 "4 revert-default b='x y'", "4 chunk-time "));
}

TEST(MigrationFile, TheChecksumIsThatOfTheBytesButForLineEnds) {
  const std::string sum = ParseMigrationFile("a.sql", "SELECT 1;\nSELECT 2;\n").checksum;
  EXPECT_EQ(ParseMigrationFile("b.sql", "SELECT 1;\r\nSELECT 2;\r\n").checksum, sum);
  EXPECT_NE(ParseMigrationFile("a.sql", "SELECT 1;\nSELECT 2; \n").checksum, sum);
  // printf 'SELECT 1;\nSELECT 2;\n' | sha256sum
  EXPECT_EQ(sum, "82efb67f3010c6eb7ead02e4f6d9550633dbc1407f99aa487468e7b2567aebbc");
}

TEST(MigrationFile, StatementsOnOneTableBecomeOneMigration) {
  EXPECT_THAT(StepsOf("ALTER TABLE t ADD a INT;\nALTER TABLE u ADD b INT;\n"
                      "CREATE INDEX i ON t (a);\nALTER TABLE t DROP c -- gone\n;"),
              ElementsAre("1: t: ADD a INT, ADD INDEX i (a), DROP c", "2: u: ADD b INT"));
  EXPECT_THAT(StepsOf("DROP INDEX i ON t; CREATE INDEX i ON t (a, b);"),
              ElementsAre("1: t: DROP INDEX i, ADD INDEX i (a, b)"));
  EXPECT_THAT(StepsOf("ALTER TABLE t DROP PRIMARY KEY; ALTER TABLE t ADD PRIMARY KEY (b)"),
              ElementsAre("1: t: DROP PRIMARY KEY, ADD PRIMARY KEY (b)"));
  EXPECT_THAT(StepsOf("ALTER TABLE t RENAME COLUMN a TO b; ALTER TABLE t ADD INDEX (c)"),
              ElementsAre("1: t: RENAME COLUMN a TO b, ADD INDEX (c)"));
}

TEST(MigrationFile, StatementsThatCannotBeJoinedAreRefused) {
  struct Case {
    const char* first;
    const char* second;
    const char* message;
  };
  const Case kCases[] = {
      {"ALTER TABLE t ADD a INT", "ALTER TABLE t MODIFY A BIGINT", "act on column a"},
      {"ALTER TABLE t DROP a", "ALTER TABLE t ADD a INT", "act on column a"},
      {"ALTER TABLE t CHANGE a b INT", "ALTER TABLE t ALTER b SET DEFAULT 1", "act on column b"},
      {"CREATE INDEX i ON t (a)", "DROP INDEX I ON t", "act on key i"},
      {"CREATE INDEX i ON t (a)", "ALTER TABLE t RENAME INDEX i TO j", "act on key i"},
      {"DROP INDEX i ON t", "ALTER TABLE t RENAME INDEX j TO i", "act on key i"},
      {"DROP INDEX i ON t", "DROP INDEX i ON t", "act on key i"},
      {"ALTER TABLE t ADD CONSTRAINT c CHECK (a>0)", "ALTER TABLE t DROP CHECK c", "on key c"},
      {"ALTER TABLE t ADD PRIMARY KEY (a)", "ALTER TABLE t DROP PRIMARY KEY", "key PRIMARY"},
      {"ALTER TABLE t RENAME COLUMN a TO b", "CREATE INDEX i ON t (b)", "the other names b"},
      {"ALTER TABLE t ADD c INT AS (`a` + 1)", "ALTER TABLE t RENAME COLUMN a TO b",
       "the other names a"},
      {"ALTER TABLE t DEFAULT CHARACTER SET latin1", "ALTER TABLE t ADD a TEXT", "character set"},
      {"ALTER TABLE t ADD a TEXT", "ALTER TABLE t CONVERT TO CHARACTER SET latin1",
       "character set"},
      {"ALTER TABLE t PARTITION BY KEY() PARTITIONS 2", "ALTER TABLE t ADD a INT", "partitions"},
      {"ALTER TABLE t ADD a INT; UPDATE t SET a=1", "ALTER TABLE t DROP b", "stand between"},
      {"ALTER TABLE t ADD a INT", "ALTER TABLE T ADD b INT", "another spelling"},
      {"ALTER TABLE t ADD a INT", "ALTER TABLE d.t ADD b INT", "another spelling"},
  };
  for (const Case& c : kCases) {
    const std::string text = std::string(c.first) + ";\n\n" + c.second + ";\n";
    const Error error = Catch([&] { StepsOf(text); });
    EXPECT_EQ(error.code(), ErrorCode::kRefused) << text;
    EXPECT_THAT(error.message(), HasSubstr("a.sql:3: table ")) << text;
    EXPECT_THAT(error.message(), HasSubstr("at a.sql:1 too")) << text;
    EXPECT_THAT(error.message(), HasSubstr(c.message)) << text;
  }
}

std::vector<std::string> Sorted(const std::vector<std::string>& names, const std::string& text) {
  std::vector<MigrationFile> files;
  for (const std::string& name : names) files.push_back(ParseMigrationFile(name, text));
  SortMigrationFiles(&files);
  std::vector<std::string> sorted;
  for (const MigrationFile& file : files) sorted.push_back(file.name);
  return sorted;
}

TEST(MigrationFile, FilesAreInTheOrderOfTheirVersions) {
  EXPECT_THAT(Sorted({"b.sql", "10.sql", "9.sql", "B.sql"}, kChange),
              ElementsAre("10.sql", "9.sql", "B.sql", "b.sql"));
  EXPECT_THAT(
      Sorted({"V10__a.sql", "V9__b.sql", "V1.10__c.sql", "V1.9__d.sql", "V1__e.sql",
              "V00000000000000000000000002__f.sql", "V99999999999999999999999__g.sql"},
             kChange),
      ElementsAre("V1__e.sql", "V1.9__d.sql", "V1.10__c.sql", "V00000000000000000000000002__f.sql",
                  "V9__b.sql", "V10__a.sql", "V99999999999999999999999__g.sql"));
  EXPECT_THAT(Sorted({"10_a.up.sql", "9_b.up.sql"}, kChange),
              ElementsAre("9_b.up.sql", "10_a.up.sql"));
  EXPECT_THAT(Sorted({"10_a.sql", "9_b.sql"}, std::string("-- migrate:up\n") + kChange),
              ElementsAre("9_b.sql", "10_a.sql"));
}

TEST(MigrationFile, AnOrderThatIsNotClearIsRefused) {
  const auto message = [](const std::vector<std::string>& names) {
    const Error error = Catch([&] { Sorted(names, kChange); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.message();
  };
  EXPECT_EQ(message({"V1__a.sql", "V1.0__b.sql"}),
            "V1.0__b.sql and V1__a.sql have the same version");
  EXPECT_EQ(message({"1_a.up.sql", "001_b.up.sql"}),
            "001_b.up.sql and 1_a.up.sql have the same version");
  EXPECT_EQ(message({"a.sql", "a.sql"}), "the file a.sql is there twice");
  EXPECT_THAT(message({"V1__a.sql", "b.sql"}), HasSubstr("V1__a.sql is a file of flyway, b.sql"));
}

}  // namespace
}  // namespace osc::ddl
