#include <gtest/gtest.h>

#include "src/mysql/sql_lexer.h"

namespace osc::mysql {
namespace {

// One letter for each kind, then the text in brackets.
std::string Show(const std::vector<SqlToken>& tokens) {
  static constexpr char kLetters[] = "wiDsnoCXUE";
  std::string shown;
  for (const SqlToken& token : tokens) {
    if (!shown.empty()) shown += ' ';
    shown += kLetters[static_cast<size_t>(token.kind)];
    if (token.kind != TokenKind::kEnd) shown += "[" + token.text + "]";
  }
  return shown;
}

TEST(SqlLexer, TakesStatementsApart) {
  const struct {
    const char* sql;
    const char* tokens;
  } kCases[] = {
      {"", "E"},
      {" \t\r\n\v\f ", "E"},
      {"ALTER TABLE t", "w[ALTER] w[TABLE] w[t] E"},
      {"a.b", "w[a] o[.] w[b] E"},
      {"`a``b`", "i[a`b] E"},
      {"`a\\`", "i[a\\] E"},
      {"``", "i[] E"},
      {"\"a\"\"b\"", "D[a\"b] E"},
      {"'it''s'", "s[it's] E"},
      {"'a\\'b'", "s[a'b] E"},
      {"'\\n\\t\\\\\\q'", "s[\n\t\\q] E"},
      {"'a;b'", "s[a;b] E"},
      {"'-- no comment'", "s[-- no comment] E"},
      {"'a' 'b'", "s[a] s[b] E"},
      {"12 1.5 0x1F 1e5 1a 0b01 0b2", "n[12] n[1.5] n[0x1F] n[1e5] w[1a] n[0b01] w[0b2] E"},
      {".5", "o[.] n[5] E"},
      {"t1.2a", "w[t1] o[.] w[2a] E"},
      {"decimal(10,2)", "w[decimal] o[(] n[10] o[,] n[2] o[)] E"},
      {"a<=>b", "w[a] o[<] o[=] o[>] w[b] E"},
      {"a -- rest\nb", "w[a] w[b] E"},
      {"a -- rest", "w[a] E"},
      {"a --", "w[a] E"},
      {"a--b", "w[a] o[-] o[-] w[b] E"},
      {"a # rest 'x\nb", "w[a] w[b] E"},
      {"a /* x 'y */ b", "w[a] w[b] E"},
      {"a/**/b", "w[a] w[b] E"},
      {"a /*+ hint */ b", "w[a] w[b] E"},
      {"/*!40101 SET x */", "X[!40101 SET x ] E"},
      {"/*M!100100 y */", "X[M!100100 y ] E"},
      {"naïve $x _y", "w[naïve] w[$x] w[_y] E"},
      {"N'abc' X'4142'", "w[N] s[abc] w[X] s[4142] E"},
      {"'open", "U['] "},
      {"a `open", "w[a] U[`] "},
      {"\"open", "U[\"] "},
      {"a /* open", "w[a] U[/*] "},
      {"'ends in backslash\\", "U['] "},
      {"@a := @@b", "o[@] w[a] o[:] o[=] o[@] o[@] w[b] E"},
  };
  for (const auto& test : kCases) {
    std::string expected = test.tokens;
    if (expected.back() == ' ') expected.pop_back();
    EXPECT_EQ(Show(Tokenize(test.sql)), expected) << test.sql;
  }
}

TEST(SqlLexer, OpensExecutableComments) {
  const SqlLexerOptions options{.open_executable_comments = true};
  EXPECT_EQ(Show(Tokenize("DROP /*!40005 TEMPORARY */ TABLE /* x */ t", options)),
            "w[DROP] w[TEMPORARY] w[TABLE] w[t] E");
  EXPECT_EQ(Show(Tokenize("a /*M!100100 b*/ c", options)), "w[a] w[b] w[c] E");
  EXPECT_EQ(Show(Tokenize("a */ b", options)), "w[a] o[*] o[/] w[b] E");
}

TEST(SqlLexer, LeavesBackslashesAloneWhenTold) {
  EXPECT_EQ(Show(Tokenize("'a\\' b", {.backslash_escapes = false})), "s[a\\] w[b] E");
}

TEST(SqlLexer, GivesByteOffsets) {
  const std::string sql = "ADD `é` /* c */ 'x'";
  const std::vector<SqlToken> tokens = Tokenize(sql);
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(sql.substr(tokens[1].begin, tokens[1].end - tokens[1].begin), "`é`");
  EXPECT_EQ(sql.substr(tokens[2].begin, tokens[2].end - tokens[2].begin), "'x'");
  EXPECT_EQ(tokens[3].begin, sql.size());
}

TEST(SqlLexer, ComparesKeywordsWithoutCaseAndOnlyUnquoted) {
  EXPECT_TRUE(Tokenize("aLtEr")[0].Is("ALTER"));
  EXPECT_FALSE(Tokenize("`ALTER`")[0].Is("ALTER"));
  EXPECT_FALSE(Tokenize("ALTERS")[0].Is("ALTER"));
}

TEST(SqlLexer, NeverReadsPastTheEnd) {
  const std::string sql = "ALTER `t` /*! x */ 'a\\'b' \"c\" -- d\n 0x1 1.2e3 /* e */ # f";
  for (size_t length = 0; length <= sql.size(); ++length) {
    const std::vector<SqlToken> tokens = Tokenize(std::string_view(sql).substr(0, length));
    EXPECT_LE(tokens.back().end, length);
  }
}

}  // namespace
}  // namespace osc::mysql
