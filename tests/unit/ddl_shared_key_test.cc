// Which key the rows of two tables are matched by.
#include <gtest/gtest.h>

#include "ddl/shared_key.h"
#include "tests/unit/ddl_projection_fixture_test.h"

namespace osc::ddl {
namespace {

TEST(SharedKey, ChoosesTheSharedKey) {
  const TableDefinition original =
      MakeTable({{"id", kInt}, {"a", "bigint(20)"}, {"b", "varchar(9)"}, {"c", kInt}},
                {kPrimary, {"ab", {"a", "b"}}, {"b", {"b"}}, {"ca", {"c", "a"}}, {"c", {"c"}}});
  const struct {
    const char* alter;
    std::vector<KeyText> keys;
    const char* forward;
    const char* inverse;
  } kCases[] = {
      {"FORCE", {kPrimary, {"b", {"b"}}}, "PRIMARY/PRIMARY: id>id", "PRIMARY/PRIMARY: id>id"},
      {"DROP PRIMARY KEY, ADD UNIQUE u (id)",
       {{"u", {"id"}}},
       "PRIMARY/u: id>id",
       "u/PRIMARY: id>id"},
      {"DROP PRIMARY KEY",
       {{"ab", {"a", "b"}}, {"b", {"b"}}, {"ca", {"c", "a"}}, {"c", {"c"}}},
       "c/c: c>c",
       "c/c: c>c"},
      {"DROP PRIMARY KEY, DROP KEY c",
       {{"ab", {"a", "b"}}, {"b", {"b"}}, {"ca", {"a", "c"}}},
       "ca/ca: c>c a>a",
       "ca/ca: a>a c>c"},
      {"DROP PRIMARY KEY, DROP KEY c, DROP KEY ca",
       {{"ab", {"a", "b"}}, {"b", {"b"}}},
       "b/b: b>b",
       "b/b: b>b"},
      {"DROP PRIMARY KEY, ADD PRIMARY KEY (c)",
       {{"PRIMARY", {"c"}}},
       "c/PRIMARY: c>c",
       "PRIMARY/c: c>c"},
  };
  for (const auto& test : kCases) {
    TableDefinition altered = original;
    altered.keys.clear();
    for (const KeyText& key : test.keys) {
      altered.keys.push_back(
          MakeTable({{"id", kInt}, {"a", kInt}, {"b", kInt}, {"c", kInt}}, {key}).keys[0]);
    }
    const Projection forward = Project(original, altered, test.alter);
    EXPECT_EQ(KeyOf(forward), test.forward) << test.alter;
    EXPECT_EQ(KeyOf(Invert(forward)), test.inverse) << test.alter;
  }
}

TEST(SharedKey, MatchesByAllColumnsOfAKeyThatWasExtendedOrNarrowed) {
  const std::initializer_list<ColumnText> columns = {
      {"a", kInt}, {"b", "varchar(9)"}, {"c", kInt}, {"n", kInt, "null"}};
  const auto table = [&](const std::vector<KeyText>& keys) {
    TableDefinition made = MakeTable(columns, {});
    for (const KeyText& key : keys) made.keys.push_back(MakeTable(columns, {key}).keys[0]);
    return made;
  };
  const struct {
    std::vector<KeyText> before;
    std::vector<KeyText> after;
    const char* forward;
    const char* forward_ordered;
    const char* inverse;
    const char* inverse_ordered;
  } kCases[] = {
      {{{"PRIMARY", {"a"}}},
       {{"PRIMARY", {"a", "b"}}},
       "PRIMARY/PRIMARY: a>a b>b",
       "",
       "PRIMARY/PRIMARY: a>a b>b",
       "( a )"},
      {{{"PRIMARY", {"a"}}},
       {{"PRIMARY", {"c", "b", "a"}}},
       "PRIMARY/PRIMARY: a>a c>c b>b",
       "",
       "PRIMARY/PRIMARY: c>c b>b a>a",
       "( a )"},
      {{{"PRIMARY", {"b", "a"}}},
       {{"PRIMARY", {"a"}}},
       "PRIMARY/PRIMARY: b>b a>a",
       "( a )",
       "PRIMARY/PRIMARY: a>a b>b",
       ""},
      // Not when another key has the same columns.
      {{{"PRIMARY", {"a"}}, {"u", {"c", "b"}}},
       {{"PRIMARY", {"a", "b"}}, {"u", {"b", "c"}}},
       "u/u: c>c b>b",
       "( a b )",
       "u/u: b>b c>c",
       "( a )"},
  };
  for (const auto& test : kCases) {
    const Projection forward = Project(table(test.before), table(test.after), "FORCE");
    const Projection inverse = Invert(forward);
    EXPECT_EQ(KeyOf(forward), test.forward);
    EXPECT_EQ(Ordered(forward), test.forward_ordered);
    EXPECT_EQ(KeyOf(inverse), test.inverse);
    EXPECT_EQ(Ordered(inverse), test.inverse_ordered);
    EXPECT_EQ(KeyOf(Invert(inverse)), test.forward);
    EXPECT_EQ(forward.ordered_key_columns(), test.before[0].name == forward.source_key
                                                 ? test.before[0].columns.size()
                                                 : test.before[1].columns.size());
  }
  const struct {
    KeyText before;
    KeyText after;
    const char* refusal;
  } kRefused[] = {
      {{"PRIMARY", {"a"}}, {"u", {"a", "n"}}, "counterpart 'u' column 'n' may be NULL"},
      {{"u", {"a", "n"}}, {"PRIMARY", {"a"}}, "'u' column 'n' may be NULL"},
      {{"PRIMARY", {"a"}}, {"PRIMARY", {"c"}}, "no unique key over these columns"},
      {{"PRIMARY", {"a", "b"}}, {"PRIMARY", {"a", "c"}}, "no unique key over these columns"},
      {{"PRIMARY", {"a"}}, {"PRIMARY", {"a", "b(3)"}}, "holds only a prefix of column 'b'"},
  };
  for (const auto& test : kRefused) {
    const std::string message = Refusal(table({test.before}), table({test.after}), "FORCE");
    EXPECT_NE(message.find(test.refusal), std::string::npos) << message;
  }
  const TableDefinition original = table({{"PRIMARY", {"a"}}});
  TableDefinition altered =
      MakeTable({{"a", kInt}, {"b", "varchar(9)"}, {"c", kInt}, {"n", kInt}, {"new", kInt}},
                {{"PRIMARY", {"a", "new"}}});
  EXPECT_NE(
      Refusal(original, altered, "ADD new INT NOT NULL").find("'new', which the old table has not"),
      std::string::npos);
  altered.keys =
      MakeTable({{"a", kInt}, {"b", kInt}, {"c", kInt}, {"n", kInt}}, {{"PRIMARY", {"a", "n"}}})
          .keys;
  EXPECT_NE(Refusal(original, altered, "MODIFY n INT NOT NULL").find("may be NULL so far"),
            std::string::npos);
}

TEST(SharedKey, TellsWhyItHasThisKey) {
  const std::initializer_list<ColumnText> columns = {
      {"id", kInt}, {"email", "varchar(9)"}, {"c", kInt}, {"n", kInt, "null"}};
  const auto table = [&](const std::vector<KeyText>& keys) {
    TableDefinition made = MakeTable(columns, {});
    for (const KeyText& key : keys) made.keys.push_back(MakeTable(columns, {key}).keys[0]);
    return made;
  };
  const KeyText email{"email", {"email"}};
  const struct {
    std::vector<KeyText> before;
    std::vector<KeyText> after;
    const char* why;
  } kCases[] = {
      {{kPrimary, email}, {kPrimary}, "the primary key of both tables, integers"},
      {{{"PRIMARY", {"email"}}}, {{"PRIMARY", {"email"}}}, "the primary key of both tables"},
      {{kPrimary},
       {{"PRIMARY", {"c"}}, {"u", {"id"}}},
       "the primary key of the old table, UNIQUE KEY u (id) of the new one, integers"},
      {{kPrimary, email},
       {{"PRIMARY", {"c"}}, email},
       "PRIMARY KEY will not do: the other table has no unique key over these columns; the best of "
       "its unique keys that both tables have over whole NOT NULL columns (integers first, then "
       "the fewest columns); slower than a primary key, because the copy looks up each row by it"},
      {{{"u", {"c"}}},
       {{"PRIMARY", {"c"}}},
       "the table has no primary key; the best of its unique keys that both tables have over whole "
       "NOT NULL columns (integers first, then the fewest columns), PRIMARY KEY (c) of the new "
       "table, integers; slower than a primary key, because the copy looks up each row by it"},
      {{kPrimary},
       {{"PRIMARY", {"id", "email"}}},
       "all the columns of PRIMARY KEY (id) of the old table and PRIMARY KEY (id, email) of the "
       "new one, because no unique key has the same columns in both, integers"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(WhySharedKey(Project(table(test.before), table(test.after), "FORCE")), test.why);
  }
}

TEST(SharedKey, FollowsTheKeyThroughARename) {
  const TableDefinition original = MakeTable({{"a", kInt}, {"b", kInt}}, {{"PRIMARY", {"a", "b"}}});
  const TableDefinition altered = MakeTable({{"b", kInt}, {"a", kInt}}, {{"PRIMARY", {"a", "b"}}});
  const Projection forward = Project(original, altered, "CHANGE a b INT, CHANGE b a INT");
  EXPECT_EQ(KeyOf(forward), "PRIMARY/PRIMARY: a>b b>a");
  EXPECT_EQ(KeyOf(Invert(forward)), "PRIMARY/PRIMARY: a>b b>a");
}

TEST(SharedKey, TakesKeysOfTheseTypes) {
  const struct {
    const char* before;
    const char* after;
    bool shared;
  } kCases[] = {
      {"int(11)", "int(11)", true},
      {"int(11)", "bigint(20)", true},
      {"bigint(20)", "int(10) unsigned", true},
      {"tinyint(1)", "smallint(6)", true},
      {"decimal(10,2)", "decimal(20,2)", true},
      {"decimal(10,2)", "decimal(10,3)", false},
      {"decimal(10,0)", "bigint(20)", false},
      {"varchar(10)", "varchar(20)", true},
      {"char(10)", "char(20)", true},
      {"char(10)", "varchar(10)", true},
      {"varchar(10)", "int(11)", false},
      {"binary(16)", "binary(16)", true},
      {"binary(16)", "binary(20)", false},
      {"varbinary(16)", "varbinary(20)", true},
      {"binary(16)", "varbinary(16)", false},
      {"date", "date", true},
      {"date", "datetime", false},
      {"datetime(3)", "datetime(3)", true},
      {"datetime(3)", "datetime(6)", false},
      {"timestamp", "timestamp", true},
      {"timestamp", "datetime", false},
      {"time(6)", "time(6)", true},
      {"year(4)", "year(4)", true},
      {"enum('a')", "enum('a')", true},
      {"enum('a','b')", "enum('c','b','a')", true},
      {"set('a')", "set('a','b')", true},
      {"set('a','b')", "set('b','a')", false},
      {"set('a','b','c','d','e','f','g','h','i')", "set('a')", false},
      {"bit(8)", "bit(16)", true},
      {"float", "float", true},
      {"float", "double", false},
      {"float(7,2)", "float", false},
      {"double", "double", true},
      {"json", "json", false},
      {"geometry", "geometry", false},
      {"vector(2)", "vector(2)", false},
      {"uuid", "uuid", true},
      {"uuid", "binary(16)", false},
      {"inet4", "inet4", true},
      {"inet4", "inet6", false},
  };
  for (const auto& test : kCases) {
    const std::string refusal =
        Refusal(MakeTable({{"id", test.before}}, {kPrimary}),
                MakeTable({{"id", test.after}}, {kPrimary}), "MODIFY id INT");
    EXPECT_EQ(refusal == "accepted", test.shared)
        << test.before << " to " << test.after << ": " << refusal;
  }
}

TEST(SharedKey, TakesTextKeysOfTheseCollations) {
  const struct {
    const char* before_type;
    const char* before;
    const char* after_type;
    const char* after;
    const char* refusal;
  } kCases[] = {
      {"varchar(9)", "utf8mb4_general_ci", "varchar(9)", "utf8mb4_bin", "accepted"},
      {"varchar(9)", "latin1_swedish_ci", "varchar(9)", "utf8mb4_general_ci", "accepted"},
      {"varchar(9)", "gbk_chinese_ci", "varchar(9)", "gbk_bin", "accepted"},
      {"varchar(9)", "gbk_bin", "varchar(9)", "utf8mb4_bin", "character set from gbk to utf8mb4"},
      {"char(9)", "utf8mb4_bin", "varchar(9)", "utf8mb4_bin", "accepted"},
      {"char(9)", "utf8mb4_0900_ai_ci", "varchar(9)", "utf8mb4_0900_ai_ci", "changes its type"},
      {"char(9)", "utf8mb4_nopad_bin", "varchar(9)", "utf8mb4_nopad_bin", "changes its type"},
      {"char(9)", "utf8mb4_general_ci", "varchar(9)", "utf8mb4_bin", "changes its type"},
      {"enum('a')", "utf8mb4_general_ci", "enum('a')", "utf8mb4_bin", "changes its collation"},
  };
  for (const auto& test : kCases) {
    const std::string refusal =
        Refusal(MakeTable({{"id", test.before_type, "", test.before}}, {kPrimary}),
                MakeTable({{"id", test.after_type, "", test.after}}, {kPrimary}), "MODIFY id INT");
    EXPECT_NE(refusal.find(test.refusal), std::string::npos)
        << test.before << " to " << test.after << ": " << refusal;
  }
}

TEST(SharedKey, RefusalNamesEveryCandidate) {
  const TableDefinition original = MakeTable({{"id", kInt},
                                              {"n", kInt, "null"},
                                              {"p", "varchar(9)"},
                                              {"f", "json"},
                                              {"g", kInt, "stored"},
                                              {"x", kInt},
                                              {"h", kInt},
                                              {"i", kInt}},
                                             {kPrimary,
                                              {"n", {"n"}},
                                              {"p", {"p(3)"}},
                                              {"e", {"()"}},
                                              {"f", {"f"}},
                                              {"g", {"g"}},
                                              {"x", {"x"}},
                                              {"h", {"h"}, true, "HASH"},
                                              {"i", {"i"}, true, "BTREE", true},
                                              {"plain", {"id"}, false}});
  TableDefinition altered = original;
  altered.keys.clear();
  const std::string message = Refusal(original, altered, "FORCE");
  for (const char* part :
       {"'PRIMARY' the other table has no unique key over these columns",
        "'n' column 'n' may be NULL", "'p' holds only a prefix of column 'p'",
        "'e' holds an expression", "'f' column 'f' has the type json",
        "'g' column 'g' is generated", "'h' is a HASH index", "'i' is ignored or invisible"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " in: " << message;
  }
  EXPECT_EQ(message.find("'plain'"), std::string::npos);

  EXPECT_NE(Refusal(MakeTable({{"a", kInt}}, {}), MakeTable({{"a", kInt}}, {}), "FORCE")
                .find("it has no primary or unique key"),
            std::string::npos);
  EXPECT_NE(Refusal(MakeTable({{"id", kInt}, {"a", kInt}}, {kPrimary}),
                    MakeTable({{"a", kInt}}, {}), "DROP id")
                .find("'PRIMARY' column 'id' is not in the other table"),
            std::string::npos);
  EXPECT_NE(Refusal(MakeTable({{"id", kInt}}, {kPrimary}),
                    MakeTable({{"id", kInt, "null"}}, {{"u", {"id"}}}), "FORCE")
                .find("its counterpart 'u' column 'id' may be NULL"),
            std::string::npos);
}

TEST(SharedKey, ListsWhatTheTargetKeepsUnique) {
  const std::initializer_list<ColumnText> columns = {
      {"id", kInt}, {"a", "varchar(9)"}, {"b", kInt, "null"}, {"g", kInt, "virtual"}};
  const TableDefinition original = MakeTable(columns, {kPrimary, {"a", {"a"}}});
  const struct {
    const char* alter;
    std::vector<KeyText> keys;
    const char* forward;
    const char* inverse;
  } kCases[] = {
      {"FORCE", {kPrimary}, "", "( a )"},
      {"FORCE", {kPrimary, {"u", {"b", "a"}}}, "( b a )", "( a )"},
      {"FORCE", {kPrimary, {"u", {"a", "id"}}}, "", "( a )"},
      {"FORCE", {kPrimary, {"u", {"a(3)"}}}, " unordered", "( a )"},
      {"FORCE", {kPrimary, {"u", {"()"}}}, " unordered", "( a )"},
      {"FORCE", {kPrimary, {"u", {"g"}}}, " unordered", "( a )"},
      {"FORCE", {kPrimary, {"u", {"id", "()"}}}, "", "( a )"},
      {"FORCE", {kPrimary, {"u", {"a"}}, {"v", {"b"}}}, "( a )( b )", "( a )"},
      {"FORCE", {{"PRIMARY", {"b"}}, {"u", {"id"}}}, "( b )", "( a )"},
      {"FORCE", {kPrimary, {"k", {"a"}, false}}, "", "( a )"},
  };
  for (const auto& test : kCases) {
    TableDefinition altered = MakeTable(columns, {});
    for (const KeyText& key : test.keys) altered.keys.push_back(MakeTable(columns, {key}).keys[0]);
    const Projection forward = Project(original, altered, test.alter);
    EXPECT_EQ(Ordered(forward), test.forward) << test.keys.back().name;
    EXPECT_EQ(Ordered(Invert(forward)), test.inverse);
  }
  // A preserved column feeds the key: nobody can tell its values from the source.
  const TableDefinition wider = MakeTable({{"id", kInt},
                                           {"a", "varchar(9)"},
                                           {"b", kInt, "null"},
                                           {"g", kInt, "virtual"},
                                           {"n", kInt, "null"}},
                                          {kPrimary, {"u", {"a", "n"}}});
  EXPECT_EQ(Ordered(Project(original, wider, "ADD n INT")), " unordered");
}

}  // namespace
}  // namespace osc::ddl
