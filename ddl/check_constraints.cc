#include "ddl/check_constraints.h"

#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;
using mysql::TokenKind;

// `at` is the opening parenthesis; returns the place after the closing one.
size_t ReadExpression(const std::vector<SqlToken>& tokens, size_t at, CheckConstraint* check) {
  int depth = 0;
  for (; at < tokens.size(); ++at) {
    const SqlToken& token = tokens[at];
    if (token.Is('(')) ++depth;
    if (token.Is(')')) --depth;
    if (token.kind == TokenKind::kIdentifier) {
      check->columns.push_back(token.text);
      check->column_tokens.push_back(check->tokens.size());
    }
    check->tokens.push_back(token.text);
    if (depth == 0) return at + 1;
  }
  return at;
}

}  // namespace

std::vector<CheckConstraint> ReadCheckConstraints(std::string_view create_statement) {
  // MySQL writes NOT ENFORCED in an executable comment.
  const std::vector<SqlToken> tokens =
      mysql::Tokenize(create_statement, {.open_executable_comments = true});
  std::vector<CheckConstraint> checks;
  for (size_t i = 1; i + 1 < tokens.size();) {
    if (!tokens[i].Is("CHECK") || !tokens[i + 1].Is('(')) {
      ++i;
      continue;
    }
    CheckConstraint check;
    if (i >= 2 && tokens[i - 2].Is("CONSTRAINT")) check.name = tokens[i - 1].text;
    const size_t begin = tokens[i + 1].begin;
    i = ReadExpression(tokens, i + 1, &check);
    check.expression = create_statement.substr(begin, tokens[i - 1].end - begin);
    check.enforced =
        !(i + 1 < tokens.size() && tokens[i].Is("NOT") && tokens[i + 1].Is("ENFORCED"));
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace osc::ddl
