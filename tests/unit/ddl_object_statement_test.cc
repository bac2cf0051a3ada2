#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ddl/object_statement.h"
#include "src/base/error.h"

namespace osc::ddl {
namespace {

using ::testing::IsEmpty;

ObjectStatement One(const std::string& text) {
  const auto all = ParseObjectStatement(text);
  EXPECT_EQ(all.size(), 1U) << text;
  return all.at(0);
}

TEST(ObjectStatement, KnowsTheNameAndWhatStandsAroundIt) {
  const ObjectStatement table =
      One("create table if not exists `d`.`a``b` (x int) engine=InnoDB;\n");
  EXPECT_EQ(table.action, ObjectAction::kCreateTable);
  EXPECT_EQ(table.database, "d");
  EXPECT_EQ(table.name, "a`b");
  EXPECT_TRUE(table.if_needed);
  EXPECT_EQ(table.head, "CREATE TABLE ");
  EXPECT_EQ(table.tail, "(x int) engine=InnoDB");
  EXPECT_EQ(One("CREATE TABLE t LIKE other").tail, "LIKE other");

  const ObjectStatement view =
      One("CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`a b`@'%' SQL SECURITY INVOKER VIEW v (x) AS "
          "SELECT 1");
  EXPECT_EQ(view.action, ObjectAction::kReplaceView);
  EXPECT_EQ(view.head, "CREATE ALGORITHM=MERGE DEFINER=`a b`@'%' SQL SECURITY INVOKER VIEW ");
  EXPECT_EQ(view.tail, "(x) AS SELECT 1");
  EXPECT_EQ(One("ALTER VIEW v AS SELECT 1").head, "ALTER VIEW ");
  EXPECT_EQ(One("/* a */ CREATE /* b */ VIEW v AS SELECT 1").name, "v");
}

TEST(ObjectStatement, DropsOneByOne) {
  const auto all = ParseObjectStatement("DROP TABLE IF EXISTS a, d.`b c` CASCADE");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].text, "DROP TABLE IF EXISTS `a`");
  EXPECT_EQ(all[1].text, "DROP TABLE IF EXISTS `d`.`b c`");
  EXPECT_TRUE(all[1].if_needed);
  EXPECT_EQ(One("DROP VIEW v RESTRICT").action, ObjectAction::kDropView);
}

TEST(ObjectStatement, LeavesAloneWhatIsOfAnotherKind) {
  for (const char* text :
       {"CREATE TEMPORARY TABLE t (a INT)", "DROP TEMPORARY TABLE t", "CREATE INDEX i ON t (a)",
        "CREATE DEFINER=root PROCEDURE view () SELECT 1", "CREATE DATABASE view",
        "DROP INDEX i ON t", "CREATE USER view", "CREATE UNIQUE INDEX view ON t (a)",
        "ALTER TABLE t ADD view INT", "SELECT 1", "",
        "CREATE DEFINER=CURRENT_USER() TRIGGER view BEFORE INSERT ON t"}) {
    EXPECT_THAT(ParseObjectStatement(text), IsEmpty()) << text;
  }
}

TEST(ObjectStatement, RefusesWhatItCannotTakeBack) {
  for (const char* text : {"CREATE OR REPLACE TABLE t (a INT)", "DROP TABLE a WAIT 3", "DROP TABLE",
                           "CREATE TABLE t", "CREATE VIEW \"v\" AS SELECT 1"}) {
    EXPECT_THROW(ParseObjectStatement(text), Error) << text;
  }
}

TEST(ObjectStatement, IsKeptAsText) {
  ObjectStatement table = One("CREATE TABLE t (a INT)");
  table.alters = {"ADD b INT"};
  const auto loaded = LoadObject(SaveObject(table));
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(SaveObject(loaded), SaveObject(table));
  EXPECT_FALSE(LoadObject("").has_value());
  EXPECT_EQ(SaveObject(std::nullopt), "");
}

}  // namespace
}  // namespace osc::ddl
