#include <gtest/gtest.h>

#include "ddl/check_constraints.h"
#include "ddl/preflight.h"
#include "ddl/trial_copy.h"
#include "src/base/error.h"
#include "tests/unit/ddl_fixture_test.h"

namespace osc::ddl {
namespace {

const KeyText kPrimary{"PRIMARY", {"id"}};

std::vector<RevertNote> Notes(const TableDefinition& original, const TableDefinition& altered,
                              const std::string& alter) {
  return RevertNotes(ForwardProjection(original, altered, ParseAlter(alter)), {});
}

std::string Kinds(const std::vector<RevertNote>& notes) {
  std::string shown;
  for (const RevertNote& note : notes) {
    shown += (shown.empty() ? "" : ", ") + note.kind + " " + note.column;
    EXPECT_FALSE(note.detail.empty());
  }
  return shown;
}

TEST(RevertNotes, TellWhatATypeLoses) {
  const struct {
    const char* before;
    const char* after;
    const char* kinds;
  } kCases[] = {
      // What reverts cleanly.
      {"int(11)", "int(11)", ""},
      {"bigint(20)", "int(11)", ""},
      {"bigint(20)", "int(10) unsigned", ""},
      {"varchar(20)", "varchar(10)", ""},
      {"text", "varchar(10)", ""},
      {"longblob", "blob", ""},
      {"binary(16)", "binary(8)", ""},
      {"decimal(10,2)", "decimal(9,1)", ""},
      {"double", "float", ""},
      {"datetime(6)", "datetime(3)", ""},
      {"datetime", "timestamp", ""},
      {"datetime", "date", ""},
      {"bit(8)", "bit(4)", ""},
      {"enum('a','b')", "enum('a')", ""},
      {"decimal(12,2)", "int(11)", ""},
      {"json", "json", ""},
      // Longer and larger.
      {"int(11)", "bigint(20)", "blocked c"},
      {"tinyint(4)", "smallint(6)", "blocked c"},
      {"varchar(10)", "varchar(20)", "blocked c"},
      {"varchar(10)", "text", "blocked c"},
      {"tinytext", "mediumtext", "blocked c"},
      {"blob", "longblob", "blocked c"},
      {"varbinary(10)", "varbinary(11)", "blocked c"},
      {"varbinary(10)", "blob", "blocked c"},
      {"bit(4)", "bit(8)", "blocked c"},
      {"decimal(10,2)", "decimal(12,2)", "blocked c"},
      {"decimal(10,2)", "decimal(11,3)", "lossy c"},
      {"decimal(10,2)", "decimal(12,4)", "lossy c"},
      {"decimal(10,2)", "decimal(14,3)", "blocked c, lossy c"},
      {"float", "double", "blocked c, lossy c"},
      {"float(7,3)", "float", "lossy c"},
      // Signs.
      {"int(11)", "int(10) unsigned", "blocked c"},
      {"int(10) unsigned", "int(11)", "blocked c"},
      {"int(10) unsigned", "bigint(20)", "blocked c, blocked c"},
      {"decimal(10,2) unsigned", "decimal(10,2)", "blocked c"},
      // Temporal.
      {"datetime", "datetime(3)", "lossy c"},
      {"timestamp", "datetime", "blocked c"},
      {"date", "datetime", "lossy c"},
      {"date", "datetime(6)", "lossy c, lossy c"},
      {"time", "datetime", "blocked c"},
      // Members.
      {"enum('a','b')", "enum('a','b','c')", "blocked c"},
      {"enum('a','b')", "enum('b','a')", "lossy c"},
      {"set('a','b')", "set('c','b','a')", "blocked c, lossy c"},
      // Another family.
      {"int(11)", "varchar(20)", "blocked c"},
      {"varchar(20)", "int(11)", "blocked c"},
      {"json", "longtext", "blocked c"},
      {"varchar(20)", "varbinary(20)", "blocked c"},
      {"enum('a')", "varchar(20)", "blocked c"},
      {"decimal(5,2)", "int(11)", "blocked c"},
      {"char(5)", "varchar(5)", "lossy c"},
  };
  for (const auto& test : kCases) {
    const TableDefinition before = MakeTable({{"id", "int"}, {"c", test.before}}, {kPrimary});
    const TableDefinition after = MakeTable({{"id", "int"}, {"c", test.after}}, {kPrimary});
    std::string expected = test.kinds;
    const std::string kinds = Kinds(Notes(before, after, "MODIFY c INT"));
    // The order within one column says nothing.
    if (expected == "blocked c, lossy c" && kinds == "lossy c, blocked c") expected = kinds;
    EXPECT_EQ(kinds, expected) << test.before << " to " << test.after;
  }
}

TEST(RevertNotes, TellWhichCharactersAreLost) {
  const struct {
    const char* before;
    const char* after;
    bool noted;
  } kCases[] = {
      {"latin1_swedish_ci", "utf8mb4_general_ci", true},
      {"utf8mb4_general_ci", "latin1_swedish_ci", false},
      {"utf8mb3_general_ci", "utf8mb4_general_ci", true},
      {"utf8mb4_general_ci", "utf8mb3_general_ci", false},
      {"utf8mb4_general_ci", "utf8mb4_bin", false},
      {"latin1_swedish_ci", "ascii_general_ci", false},
      {"ucs2_general_ci", "utf16_general_ci", true},
      {"utf16_general_ci", "utf32_general_ci", false},
      {"gbk_chinese_ci", "latin1_swedish_ci", true},
      {"ucs2_general_ci", "gbk_chinese_ci", false},
  };
  for (const auto& test : kCases) {
    const TableDefinition before =
        MakeTable({{"id", "int"}, {"c", "varchar(9)", "", test.before}}, {kPrimary});
    const TableDefinition after =
        MakeTable({{"id", "int"}, {"c", "varchar(9)", "", test.after}}, {kPrimary});
    EXPECT_EQ(Kinds(Notes(before, after, "MODIFY c INT")), test.noted ? "blocked c" : "")
        << test.before << " to " << test.after;
  }
}

TEST(RevertNotes, TellWhatColumnsLose) {
  const TableDefinition original = MakeTable({{"id", "int"},
                                              {"bare", "int"},
                                              {"filled", "int", "default"},
                                              {"empty", "int", "null"},
                                              {"made", "int", "stored"}},
                                             {kPrimary});
  const auto with = [](std::initializer_list<ColumnText> columns) {
    return MakeTable(columns, {kPrimary});
  };
  EXPECT_EQ(Kinds(Notes(original, original, "FORCE")), "");
  EXPECT_EQ(Kinds(Notes(original, with({{"id", "int"}}),
                        "DROP bare, DROP filled, DROP empty, DROP made")),
            "lossy bare");
  EXPECT_EQ(
      Kinds(Notes(original,
                  with({{"id", "int"},
                        {"bare", "int", "null"},
                        {"filled", "int", "default"},
                        {"empty", "int"},
                        {"added", "int"}}),
                  "MODIFY bare INT NULL, MODIFY empty INT NOT NULL, DROP made, ADD added INT")),
      "blocked bare");
  EXPECT_EQ(
      Kinds(Notes(original, with({{"id", "int"}, {"filled", "int", "null"}, {"bare", "int"}}),
                  "CHANGE bare filled INT NULL, CHANGE filled bare INT, DROP empty, DROP made")),
      "blocked filled");
  EXPECT_EQ(Kinds(Notes(original,
                        with({{"id", "int"},
                              {"bare", "int", "stored"},
                              {"filled", "int", "default"},
                              {"empty", "int", "null"}}),
                        "MODIFY bare INT AS (id) STORED, DROP made")),
            "lossy bare");
}

TEST(RevertNotes, TellWhichUniqueKeysNoLongerHold) {
  const std::initializer_list<ColumnText> columns = {
      {"id", "int"}, {"a", "varchar(20)"}, {"b", "int", "null"}, {"c", "int"}};
  const struct {
    const char* alter;
    std::vector<KeyText> before;
    std::vector<KeyText> after;
    const char* kinds;
  } kCases[] = {
      {"ADD UNIQUE u (a)", {}, {{"u", {"a"}}}, ""},
      {"FORCE", {{"u", {"a"}}}, {{"u", {"a"}}}, ""},
      {"DROP KEY u", {{"u", {"a"}}}, {}, "blocked u"},
      {"DROP KEY u, ADD KEY u (a)", {{"u", {"a"}}}, {{"u", {"a"}, false}}, "blocked u"},
      {"RENAME KEY u TO v", {{"u", {"a"}}}, {{"v", {"a"}}}, ""},
      {"widened", {{"u", {"a"}}}, {{"u", {"a", "b"}}}, "blocked u"},
      {"narrowed", {{"u", {"a", "b"}}}, {{"u", {"b"}}}, ""},
      {"reordered", {{"u", {"a", "b"}}}, {{"u", {"b", "a"}}}, ""},
      {"prefix lengthened", {{"u", {"a(5)"}}}, {{"u", {"a(9)"}}}, "blocked u"},
      {"prefix dropped", {{"u", {"a(5)"}}}, {{"u", {"a"}}}, "blocked u"},
      {"prefix shortened", {{"u", {"a(5)"}}}, {{"u", {"a(3)"}}}, ""},
      {"prefix made", {{"u", {"a"}}}, {{"u", {"a(3)"}}}, ""},
      {"dropped beside the primary key", {{"u", {"a", "id"}}}, {}, ""},
      {"expression kept", {{"u", {"()"}}}, {{"u", {"()"}}}, ""},
      {"expression dropped", {{"u", {"()"}}}, {}, "blocked u"},
      {"plain key dropped", {{"k", {"a"}, false}}, {}, ""},
  };
  for (const auto& test : kCases) {
    TableDefinition before = MakeTable(columns, {kPrimary});
    TableDefinition after = before;
    for (const KeyText& key : test.before) before.keys.push_back(MakeTable(columns, {key}).keys[0]);
    for (const KeyText& key : test.after) after.keys.push_back(MakeTable(columns, {key}).keys[0]);
    EXPECT_EQ(Kinds(Notes(before, after, "FORCE")), test.kinds) << test.alter;
  }
}

TEST(RevertNotes, FollowUniqueKeysThroughTheirColumns) {
  const TableDefinition original =
      MakeTable({{"id", "int"}, {"a", "int"}, {"b", "int", "null"}, {"c", "varchar(9)"}},
                {kPrimary, {"u", {"a"}}, {"v", {"b"}}, {"w", {"c"}}});
  // Dropped with their columns: NULL never collides, an empty value does.
  EXPECT_EQ(Kinds(Notes(original,
                        MakeTable({{"id", "int"}, {"c", "varchar(9)"}}, {kPrimary, {"w", {"c"}}}),
                        "DROP a, DROP b")),
            "lossy a, blocked u");
  // Numbers that the server gives are all different.
  EXPECT_EQ(Kinds(Notes(
                MakeTable({{"n", "int", "auto"}, {"u", "int"}}, {{"PRIMARY", {"n"}}, {"u", {"u"}}}),
                MakeTable({{"u", "int"}}, {{"PRIMARY", {"u"}}}),
                "DROP n, DROP KEY u, ADD PRIMARY KEY (u)")),
            "");
  EXPECT_EQ(Kinds(Notes(
                original,
                MakeTable({{"id", "int"}, {"x", "int"}, {"b", "int", "null"}, {"c", "varchar(9)"}},
                          {kPrimary, {"u", {"x"}}, {"v", {"b"}}, {"w", {"c"}}}),
                "RENAME COLUMN a TO x")),
            "");
  EXPECT_EQ(Kinds(Notes(original,
                        MakeTable({{"id", "int"},
                                   {"a", "int"},
                                   {"b", "int", "null"},
                                   {"c", "varchar(9)", "", "utf8mb4_bin"}},
                                  {kPrimary, {"u", {"a"}}, {"v", {"b"}}, {"w", {"c"}}}),
                        "MODIFY c VARCHAR(9) COLLATE utf8mb4_bin")),
            "blocked w");
}

TEST(RevertNotes, TellWhichUniqueValuesMayBecomeEqual) {
  const struct {
    const char* before;
    const char* after;
    bool noted;
    const char* collation = "utf8mb4_general_ci";
  } kCases[] = {
      {"int(11)", "bigint(20)", false},
      {"int(11)", "varchar(20)", true},
      {"varchar(20)", "int(11)", true},
      {"decimal(12,0)", "int(11)", false},
      {"decimal(10,2)", "decimal(12,2)", false},
      {"decimal(10,2)", "decimal(10,3)", true},
      {"float", "double", true},
      {"double", "float", false},
      {"date", "datetime", true},
      {"datetime", "date", false},
      {"datetime", "datetime(3)", true},
      {"datetime(3)", "datetime", false},
      {"timestamp", "datetime", false},
      {"time", "datetime", true},
      {"char(9)", "varchar(9)", false},
      {"char(9)", "varchar(9)", true, "utf8mb4_0900_ai_ci"},
      {"char(9)", "varchar(9)", true, "utf8mb4_nopad_bin"},
      {"varchar(9)", "char(9)", false, "utf8mb4_0900_ai_ci"},
      {"varchar(9)", "varchar(20)", false},
      {"binary(9)", "varbinary(9)", true},
      {"varbinary(9)", "binary(9)", false},
      {"bit(4)", "bit(8)", false},
      {"enum('a','b')", "enum('b','a')", false},
      {"set('a','b')", "set('b','a')", false},
  };
  for (const auto& test : kCases) {
    const auto table = [&](const char* type) {
      return MakeTable({{"id", "int"}, {"c", type, "", test.collation}}, {kPrimary, {"u", {"c"}}});
    };
    const std::string kinds = Kinds(Notes(table(test.before), table(test.after), "MODIFY c INT"));
    EXPECT_EQ(kinds.find("blocked u") != std::string::npos, test.noted)
        << test.before << " to " << test.after << ": " << kinds;
  }
}

TEST(RevertNotes, SayNothingOfWhatRevertsCleanly) {
  const TableDefinition original =
      MakeTable({{"id", "int"}, {"a", "int", "default"}, {"b", "int"}, {"c", "varchar(9)", "null"}},
                {kPrimary, {"u", {"a", "b"}}, {"v", {"c"}}});
  const struct {
    const char* alter;
    TableDefinition altered;
  } kCases[] = {
      {"ALTER a DROP DEFAULT, ALTER b SET DEFAULT 7",
       MakeTable(
           {{"id", "int"}, {"a", "int"}, {"b", "int", "default"}, {"c", "varchar(9)", "null"}},
           {kPrimary, {"u", {"a", "b"}}, {"v", {"c"}}})},
      {"ADD n INT NOT NULL, ADD m TEXT", MakeTable({{"n", "int"},
                                                    {"id", "int"},
                                                    {"a", "int", "default"},
                                                    {"b", "int"},
                                                    {"c", "varchar(9)", "null"},
                                                    {"m", "text", "null"}},
                                                   {kPrimary, {"u", {"a", "b"}}, {"v", {"c"}}})},
      {"DROP KEY u, ADD UNIQUE u (b), RENAME KEY v TO w",
       MakeTable(
           {{"id", "int"}, {"a", "int", "default"}, {"b", "int"}, {"c", "varchar(9)", "null"}},
           {kPrimary, {"u", {"b"}}, {"w", {"c"}}})},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Kinds(Notes(original, test.altered, test.alter)), "") << test.alter;
  }
}

TEST(RevertNotes, FollowCheckConstraints) {
  const std::string head = "CREATE TABLE `t` (\n  `id` int,\n  `a` int";
  const std::string tail = "\n) ENGINE=InnoDB";
  const auto table = [&](const std::string& column, const std::string& check) {
    TableDefinition made = MakeTable({{"id", "int"}, {column, "int"}}, {kPrimary});
    made.create_statement = head + check + tail;
    return made;
  };
  const std::string check = ",\n  CONSTRAINT `c` CHECK (`a` > 0)";
  EXPECT_EQ(Kinds(Notes(table("a", check), table("a", check), "FORCE")), "");
  EXPECT_EQ(Kinds(Notes(table("a", check), table("a", ""), "DROP CONSTRAINT c")), "blocked c");
  EXPECT_EQ(
      Kinds(Notes(table("a", check), table("a", ",\n  CONSTRAINT `d` CHECK (`a` > 0)"), "FORCE")),
      "");
  EXPECT_EQ(
      Kinds(Notes(table("a", check), table("a", ",\n  CONSTRAINT `c` CHECK (`a` > 5)"), "FORCE")),
      "blocked c");
  EXPECT_EQ(Kinds(Notes(table("a", check), table("b", ",\n  CONSTRAINT `c` CHECK (`b` > 0)"),
                        "RENAME COLUMN a TO b")),
            "");
  EXPECT_EQ(Kinds(Notes(table("a", " CHECK (json_valid(`a`))"), table("a", ""), "MODIFY a INT")),
            "blocked a");
  EXPECT_EQ(Kinds(Notes(table("a", check + " /*!80016 NOT ENFORCED */"), table("a", ""), "FORCE")),
            "");
  EXPECT_EQ(ReadCheckConstraints("CREATE TABLE `t` (`a` int COMMENT 'CHECK (x)')").size(), 0U);
}

TEST(RevertNotes, NameTheValueOfADroppedColumn) {
  const TableDefinition original = MakeTable(
      {{"id", "int"}, {"n", "int"}, {"s", "varchar(9)"}, {"e", "enum('x','y')"}, {"d", "datetime"}},
      {kPrimary});
  const Projection forward = ForwardProjection(original, MakeTable({{"id", "int"}}, {kPrimary}),
                                               ParseAlter("DROP n, DROP s, DROP e, DROP d"));
  EXPECT_EQ(ColumnsWithoutValue(Invert(forward)), (std::vector<size_t>{1, 2, 3, 4}));
  std::string values;
  for (const RevertNote& note : RevertNotes(forward, {})) {
    EXPECT_EQ(note.level(), "lossy");
    const size_t at = note.detail.find("cutover have ") + 13;
    values += note.column + "=" + note.detail.substr(at, note.detail.find(';') - at) + " ";
  }
  EXPECT_EQ(values, "n=0 s='' e='x' d='0000-00-00 00:00:00' ");

  const std::vector<RevertNote> notes =
      RevertNotes(forward, {{"n", "7", "7", ""},
                            {"s", "", "''", "(`s` <> '')"},
                            {"e", "'y'", "_utf8mb4'y'", ""},
                            {"d", "", "'0000-00-00 00:00:00'", ""}});
  ASSERT_EQ(Kinds(notes), "blocked s, lossy d");
  EXPECT_EQ(notes[0].level(), "may-block");
  EXPECT_NE(notes[0].detail.find("CHECK (`s` <> '') refuses ''"), std::string::npos);
}

TEST(RevertNotes, StaySoWhenTheyAreKept) {
  const std::vector<RevertNote> notes = {{"lossy", "a", "b"}, {"blocked", "c", "\xfc"}};
  const std::string text = SaveNotes(notes);
  EXPECT_NE(text.find(R"("level":"may-block","kind":"blocked")"), std::string::npos) << text;
  ASSERT_EQ(LoadNotes(text).size(), 2U);
  EXPECT_EQ(LoadNotes(text)[0].detail, "b");
  EXPECT_EQ(LoadNotes(text)[1].level(), "may-block");
  for (const char* none : {"", "{", "[1]"}) EXPECT_TRUE(LoadNotes(none).empty());
}

TEST(RevertNotes, CanBeForbidden) {
  EXPECT_NO_THROW(RequireRevertible({}));
  try {
    RequireRevertible({{"lossy", "a", "first"}, {"blocked", "k", "second"}});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kRefused);
    EXPECT_NE(error.message().find("lossy: a: first; may-block: k: second"), std::string::npos);
  }
}

TEST(RevertDefault, IsReadFromTheCommandLine) {
  const struct {
    const char* text;
    const char* column;
    const char* expression;
  } kCases[] = {
      {"title='none'", "title", "'none'"},
      {" a = 1 + 2 ", "a", "1 + 2"},
      {"a='x=y'", "a", "'x=y'"},
      {"ä==", "ä", "="},
  };
  for (const auto& test : kCases) {
    const RevertDefault parsed = ParseRevertDefaults({test.text}).at(0);
    EXPECT_EQ(parsed.column, test.column);
    EXPECT_EQ(parsed.expression, test.expression);
  }
  for (const char* bad : {"", "title", "title=", "=1", " = ", "title= \n"}) {
    EXPECT_THROW(ParseRevertDefaults({bad}), Error) << bad;
  }
}

TEST(RevertDefault, IsGivenOnce) {
  EXPECT_EQ(ParseRevertDefaults({"a=1", "b=1"}).size(), 2U);
  EXPECT_THROW(ParseRevertDefaults({"a=1", "b=1", "A=2"}), Error);
}

TEST(RevertDefault, IsTheSameAfterSavingAndLoading) {
  const std::vector<RevertDefault> loaded =
      LoadRevertDefaults(SaveRevertDefaults({{"a", "1+1", "2", ""}, {"b", "", "0", "(`b` > 0)"}}));
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].column, "a");
  EXPECT_EQ(loaded[0].expression, "1+1");
  EXPECT_EQ(loaded[0].literal, "2");
  EXPECT_TRUE(LoadRevertDefaults("").empty());
  EXPECT_THROW(LoadRevertDefaults("{\"a\":1}"), Error);
}

TEST(OffStageName, KeepsWithinTheServersLimits) {
  EXPECT_EQ(OffStageName("abcd1234", "users"), "_osc_abcd1234_users");
  const std::string longest(64, 'x');
  EXPECT_EQ(OffStageName("abcd1234", longest), "_osc_abcd1234_" + std::string(42, 'x'));
  EXPECT_EQ(OffStageName("abcd1234", std::string(42, 'x')),
            "_osc_abcd1234_" + std::string(42, 'x'));
  // Characters outside ASCII take five bytes of a file name; none is cut in two.
  std::string accents;
  for (int i = 0; i < 64; ++i) accents += "é";
  const std::string cut = OffStageName("abcd1234", accents);
  EXPECT_EQ(cut.size() % 2, 0U);
  EXPECT_LE((cut.size() - 14) / 2, 42U);
  EXPECT_EQ(accents.compare(0, cut.size() - 14, cut, 14), 0);
  EXPECT_EQ(OffStageName("abcd1234", accents), cut);
}

TEST(FitForTemporary, TakesOutWhatTemporaryTablesCannotHave) {
  const struct {
    const char* sql;
    const char* mysql;
    const char* mariadb;
  } kCases[] = {
      {"ADD a INT", "ADD a INT", "ADD a INT"},
      {"ADD FULLTEXT (a)", "ADD INDEX (a(1))", "ADD INDEX (a(1))"},
      {"ADD FULLTEXT KEY f (a, `b`(20))", "ADD  KEY f (a(1), `b`(20))",
       "ADD  KEY f (a(1), `b`(20))"},
      {"ADD FULLTEXT INDEX f (a) WITH PARSER ngram, DROP b", "ADD  INDEX f (a(1)) , DROP b",
       "ADD  INDEX f (a(1)) , DROP b"},
      {"FULLTEXT KEY `f` (`a`) /*!50100 WITH PARSER `ngram` */ ,", " KEY `f` (`a`(1))  ,",
       " KEY `f` (`a`(1))  ,"},
      {"ADD a INT COMMENT 'FULLTEXT'", "ADD a INT COMMENT 'FULLTEXT'",
       "ADD a INT COMMENT 'FULLTEXT'"},
      {"ROW_FORMAT=COMPRESSED", "STATS_PERSISTENT=DEFAULT", "STATS_PERSISTENT=DEFAULT"},
      {"ROW_FORMAT=REDUNDANT", "STATS_PERSISTENT=DEFAULT", "ROW_FORMAT=REDUNDANT"},
      {"ENCRYPTION 'Y', KEY_BLOCK_SIZE=8", "STATS_PERSISTENT=DEFAULT, STATS_PERSISTENT=DEFAULT",
       "ENCRYPTION 'Y', STATS_PERSISTENT=DEFAULT"},
      {"DATA DIRECTORY='/x'", "STATS_PERSISTENT=DEFAULT", "STATS_PERSISTENT=DEFAULT"},
      {"ADD row_format INT", "ADD row_format INT", "ADD row_format INT"},
      {"DROP compression, ADD INDEX i (a) KEY_BLOCK_SIZE=8",
       "DROP compression, ADD INDEX i (a) KEY_BLOCK_SIZE=8",
       "DROP compression, ADD INDEX i (a) KEY_BLOCK_SIZE=8"},
      {"COMMENT 'x' ROW_FORMAT COMPRESSED KEY_BLOCK_SIZE 8",
       "COMMENT 'x' STATS_PERSISTENT=DEFAULT STATS_PERSISTENT=DEFAULT",
       "COMMENT 'x' STATS_PERSISTENT=DEFAULT STATS_PERSISTENT=DEFAULT"},
      {"ENGINE=InnoDB ROW_FORMAT=COMPRESSED", "ENGINE=InnoDB STATS_PERSISTENT=DEFAULT",
       "ENGINE=InnoDB STATS_PERSISTENT=DEFAULT"},
      {"(`a` int) ENGINE=InnoDB\n PARTITION BY HASH (`a`)\nPARTITIONS 2",
       "(`a` int) ENGINE=InnoDB\n ", "(`a` int) ENGINE=InnoDB\n "},
      {"PARTITION BY KEY ()", "STATS_PERSISTENT=DEFAULT", "STATS_PERSISTENT=DEFAULT"},
      {"ADD a INT, REMOVE PARTITIONING", "ADD a INT, STATS_PERSISTENT=DEFAULT",
       "ADD a INT, STATS_PERSISTENT=DEFAULT"},
      {"ADD a INT COMMENT 'PARTITION BY' REMOVE PARTITIONING", "ADD a INT COMMENT 'PARTITION BY' ",
       "ADD a INT COMMENT 'PARTITION BY' "},
      {"(\n `a` int /*!80023 INVISIBLE */\n) ENGINE=InnoDB /*!80016 ENCRYPTION='Y' */",
       "(\n `a` int /*!80023 INVISIBLE */\n) ENGINE=InnoDB ",
       "(\n `a` int /*!80023 INVISIBLE */\n) ENGINE=InnoDB "},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(FitForTemporary(test.sql, false), test.mysql) << test.sql;
    EXPECT_EQ(FitForTemporary(test.sql, true), test.mariadb) << test.sql;
  }
}

}  // namespace
}  // namespace osc::ddl
