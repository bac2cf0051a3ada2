#include "src/mysql/sql_lexer.h"

#include <algorithm>

#include "src/mysql/quote.h"

namespace osc::mysql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsWordCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool All(std::string_view text, bool (*predicate)(char)) {
  return std::all_of(text.begin(), text.end(), predicate);
}

// 12, 0x1F, 0b01 and the mantissa of 1e5 look like words; 1a is one (a name may begin with a
// digit).
bool IsNumber(std::string_view text) {
  if (All(text, IsDigit)) return true;
  if (text.size() > 2 && text.starts_with("0x")) return All(text.substr(2), IsHexDigit);
  if (text.size() > 2 && text.starts_with("0b")) {
    return text.find_first_not_of("01", 2) == std::string_view::npos;
  }
  const size_t exponent = text.find_first_of("eE");
  return exponent != std::string_view::npos && exponent > 0 && exponent + 1 < text.size() &&
         All(text.substr(0, exponent), IsDigit) && All(text.substr(exponent + 1), IsDigit);
}

}  // namespace

bool SqlToken::Is(std::string_view keyword) const {
  return kind == TokenKind::kWord && text.size() == keyword.size() &&
         std::equal(text.begin(), text.end(), keyword.begin(),
                    [](char a, char b) { return Upper(a) == b; });
}

bool SqlToken::Is(char operator_character) const {
  return kind == TokenKind::kOperator && text[0] == operator_character;
}

SqlLexer::SqlLexer(std::string_view sql, SqlLexerOptions options) : sql_(sql), options_(options) {}

SqlToken SqlLexer::Finish(TokenKind kind, size_t begin, size_t end, std::string text) {
  at_ = end;
  return SqlToken{kind, std::move(text), begin, end};
}

SqlToken SqlLexer::Quoted(char quote) {
  const size_t begin = at_;
  std::string text;
  for (size_t i = begin + 1; i < sql_.size(); ++i) {
    if (sql_[i] == '\\' && quote != '`' && options_.backslash_escapes && i + 1 < sql_.size()) {
      text += Unescape(sql_[++i]);
    } else if (sql_[i] != quote) {
      text += sql_[i];
    } else if (i + 1 < sql_.size() && sql_[i + 1] == quote) {
      text += sql_[++i];
    } else {
      const TokenKind kind = quote == '`'   ? TokenKind::kIdentifier
                             : quote == '"' ? TokenKind::kDoubleQuoted
                                            : TokenKind::kString;
      return Finish(kind, begin, i + 1, std::move(text));
    }
  }
  return Finish(TokenKind::kUnterminated, begin, sql_.size(), std::string(1, quote));
}

// Skips "/*!40005" and "/*M!100100" when they are to be opened.
bool SqlLexer::OpenExecutableComment() {
  const std::string_view rest = sql_.substr(at_);
  const size_t marker = rest.starts_with("/*!") ? 3 : rest.starts_with("/*M!") ? 4 : 0;
  if (marker == 0 || !options_.open_executable_comments) return false;
  at_ += marker;
  for (int digits = 0; digits < 6 && at_ < sql_.size() && IsDigit(sql_[at_]); ++digits) ++at_;
  in_executable_ = true;
  return true;
}

SqlToken SqlLexer::BlockComment() {
  const size_t begin = at_;
  const std::string_view rest = sql_.substr(at_);
  const bool executable = rest.starts_with("/*!") || rest.starts_with("/*M!");
  const size_t close = sql_.find("*/", at_ + 2);
  if (close == std::string_view::npos) {
    return Finish(TokenKind::kUnterminated, begin, sql_.size(), "/*");
  }
  return Finish(executable ? TokenKind::kExecutableComment : TokenKind::kComment, begin, close + 2,
                std::string(sql_.substr(begin + 2, close - begin - 2)));
}

SqlToken SqlLexer::LineComment(size_t marker_length) {
  const size_t end = std::min(sql_.find('\n', at_), sql_.size());
  const size_t text_at = std::min(at_ + marker_length, end);
  return Finish(TokenKind::kComment, at_, end, std::string(sql_.substr(text_at, end - text_at)));
}

SqlToken SqlLexer::WordOrNumber() {
  const size_t begin = at_;
  size_t end = begin;
  while (end < sql_.size() && IsWordCharacter(sql_[end])) ++end;
  const bool number = IsDigit(sql_[begin]) && IsNumber(sql_.substr(begin, end - begin));
  if (number && end < sql_.size() && sql_[end] == '.' &&
      All(sql_.substr(begin, end - begin), IsDigit)) {
    ++end;
    while (end < sql_.size() && IsDigit(sql_[end])) ++end;
  }
  return Finish(number ? TokenKind::kNumber : TokenKind::kWord, begin, end,
                std::string(sql_.substr(begin, end - begin)));
}

SqlToken SqlLexer::Next() {
  while (at_ < sql_.size()) {
    const char c = sql_[at_];
    const char next = at_ + 1 < sql_.size() ? sql_[at_ + 1] : '\0';
    if (IsSpace(c)) {
      ++at_;
    } else if (in_executable_ && c == '*' && next == '/') {
      in_executable_ = false;
      at_ += 2;
    } else if (c == '/' && next == '*') {
      if (!OpenExecutableComment()) return BlockComment();
    } else if (c == '#') {
      return LineComment(1);
    } else if (c == '-' && next == '-' &&
               (at_ + 2 >= sql_.size() || static_cast<unsigned char>(sql_[at_ + 2]) <= ' ')) {
      return LineComment(2);
    } else if (c == '\'' || c == '"' || c == '`') {
      return Quoted(c);
    } else if (IsWordCharacter(c)) {
      return WordOrNumber();
    } else {
      return Finish(TokenKind::kOperator, at_, at_ + 1, std::string(1, c));
    }
  }
  return SqlToken{TokenKind::kEnd, "", sql_.size(), sql_.size()};
}

std::vector<SqlToken> Tokenize(std::string_view sql, SqlLexerOptions options) {
  SqlLexer lexer(sql, options);
  std::vector<SqlToken> tokens;
  while (true) {
    SqlToken token = lexer.Next();
    if (token.kind == TokenKind::kComment) continue;
    const bool last = token.kind == TokenKind::kEnd || token.kind == TokenKind::kUnterminated;
    tokens.push_back(std::move(token));
    if (last) return tokens;
  }
}

}  // namespace osc::mysql
