#include <gtest/gtest.h>

#include "ddl/column_clause.h"

namespace osc::ddl {
namespace {

TableDefinition Table(const std::string& columns) {
  TableDefinition table;
  table.name = {"d", "t"};
  table.create_statement = "CREATE TABLE `t` (\n  " + columns + "\n) ENGINE=InnoDB";
  return table;
}

Column Named(const std::string& name, bool generated = false) {
  Column column;
  column.name = name;
  column.generated = generated;
  return column;
}

TEST(ColumnClause, IsTheTextAfterTheName) {
  const TableDefinition table =
      Table("`a` int,\n  `b``b` varchar(9) COMMENT 'x\\n  `c` int',\n  `d` int");
  EXPECT_EQ(ColumnClause(table, Named("a")), "int");
  EXPECT_EQ(ColumnClause(table, Named("b`b")), "varchar(9) COMMENT 'x\\n  `c` int'");
  EXPECT_EQ(ColumnClause(table, Named("d")), "int");
  EXPECT_EQ(ColumnClause(table, Named("e")), "");
}

TEST(ColumnClause, TellsDefaultsThatChange) {
  const struct {
    const char* clause;
    const char* function;
  } cases[] = {
      {"varchar(40) DEFAULT uuid()", "uuid"},
      {"varchar(40) DEFAULT (concat(_utf8mb4'x',UUID()))", "uuid"},
      {"timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP", "current_timestamp"},
      {"datetime DEFAULT '2020-02-02 00:00:00' ON UPDATE CURRENT_TIMESTAMP", ""},
      {"int DEFAULT nextval(`d`.`s`)", "nextval"},
      {"varchar(9) DEFAULT 'uuid()'", ""},
      {"varchar(9) DEFAULT NULL COMMENT 'now()'", ""},
      {"int DEFAULT (`now` + `id`)", ""},
      {"datetime(6) GENERATED ALWAYS AS (now()) VIRTUAL", ""},
  };
  for (const auto& test : cases)
    EXPECT_EQ(ChangingDefault(test.clause), test.function) << test.clause;
}

TEST(ColumnClause, ComparesGeneratedColumns) {
  const TableDefinition one = Table("`g` int GENERATED ALWAYS AS (`a` * 2) STORED COMMENT 'x'");
  const Column g = Named("g", true);
  const auto alike = [&](const std::string& other) {
    return IsGeneratedAlike(one, g, Table("`g` " + other), g);
  };
  EXPECT_TRUE(alike("int GENERATED ALWAYS AS (`a` * 2) STORED NOT NULL"));
  EXPECT_FALSE(alike("int GENERATED ALWAYS AS (`a` * 3) STORED"));
  EXPECT_FALSE(alike("int GENERATED ALWAYS AS (`a` * 2) VIRTUAL"));
  EXPECT_FALSE(IsGeneratedAlike(one, g, one, Named("g")));
}

TEST(ColumnClause, FindsTheDefaultThatIsUnsafeToReplicate) {
  const struct {
    const char* clauses;
    const char* found;
  } kCases[] = {
      {"ADD COLUMN u VARCHAR(40) DEFAULT (UUID())", "u uuid"},
      {"add d DATETIME DEFAULT (NOW()), add `u``v` decimal(10,2) not null default (1 + (rand()))",
       "u`v rand"},
      {"ADD COLUMN IF NOT EXISTS (a INT, u TEXT DEFAULT (CONCAT('x', CURRENT_USER())) COMMENT 'c')",
       "u current_user"},
      {"ADD z INT, MODIFY COLUMN a VARCHAR(40) DEFAULT (UUID())", "a uuid"},
      {"ADD z INT, ALTER COLUMN a SET DEFAULT (UUID_SHORT())", "a uuid_short"},
      {"ADD z INT, ALTER a SET DEFAULT (SYSDATE(6))", "a sysdate"},
      {"ADD u VARCHAR(40) DEFAULT 'uuid()'", ""},
      {"ADD uuid INT DEFAULT (5), ADD i INT DEFAULT (uuid + 1)", "i uuid"},
      {"ADD `uuid` INT DEFAULT (5), ADD i INT DEFAULT (`uuid` + 1)", ""},
      {"DEFAULT (", ""},
      {"", ""},
  };
  for (const auto& test : kCases) {
    const UnsafeDefault found = FindUnsafeDefault(test.clauses);
    const std::string shown = found.column.empty() ? "" : found.column + " " + found.function;
    EXPECT_EQ(shown, test.found) << test.clauses;
  }
}

}  // namespace
}  // namespace osc::ddl
