#include <gmock/gmock.h>

#include "ddl/time_zone.h"
#include "src/base/error.h"
#include "tests/unit/ddl_fixture_test.h"

namespace osc::ddl {
namespace {

// The message of the refusal on a server that is not in UTC; empty when there is none.
std::string Refusal(const TableDefinition& old, const TableDefinition& altered) {
  Projection forward;
  forward.source = old;
  forward.target = altered;
  for (size_t i = 0; i < old.columns.size(); ++i) {
    const auto target = altered.FindColumn(old.columns[i].name);
    if (target && !old.columns[i].generated) forward.columns.push_back({i, *target});
  }
  const auto warnings = CheckTimeZone({"UTC", true}, forward);  // never refuses
  try {
    CheckTimeZone({"SYSTEM, CST", false}, forward);
    EXPECT_THAT(warnings, ::testing::IsEmpty());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kRefused);
    EXPECT_THAT(warnings, ::testing::SizeIs(1));
    EXPECT_THAT(error.message(), ::testing::HasSubstr("SYSTEM, CST on the server"));
    return error.message();
  }
  return "";
}

TEST(TimeZoneTest, ConversionsThatNeedIt) {
  const struct {
    const char* from;
    const char* to;
    bool refused;
  } kCases[] = {
      {"timestamp", "timestamp(6)", false}, {"timestamp", "datetime", true},
      {"datetime", "timestamp", true},      {"timestamp(3)", "varchar(30)", true},
      {"bigint", "timestamp", true},        {"datetime", "datetime(6)", false},
      {"datetime", "date", false},          {"datetime", "varchar(30)", false},
      {"time", "datetime", true},           {"date", "time", true},
      {"time", "varchar(30)", false},
  };
  for (const auto& test : kCases) {
    const std::string refusal =
        Refusal(MakeTable({{"id", "int"}, {"at", test.from}}, {{"PRIMARY", {"id"}}}),
                MakeTable({{"id", "int"}, {"at", test.to}}, {{"PRIMARY", {"id"}}}));
    EXPECT_EQ(!refusal.empty(), test.refused) << test.from << " to " << test.to << refusal;
    if (test.refused) {
      EXPECT_THAT(refusal, ::testing::HasSubstr("column 'at' of `d`.`t` changes"));
    }
  }
}

TEST(TimeZoneTest, ExpressionsThatNeedIt) {
  const auto table = [](const std::string& day, const std::string& clause,
                        std::initializer_list<KeyText> keys) {
    TableDefinition made = MakeTable(
        {{"id", "int"}, {"at", "timestamp"}, {"n", "datetime"}, {"day", "date", day}}, keys);
    made.create_statement =
        "CREATE TABLE `t` (\n  `id` int,\n  `at` timestamp NULL,\n  `n` datetime,\n  `day` " +
        clause + ",\n  PRIMARY KEY (`id`),\n  KEY `k` ((cast(`at` as date)))\n) ENGINE=InnoDB";
    return made;
  };
  const auto refusal = [&](const std::string& day, const std::string& clause,
                           std::initializer_list<KeyText> keys) {
    const TableDefinition made = table(day, clause, keys);
    return Refusal(made, made);
  };
  const std::initializer_list<KeyText> primary{{"PRIMARY", {"id"}}};
  const std::string of_at = "date GENERATED ALWAYS AS (cast(`At` as date)) ";
  using ::testing::HasSubstr;
  EXPECT_EQ(refusal("", "date DEFAULT NULL COMMENT 'at'", primary), "");
  EXPECT_THAT(refusal("stored", of_at + "STORED", primary), HasSubstr("stored column 'day'"));
  EXPECT_EQ(refusal("virtual", of_at + "VIRTUAL", primary), "");
  EXPECT_THAT(refusal("virtual", of_at + "VIRTUAL", {{"PRIMARY", {"id"}}, {"d", {"day"}, false}}),
              HasSubstr("index 'd'"));
  EXPECT_EQ(refusal("stored", "date GENERATED ALWAYS AS (cast(`n` as date)) STORED", primary), "");
  EXPECT_THAT(refusal("stored", "date GENERATED ALWAYS AS (from_unixtime(`id`)) STORED", primary),
              HasSubstr("stored column 'day'"));
  EXPECT_THAT(refusal("", "date", {{"PRIMARY", {"id"}}, {"k", {"()"}, false}}),
              HasSubstr("index 'k'"));
}

}  // namespace
}  // namespace osc::ddl
