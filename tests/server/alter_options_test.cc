// Every option of ALTER TABLE in both families' manuals, held to what the server itself does: what
// it takes, preflight takes with the same result, or refuses for a reason of osc's; what it
// refuses, preflight refuses. And which column is which after clauses that meet on one column.
#include <gmock/gmock.h>

#include <map>
#include <regex>

#include "ddl/preflight.h"
#include "ddl/table_definition.h"
#include "src/base/error.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Option {
  const char* clauses;
  const char* refusal = "";  // of osc's own, where the server would do it
};

// Of the table that CreateTable makes.
const std::vector<Option> kOptions{
    {"ADD x INT UNSIGNED ZEROFILL NOT NULL DEFAULT 5 COMMENT 'c, d' FIRST"},
    {"ADD x VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin"},
    {"ADD x INT INVISIBLE"},
    {"ADD x INT VISIBLE"},
    {"ADD x JSON ENGINE_ATTRIBUTE='{\"k\": [1, 2]}'"},
    {"ADD x INT COLUMN_FORMAT DYNAMIC"},
    {"ADD x INT STORAGE DISK"},
    {"ADD x INT CONSTRAINT xc CHECK (x > 0 AND x IN (1, 2)) NOT ENFORCED"},
    {"ADD x INT CHECK (x > 0)"},
    {"ADD x INT UNIQUE KEY COMMENT 'x'"},
    {"ADD x INT GENERATED ALWAYS AS (a + IF(c, 2, 1)) STORED"},
    {"ADD x INT AS (a + 1) PERSISTENT AFTER a"},
    {"ADD x INT AS (a + 1) VIRTUAL"},
    {"ADD x TIMESTAMP(6) NULL DEFAULT NOW(6) ON UPDATE NOW(6)"},
    {"ADD x CHAR(3) DEFAULT _utf8mb4'x,y', ADD y CHAR(3) DEFAULT N'(z'"},
    {"ADD x BINARY(2) DEFAULT X'2C29', ADD y BIT(3) DEFAULT b'101', ADD z INT DEFAULT 0x1F"},
    {"ADD x DOUBLE DEFAULT -1.5e-3, ADD y DECIMAL(3,1) DEFAULT .5"},
    {"ADD x CHAR(9) DEFAULT 'it''s, \\'b\\'' COMMENT \"a, b\""},
    {"ADD COLUMN (x INT, y INT DEFAULT (1 + 2))"},
    {"ADD (x INT, INDEX ix (x), CHECK (x > 1), UNIQUE KEY uy (a, x))"},
    {"ADD COLUMN IF NOT EXISTS (x INT, a INT)"},
    {"ADD COLUMN IF NOT EXISTS a INT"},
    {"ADD COLUMN IF NOT EXISTS x INT"},
    {"ADD x SERIAL"},
    {"ADD x INT NOT SECONDARY"},
    {"ADD x INT, ADD y INT FIRST, ADD z INT AFTER x"},
    {"ADD x INT, FORCE"},
    {"ADD x INT ENGINE=InnoDB"},
    {"ADD x INT WITHOUT SYSTEM VERSIONING"},
    {"ADD x TIMESTAMP(6) GENERATED ALWAYS AS ROW START"},
    {"ADD x TEXT COMPRESSED"},
    {"MODIFY IF EXISTS x INT, CHANGE IF EXISTS y z INT AFTER a"},
    {"MODIFY COLUMN a BIGINT FIRST"},
    {"CHANGE a x BIGINT AFTER c"},
    {"RENAME COLUMN a TO x"},
    {"RENAME COLUMN IF EXISTS x TO y"},
    {"DROP COLUMN IF EXISTS x RESTRICT"},
    {"DROP a CASCADE"},
    {"ALTER COLUMN IF EXISTS a SET DEFAULT 3"},
    {"ALTER a SET DEFAULT (1 + 2)"},
    {"ALTER b DROP DEFAULT"},
    {"ALTER COLUMN c SET INVISIBLE"},
    {"ALTER COLUMN c SET VISIBLE"},
    {"ADD INDEX i USING BTREE (a DESC, b(10) ASC) COMMENT 'x'"},
    {"ADD INDEX i (a) KEY_BLOCK_SIZE=8"},
    {"ADD INDEX i (a) INVISIBLE"},
    {"ADD INDEX i ((LOWER(b)))"},
    {"ADD INDEX i (a) ENGINE_ATTRIBUTE='{}'"},
    {"ADD KEY IF NOT EXISTS i (a) IGNORED, ADD UNIQUE KEY IF NOT EXISTS ub (b)"},
    {"ADD CONSTRAINT IF NOT EXISTS pos CHECK (a > 1)"},
    {"ADD CONSTRAINT big CHECK (a > 1)"},
    {"ADD CONSTRAINT CHECK (a > 1)"},
    {"ADD CONSTRAINT u UNIQUE INDEX u (a, c)"},
    {"ADD FULLTEXT KEY f (b, d) COMMENT 'x'"},
    {"ADD FULLTEXT KEY f (d) WITH PARSER ngram"},
    {"DROP INDEX IF EXISTS i, DROP CONSTRAINT IF EXISTS nosuch, DROP FOREIGN KEY IF EXISTS f"},
    {"DROP INDEX ka"},
    {"DROP CONSTRAINT ub"},
    {"RENAME INDEX ka TO kb"},
    {"RENAME INDEX IF EXISTS x TO y"},
    {"ALTER INDEX ka INVISIBLE"},
    {"ALTER INDEX ka IGNORED"},
    {"ALTER KEY IF EXISTS x NOT IGNORED"},
    {"DROP PRIMARY KEY, ADD PRIMARY KEY (id, c)"},
    {"AUTOEXTEND_SIZE=4M"},
    {"AUTO_INCREMENT 70"},
    {"AVG_ROW_LENGTH=1 CHECKSUM=1 DELAY_KEY_WRITE=0 PACK_KEYS=DEFAULT"},
    {"TABLE_CHECKSUM=1"},
    {"COMPRESSION='zlib'"},
    {"ENCRYPTION='N'"},
    {"CONNECTION='x'"},
    {"ENGINE_ATTRIBUTE='{\"a\": 1}'"},
    {"SECONDARY_ENGINE_ATTRIBUTE=''"},
    {"INSERT_METHOD=NO MAX_ROWS=9 MIN_ROWS=1"},
    {"STATS_AUTO_RECALC=1 STATS_PERSISTENT=0 STATS_SAMPLE_PAGES=9"},
    {"PAGE_CHECKSUM=1 TRANSACTIONAL=0"},
    {"IETF_QUOTES=NO"},
    {"ENCRYPTED=NO"},
    {"PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=9"},
    {"`PAGE_COMPRESSED`=1"},
    {"DEFAULT CHARACTER SET = utf8mb4 DEFAULT COLLATE = utf8mb4_bin"},
    {"CHARACTER SET 'latin1'"},
    {"COLLATE DEFAULT"},
    {"CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"},
    {"COMMENT 'x' ROW_FORMAT COMPRESSED KEY_BLOCK_SIZE 8"},
    {"ROW_FORMAT=COMPRESSED, KEY_BLOCK_SIZE=8"},
    {"ENGINE='InnoDB'"},
    {"FORCE"},
};

class AlterOptionsTest : public testing::ServerTest {
 protected:
  void CreateTable() {
    Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(50) NOT NULL DEFAULT '', c INT NOT "
        "NULL, d TEXT, KEY ka (a), UNIQUE KEY ub (b), CONSTRAINT pos CHECK (c >= 0))");
  }
  std::string Definition() {
    mysql::Result row = connection().Query("SHOW CREATE TABLE t");
    row.Next();
    return row.Text(1);
  }
  // nullopt and why when it is refused.
  std::optional<ddl::ChangePlan> Plan(const std::string& clauses, std::string* refusal) {
    try {
      return ddl::Preflight(connection(), {database(), "t"}, ddl::ParseAlter(clauses));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kRefused) << error.message();
      EXPECT_FALSE(error.hint().empty()) << error.message();
      *refusal = error.message();
      return std::nullopt;
    }
  }
  bool ServerDoes(const std::string& clauses) {
    try {
      Run("ALTER TABLE t " + clauses);
      return true;
    } catch (const Error& error) {
      EXPECT_NE(error.server_errno(), 0u) << error.message();
      return false;
    }
  }
  // The temporary table t has the values 1, 2, 3 of what were a, b, c.
  void ExpectFollowed(const ddl::TableDefinition& original, const std::string& text) {
    ddl::Projection forward;
    try {
      const auto altered = ddl::ReadTableDefinition(connection(), {database(), "t"});
      forward = ddl::ForwardProjection(original, altered, ddl::ParseAlter(text));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kRefused) << text << ": " << error.message();
      return;
    }
    mysql::Result row = connection().Query("SELECT * FROM t");
    row.Next();
    std::map<size_t, std::string> expected;
    for (const ddl::ColumnPair& pair : forward.columns) {
      expected[pair.target] = std::to_string(pair.source);
    }
    for (size_t i = 0; i < forward.target.columns.size(); ++i) {
      const std::string value(row[i].value_or("new"));
      EXPECT_EQ(value, expected.count(i) != 0 ? expected[i] : "new")
          << text << ": " << forward.target.columns[i].name;
    }
  }
  static std::string Comparable(ddl::TableDefinition definition) {
    definition.create_statement.clear();
    return ddl::SaveDefinition(definition);
  }
};

TEST_P(AlterOptionsTest, ArePlannedAsTheServerDoesThem) {
  size_t done = 0;
  for (const Option& option : kOptions) {
    SCOPED_TRACE(option.clauses);
    CreateTable();
    const std::string before = Definition();
    std::string refusal;
    const auto plan = Plan(option.clauses, &refusal);
    EXPECT_EQ(Definition(), before);
    EXPECT_THAT(Tables(), ElementsAre("t"));
    if (!ServerDoes(option.clauses)) {
      EXPECT_FALSE(plan) << "the server refuses it";
    } else if (*option.refusal != '\0') {
      EXPECT_FALSE(plan);
      EXPECT_THAT(refusal, HasSubstr(option.refusal));
    } else if (!plan) {
      ADD_FAILURE() << "the server does it: " << refusal;
    } else {
      EXPECT_EQ(Comparable(plan->forward.target),
                Comparable(ddl::ReadTableDefinition(connection(), {database(), "t"})));
      ++done;
    }
    Run("DROP TABLE t");
  }
  EXPECT_GE(done, 50u) << "of " << kOptions.size();
}

// Some of each kind go all the way, and one sets the other's mark on the real table.
TEST_P(AlterOptionsTest, AreCarriedOut) {
  const std::vector<std::string> kBoth{
      "ADD x CHAR(9) DEFAULT 'it''s, \\'b\\'' COMMENT \"a, b\", ADD (y INT DEFAULT (1 + 2), INDEX "
      "iy (y)), ALTER a SET DEFAULT 3, RENAME INDEX ka TO kb",
      "COMMENT 'x' ROW_FORMAT COMPRESSED KEY_BLOCK_SIZE 8, STATS_PERSISTENT=0, MODIFY b "
      "VARCHAR(60) NOT NULL DEFAULT 'q' FIRST, DROP a",
      "ALTER TABLE t ADD INDEX i USING BTREE (c DESC, b(10) ASC) COMMENT 'x', ADD FULLTEXT KEY f "
      "(b, d), FORCE",
      "CREATE UNIQUE INDEX u ON t (c, id)", "DROP INDEX ka ON t"};
  const std::vector<std::string> kMySql{
      "ALTER INDEX ka INVISIBLE, ALTER COLUMN c SET INVISIBLE, ADD INDEX i ((LOWER(b))), "
      "COMPRESSION='zlib', AUTOEXTEND_SIZE=4M"};
  const std::vector<std::string> kMariaDb{
      "ADD COLUMN IF NOT EXISTS a INT, CHANGE IF EXISTS c x BIGINT NOT NULL, DROP COLUMN IF EXISTS "
      "nosuch, RENAME COLUMN IF EXISTS missing TO other, MODIFY IF EXISTS missing INT",
      "ALTER INDEX ka IGNORED, `PAGE_COMPRESSED`=1, ADD KEY IF NOT EXISTS ka (d(3)), ADD x INT AS "
      "(a + 1) PERSISTENT AFTER a"};
  std::vector<std::string> all = kBoth;
  const auto& own = IsMariaDb() ? kMariaDb : kMySql;
  all.insert(all.end(), own.begin(), own.end());
  for (const std::string& text : all) {
    SCOPED_TRACE(text);
    CreateTable();
    Run("INSERT INTO t VALUES (1, 10, 'one', 5, 'first'), (2, NULL, 'two', 6, 'second')");
    const bool whole = text.starts_with("ALTER TABLE") || text.find(" ON t") != std::string::npos;
    const std::string id = osc()
                               .Succeed(whole ? std::vector<std::string>{"alter", text, "--json"}
                                              : std::vector<std::string>{"alter", "--table", "t",
                                                                         "--alter", text, "--json"})
                               .Json()
                               .at("id");
    const std::string altered = Definition();
    osc().Succeed({"revert", id});
    osc().Succeed({"complete", id});
    EXPECT_THAT(Tables(), ElementsAre("t"));
    Run(whole ? text : "ALTER TABLE t " + text);
    // MySQL gives the CHECK constraints of a copied table names of its own.
    const std::regex name("CONSTRAINT `[^`]*` CHECK");
    EXPECT_EQ(std::regex_replace(altered, name, "CHECK"),
              std::regex_replace(Definition(), name, "CHECK"));
    Run("DROP TABLE t");
  }
}

// What the servers make of clauses that meet on one column is not what their order says. Values
// tell the columns apart: each knows the name that it began with.
TEST_P(AlterOptionsTest, ColumnsAreFollowedAsTheServerFollowsThem) {
  std::vector<std::string> clauses{"DROP a",
                                   "ADD A INT",
                                   "ADD x INT",
                                   "CHANGE A x INT",
                                   "CHANGE b a INT",
                                   "RENAME COLUMN A TO b",
                                   "RENAME COLUMN b TO c",
                                   "RENAME COLUMN c TO a",
                                   "CHANGE x y INT",
                                   "MODIFY X BIGINT",
                                   "MODIFY B BIGINT",
                                   "ALTER x SET DEFAULT NULL"};
  if (IsMariaDb()) {
    clauses.insert(clauses.end(),
                   {"DROP IF EXISTS a", "ADD IF NOT EXISTS A INT", "ADD IF NOT EXISTS x INT",
                    "CHANGE IF EXISTS A b INT", "RENAME COLUMN IF EXISTS x TO a",
                    "RENAME COLUMN IF EXISTS b TO x"});
  }
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT)");
  const ddl::TableDefinition original = ddl::ReadTableDefinition(connection(), {database(), "t"});
  Run("SET sql_mode=''");
  size_t followed = 0;
  for (const std::string& one : clauses) {
    for (const std::string& two : clauses) {
      for (const std::string& three : clauses) {
        if (one == two || one == three || two == three) continue;
        const std::string text = one + ", " + two + ", " + three;
        Run("CREATE TEMPORARY TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT)");
        Run("INSERT INTO t VALUES (0, 1, 2, 3)");
        if (ServerDoes(text)) {
          ++followed;
          ExpectFollowed(original, text);
        }
        Run("DROP TEMPORARY TABLE t");
      }
    }
  }
  EXPECT_GT(followed, 50u);
}

INSTANTIATE_TEST_SUITE_P(Servers, AlterOptionsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
