#include <gtest/gtest.h>

#include "tests/unit/ddl_projection_fixture_test.h"

namespace osc::ddl {
namespace {

TEST(Projection, MapsColumnsByIdentity) {
  const TableDefinition original =
      MakeTable({{"id", kInt}, {"a", kInt}, {"b", "varchar(9)"}}, {kPrimary});
  const struct {
    const char* alter;
    TableDefinition altered;
    const char* forward;
    const char* inverse;
  } kCases[] = {
      {"ADD c INT AFTER id",
       MakeTable({{"id", kInt}, {"c", kInt, "null"}, {"a", kInt}, {"b", "varchar(9)"}}, {kPrimary}),
       "id>id a>a b>b *c", "id>id a>a b>b"},
      {"DROP a", MakeTable({{"id", kInt}, {"b", "varchar(9)"}}, {kPrimary}), "id>id b>b",
       "id>id b>b *a"},
      {"MODIFY b VARCHAR(9) FIRST",
       MakeTable({{"b", "varchar(9)"}, {"id", kInt}, {"a", kInt}}, {kPrimary}), "b>b id>id a>a",
       "id>id a>a b>b"},
      {"RENAME COLUMN a TO c",
       MakeTable({{"id", kInt}, {"c", kInt}, {"b", "varchar(9)"}}, {kPrimary}), "id>id a>c b>b",
       "id>id c>a b>b"},
      {"CHANGE a A INT", MakeTable({{"id", kInt}, {"A", kInt}, {"b", "varchar(9)"}}, {kPrimary}),
       "id>id a>A b>b", "id>id A>a b>b"},
      {"CHANGE a b INT, CHANGE b a VARCHAR(9)",
       MakeTable({{"id", kInt}, {"b", kInt}, {"a", "varchar(9)"}}, {kPrimary}), "id>id a>b b>a",
       "id>id b>a a>b"},
      {"RENAME COLUMN a TO c, ADD a INT",
       MakeTable({{"id", kInt}, {"c", kInt}, {"b", "varchar(9)"}, {"a", kInt}}, {kPrimary}),
       "id>id a>c b>b *a", "id>id c>a b>b"},
      {"DROP a, ADD a INT", MakeTable({{"id", kInt}, {"b", "varchar(9)"}, {"a", kInt}}, {kPrimary}),
       "id>id b>b *a", "id>id b>b *a"},
      {"DROP a, CHANGE b a VARCHAR(9)", MakeTable({{"id", kInt}, {"a", "varchar(9)"}}, {kPrimary}),
       "id>id b>a", "id>id a>b *a"},
      {"ADD COLUMN IF NOT EXISTS a INT",
       MakeTable({{"id", kInt}, {"a", kInt}, {"b", "varchar(9)"}}, {kPrimary}), "id>id a>a b>b",
       "id>id a>a b>b"},
      {"DROP COLUMN IF EXISTS z, CHANGE COLUMN IF EXISTS y a INT",
       MakeTable({{"id", kInt}, {"a", kInt}, {"b", "varchar(9)"}}, {kPrimary}), "id>id a>a b>b",
       "id>id a>a b>b"},
      {"RENAME COLUMN id TO ID",
       MakeTable({{"ID", kInt}, {"a", kInt}, {"b", "varchar(9)"}}, {{"PRIMARY", {"ID"}}}),
       "id>ID a>a b>b", "ID>id a>a b>b"},
  };
  for (const auto& test : kCases) {
    const Projection forward = Project(original, test.altered, test.alter);
    EXPECT_EQ(Columns(forward), test.forward) << test.alter;
    const Projection inverse = Invert(forward);
    EXPECT_EQ(Columns(inverse), test.inverse) << test.alter;
    EXPECT_EQ(Columns(Invert(inverse)), test.forward) << test.alter;
    EXPECT_EQ(KeyOf(Invert(inverse)), KeyOf(forward)) << test.alter;
    EXPECT_EQ(Ordered(Invert(inverse)), Ordered(forward)) << test.alter;
  }
}

TEST(Projection, LeavesGeneratedColumnsOut) {
  const TableDefinition original = MakeTable(
      {{"id", kInt}, {"a", kInt}, {"g", kInt, "stored"}, {"v", kInt, "virtual"}}, {kPrimary});
  EXPECT_EQ(Columns(Project(original, original, "FORCE")), "id>id a>a");

  const TableDefinition generated =
      MakeTable({{"id", kInt}, {"a", kInt, "stored"}, {"g", kInt, "stored"}}, {kPrimary});
  const Projection forward = Project(original, generated, "MODIFY a INT AS (id) STORED, DROP v");
  EXPECT_EQ(Columns(forward), "id>id");
  EXPECT_EQ(Columns(Invert(forward)), "id>id *a");

  const TableDefinition plain =
      MakeTable({{"id", kInt}, {"a", kInt}, {"g", kInt}, {"v", kInt, "virtual"}}, {kPrimary});
  const Projection stored = Project(original, plain, "MODIFY g INT");
  EXPECT_EQ(Columns(stored), "id>id a>a g>g");
  EXPECT_EQ(Columns(Invert(stored)), "id>id a>a");
  const TableDefinition not_virtual =
      MakeTable({{"id", kInt}, {"a", kInt}, {"g", kInt, "stored"}, {"v", kInt}}, {kPrimary});
  EXPECT_NE(Refusal(original, not_virtual, "MODIFY v INT").find("virtual column 'v'"),
            std::string::npos);
  EXPECT_EQ(Columns(Project(original, plain, "DROP g, ADD g INT AFTER a")), "id>id a>a *g");
}

TEST(TableDefinition, IsTheSameAfterSavingAndLoading) {
  TableDefinition table = MakeTable(
      {{"id", "bigint(20) unsigned", "auto"},
       {"é`", "enum('a','b''c')", "null", "latin1_swedish_ci"},
       {"d", "decimal(10,2)", "default"},
       {"g", kInt, "virtual"}},
      {kPrimary, {"u", {"é`(3)", "()"}}, {"h", {"d"}, true, "HASH", true}, {"k", {"d"}, false}});
  table.columns[2].invisible = true;
  table.create_statement = "CREATE TABLE `t` (\n  `é``` enum('a','b''c')\n)";
  const std::string saved = SaveDefinition(table);
  const TableDefinition loaded = LoadDefinition(saved);
  EXPECT_EQ(SaveDefinition(loaded), saved);
  EXPECT_EQ(loaded.name, table.name);
  EXPECT_EQ(loaded.create_statement, table.create_statement);
  EXPECT_EQ(loaded.columns[1].type.members, table.columns[1].type.members);
  EXPECT_EQ(loaded.columns[1].type.charset, "latin1");
  EXPECT_TRUE(loaded.columns[0].auto_increment);
  EXPECT_TRUE(loaded.columns[2].invisible);
  EXPECT_TRUE(loaded.columns[3].virtual_generated);
  EXPECT_EQ(loaded.keys[1].parts[0].prefix_length, 3U);
  EXPECT_TRUE(loaded.keys[1].parts[1].expression);
  EXPECT_TRUE(loaded.keys[2].ignored);
  for (const char* text : {"", "{}", "[]", "{\"database\":1}"}) {
    EXPECT_THROW(LoadDefinition(text), Error) << text;
  }
}

TEST(TableDefinition, FindsNamesWithoutCase) {
  const TableDefinition table = MakeTable({{"Id", kInt}, {"É", kInt}}, {{"PRIMARY", {"Id"}}});
  EXPECT_EQ(table.FindColumn("iD"), 0U);
  EXPECT_EQ(table.FindColumn("é"), 1U);
  EXPECT_EQ(table.FindColumn("e"), std::nullopt);
  EXPECT_NE(table.FindKey("primary"), nullptr);
}

}  // namespace
}  // namespace osc::ddl
