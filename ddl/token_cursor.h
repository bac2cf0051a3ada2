// A place in the tokens of one statement, for the parsers of ALTER TABLE.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "src/mysql/sql_lexer.h"

namespace osc::ddl {

// A place in the tokens of one statement. The last token is kEnd, and stays the current one.
class TokenCursor {
 public:
  TokenCursor(std::string_view sql, std::span<const mysql::SqlToken> tokens)
      : sql_(sql), tokens_(tokens) {}

  const mysql::SqlToken& Peek(size_t ahead = 0) const;
  bool AtEnd() const { return Peek().kind == mysql::TokenKind::kEnd; }
  void Advance();
  // Goes past the token when it is the keyword (in capitals) or the character.
  bool Skip(std::string_view keyword);
  bool Skip(char operator_character);
  // IF [NOT] EXISTS
  void SkipExistence();
  // The unquoted name that stands here. Throws kRefused for anything else.
  std::string TakeName(std::string_view what);
  // The text from `begin` (a byte offset) up to the token before this one.
  std::string TextSince(size_t begin) const;
  // The text of the clause that begins at `begin`, shortened, for messages.
  std::string ClauseAt(size_t begin) const;

 private:
  std::string_view sql_;
  std::span<const mysql::SqlToken> tokens_;
  size_t at_ = 0;
};

}  // namespace osc::ddl
