// Takes SQL text apart into tokens, for both families' dialects. Pure; knows no grammar.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace osc::mysql {

enum class TokenKind {
  kWord,          // keyword or unquoted identifier
  kIdentifier,    // `in backticks`
  kDoubleQuoted,  // "a string", or an identifier where the sql_mode has ANSI_QUOTES
  kString,        // 'a string'
  kNumber,
  kOperator,           // one character of punctuation
  kComment,            // -- to the line's end, # to the line's end, /* */
  kExecutableComment,  // /*! */ or /*M! */, whole (unless SqlLexerOptions opens them)
  kUnterminated,       // a quote or comment without its end; nothing follows
  kEnd,
};

struct SqlToken {
  TokenKind kind = TokenKind::kEnd;
  // Words, numbers and operators as written; identifiers and strings without quotes and escapes;
  // comments without their delimiters.
  std::string text;
  size_t begin = 0;  // bytes [begin, end) of the statement
  size_t end = 0;

  // A word (never a quoted name) equal without case to `keyword`, which is in capitals.
  bool Is(std::string_view keyword) const;
  bool Is(char operator_character) const;
};

struct SqlLexerOptions {
  bool backslash_escapes = true;  // false under NO_BACKSLASH_ESCAPES
  // Treats what stands inside /*! */ as part of the statement, whatever version it names.
  bool open_executable_comments = false;
};

class SqlLexer {
 public:
  // sql must outlive the lexer.
  explicit SqlLexer(std::string_view sql, SqlLexerOptions options = {});
  // The next token, comments among them; kEnd for ever at the end.
  SqlToken Next();

 private:
  SqlToken Finish(TokenKind kind, size_t begin, size_t end, std::string text);
  SqlToken Quoted(char quote);
  SqlToken BlockComment();
  SqlToken LineComment(size_t marker_length);
  SqlToken WordOrNumber();
  bool OpenExecutableComment();

  std::string_view sql_;
  SqlLexerOptions options_;
  size_t at_ = 0;
  bool in_executable_ = false;
};

// All tokens but plain comments, the last one kEnd or kUnterminated.
std::vector<SqlToken> Tokenize(std::string_view sql, SqlLexerOptions options = {});

}  // namespace osc::mysql
