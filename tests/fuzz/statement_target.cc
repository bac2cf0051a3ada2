#include "src/mysql/sql_lexer.h"
#include "src/mysql/statement_tables.h"
#include "tests/fuzz/target.h"

namespace osc::fuzz {
namespace {

void CheckTokens(std::string_view sql, mysql::SqlLexerOptions options) {
  size_t end = 0;
  const std::vector<mysql::SqlToken> tokens = mysql::Tokenize(sql, options);
  for (const mysql::SqlToken& token : tokens) {
    Require(token.begin >= end && token.end >= token.begin && token.end <= sql.size(),
            "tokens follow each other within the text");
    end = token.end;
  }
  const mysql::TokenKind last = tokens.back().kind;
  Require(last == mysql::TokenKind::kEnd || last == mysql::TokenKind::kUnterminated,
          "the tokens have an end");
}

}  // namespace

void RunStatement(std::string_view input) {
  for (const bool backslashes : {false, true}) {
    for (const bool open : {false, true}) {
      CheckTokens(input, {.backslash_escapes = backslashes, .open_executable_comments = open});
    }
  }
  const mysql::StatementEffect effect = mysql::ClassifyStatement(input, "d");
  Require(effect.markers.empty() || effect.markers.front().starts_with("osc:"),
          "a marker is osc's");
  if (effect.kind == mysql::StatementKind::kOther) {
    Require(effect.tables.empty(), "a statement that is not understood names no tables");
  } else {
    Require(effect.kind == mysql::StatementKind::kDml || !effect.tables.empty(),
            "a definition's statement names its table");
  }
}

}  // namespace osc::fuzz
