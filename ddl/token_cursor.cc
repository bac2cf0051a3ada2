#include "ddl/token_cursor.h"

#include <algorithm>

#include "src/base/error.h"

namespace osc::ddl {

using mysql::SqlToken;
using mysql::TokenKind;

const SqlToken& TokenCursor::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

void TokenCursor::Advance() {
  if (at_ + 1 < tokens_.size()) ++at_;
}

bool TokenCursor::Skip(std::string_view keyword) {
  if (!Peek().Is(keyword)) return false;
  Advance();
  return true;
}

bool TokenCursor::Skip(char operator_character) {
  if (!Peek().Is(operator_character)) return false;
  Advance();
  return true;
}

void TokenCursor::SkipExistence() {
  if (!Peek().Is("IF")) return;
  const size_t exists = Peek(1).Is("NOT") ? 2 : 1;
  if (!Peek(exists).Is("EXISTS")) return;
  for (size_t i = 0; i <= exists; ++i) Advance();
}

std::string TokenCursor::TakeName(std::string_view what) {
  const SqlToken& token = Peek();
  if (token.kind == TokenKind::kDoubleQuoted) {
    throw Error(ErrorCode::kRefused,
                "\"" + token.text + "\" stands where " + std::string(what) + " is expected",
                "quote names with backticks: osc's sessions take double quotes for strings");
  }
  if (token.kind != TokenKind::kWord && token.kind != TokenKind::kIdentifier) {
    const std::string found = AtEnd() ? "the statement ends" : "'" + token.text + "' stands";
    throw Error(ErrorCode::kRefused, found + " where " + std::string(what) + " is expected",
                "check the statement's spelling");
  }
  std::string name = token.text;
  Advance();
  return name;
}

std::string TokenCursor::TextSince(size_t begin) const {
  const size_t end = at_ == 0 ? begin : tokens_[at_ - 1].end;
  return std::string(sql_.substr(begin, std::max(begin, end) - begin));
}

std::string TokenCursor::ClauseAt(size_t begin) const {
  constexpr size_t kMost = 80;
  int depth = 0;
  size_t end = begin;
  for (const SqlToken& token : tokens_) {
    if (token.begin < begin) continue;
    if (token.kind == TokenKind::kEnd || (depth <= 0 && token.Is(','))) break;
    if (token.Is('(')) ++depth;
    if (token.Is(')')) --depth;
    if (token.end - begin > kMost && end > begin) {
      return std::string(sql_.substr(begin, end - begin)) + " ...";
    }
    end = token.end;
  }
  return std::string(sql_.substr(begin, end - begin));
}

}  // namespace osc::ddl
