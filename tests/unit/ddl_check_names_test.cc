#include <gtest/gtest.h>

#include "ddl/check_names.h"

namespace osc::ddl {
namespace {

TableDefinition Table(const std::string& constraints) {
  TableDefinition table;
  table.name = {"d", "t"};
  table.create_statement =
      "CREATE TABLE `t` (\n  `a` int DEFAULT NULL" + constraints + "\n) ENGINE=InnoDB";
  return table;
}

constexpr const char* kTwo =
    ",\n  CONSTRAINT `positive` CHECK ((`a` > 0)),\n  CONSTRAINT `t_chk_3` CHECK ((`a` <> 5)) "
    "/*!80016 NOT ENFORCED */";

TEST(CheckNames, TranslatesNamesWhereverTheyStand) {
  const CheckNames names(Table(kTwo), "off", {{"positive", "positive_osc"}});
  const struct {
    const char* sql;
    const char* translated;
  } cases[] = {
      {"DROP CHECK positive", "DROP CHECK `positive_osc`"},
      {"drop constraint `POSITIVE`, ADD c INT", "drop constraint `positive_osc`, ADD c INT"},
      {"DROP CHECK T_CHK_3", "DROP CHECK `off_chk_3`"},
      {"ALTER CHECK t_chk_3 ENFORCED", "ALTER CHECK `off_chk_3` ENFORCED"},
      {"ALTER CONSTRAINT positive NOT ENFORCED", "ALTER CONSTRAINT `positive_osc` NOT ENFORCED"},
      {"DROP CHECK positive, ADD CONSTRAINT positive CHECK (a > 1)",
       "DROP CHECK `positive_osc`, ADD CONSTRAINT `positive_osc` CHECK (a > 1)"},
      {"ADD CONSTRAINT t_chk_9 CHECK (a > 1)", "ADD CONSTRAINT `off_chk_9` CHECK (a > 1)"},
      {"ADD c INT CONSTRAINT positive CHECK (c > 0)",
       "ADD c INT CONSTRAINT `positive_osc` CHECK (c > 0)"},
      // No names of CHECK constraints.
      {"DROP CONSTRAINT t_chk_9", "DROP CONSTRAINT t_chk_9"},
      {"ADD CONSTRAINT positive UNIQUE (a)", "ADD CONSTRAINT positive UNIQUE (a)"},
      {"ADD CONSTRAINT CHECK (a > 2)", "ADD CONSTRAINT CHECK (a > 2)"},
      {"ADD positive INT, COMMENT 'DROP CHECK positive'",
       "ADD positive INT, COMMENT 'DROP CHECK positive'"},
      {"DROP COLUMN positive", "DROP COLUMN positive"},
  };
  for (const auto& test : cases) EXPECT_EQ(names.Translate(test.sql), test.translated) << test.sql;
}

TEST(CheckNames, RestoresWhatCreateLikeHasRenamed) {
  const CheckNames names(Table(kTwo), "off", {{"positive", "positive_osc"}});
  const std::string like =
      ",\n  CONSTRAINT `off_chk_1` CHECK ((`a` > 0)),\n  CONSTRAINT `off_chk_2` CHECK ((`a` <> 5)) "
      "/*!80016 NOT ENFORCED */";
  EXPECT_EQ(names.Restore(Table(like).create_statement),
            "DROP CHECK `off_chk_1`, DROP CHECK `off_chk_2`, "
            "ADD CONSTRAINT `positive_osc` CHECK ((`a` > 0)), "
            "ADD CONSTRAINT `off_chk_3` CHECK ((`a` <> 5)) NOT ENFORCED");
  EXPECT_EQ(names.Restore(names.Translate(Table(kTwo).create_statement)), "");
  EXPECT_EQ(CheckNames(Table(""), "off", {}).Restore(Table("").create_statement), "");
}

TEST(CheckNames, GivesTheServersOwnNamesBack) {
  const CheckNames names(Table(kTwo), "off", {});
  const std::string text = Table(kTwo).create_statement;
  EXPECT_EQ(names.TranslateBack(names.Translate(text)), text);
}

TEST(CheckNames, ChangesNothingOnMariaDb) {
  EXPECT_EQ(CheckNames().Translate("DROP CHECK positive"), "DROP CHECK positive");
  EXPECT_EQ(CheckNames().Restore(Table(kTwo).create_statement), "");
}

}  // namespace
}  // namespace osc::ddl
