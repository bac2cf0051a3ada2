#include "tests/fuzz/sql_check.h"

#include "src/mysql/sql_lexer.h"
#include "tests/fuzz/target.h"

namespace osc::fuzz {

void RequireOneExpression(std::string_view sql) {
  int depth = 0;
  for (const mysql::SqlToken& token : mysql::Tokenize(sql)) {
    Require(token.kind != mysql::TokenKind::kUnterminated, "the expression's quotes are closed");
    Require(token.kind != mysql::TokenKind::kExecutableComment && !token.Is(';'),
            "the expression is one");
    if (token.Is('(')) ++depth;
    if (token.Is(')')) --depth;
    Require(depth >= 0, "the expression's parentheses match");
  }
  Require(depth == 0, "the expression's parentheses are closed");
}

}  // namespace osc::fuzz
