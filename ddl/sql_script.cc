#include "ddl/sql_script.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;
using mysql::TokenKind;

constexpr std::string_view kBlanks = " \t\r\n\f\v";

// Bytes of the character that begins here; 0: none does.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const size_t length = byte(0) < 0xc2 ? 0 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if (length == 0 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool none = (byte(0) == 0xed && byte(1) > 0x9f) || (byte(0) == 0xf4 && byte(1) > 0x8f);
  return overlong || none ? 0 : length;
}

class Splitter {
 public:
  Splitter(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  SqlScript Split() {
    CheckText();
    mysql::SqlLexer lexer(text_);
    std::vector<SqlToken> tokens;  // of the present statement
    while (true) {
      SqlToken token = lexer.Next();
      if (token.kind == TokenKind::kUnterminated) {
        Fail(token.begin,
             std::string(token.text == "/*" ? "a comment" : "a quoted text") + " has no end",
             "close it with " + (token.text == "/*" ? "*/" : token.text));
      }
      if (token.kind == TokenKind::kComment) {
        TakeDirectives(token);
      } else if (token.Is(';') || token.kind == TokenKind::kEnd) {
        if (!tokens.empty()) Add(tokens);
        tokens.clear();
        if (token.kind == TokenKind::kEnd) return std::move(script_);
      } else {
        if (tokens.empty() && token.Is("DELIMITER")) {
          Fail(token.begin, "DELIMITER is a command of the mysql client, which osc does not know",
               "run stored programs with the mysql client, apart from this file");
        }
        tokens.push_back(std::move(token));
      }
    }
  }

 private:
  [[noreturn]] void Fail(size_t at, const std::string& message, const std::string& hint) const {
    throw Error(ErrorCode::kInvalidArgument, Place(name_, LineOf(at)) + ": " + message, hint);
  }

  size_t LineOf(size_t at) const {
    return 1 + static_cast<size_t>(std::count(text_.begin(), text_.begin() + at, '\n'));
  }

  void CheckText() const {
    for (size_t at = 0; at < text_.size();) {
      const size_t length = Utf8Length(text_.substr(at));
      if (length == 0) Fail(at, "this is no UTF-8", "save the file as UTF-8");
      if (text_[at] == '\0') Fail(at, "there is a zero byte", "save the file as UTF-8");
      at += length;
    }
  }

  void Add(const std::vector<SqlToken>& tokens) {
    const auto is = [](std::string_view word) {
      return [word](const SqlToken& token) { return token.Is(word); };
    };
    const auto any = [&](std::string_view word) {
      return std::any_of(tokens.begin(), tokens.end(), is(word));
    };
    const bool program = tokens.front().Is("CREATE") && any("BEGIN") &&
                         (any("PROCEDURE") || any("FUNCTION") || any("TRIGGER") || any("EVENT"));
    if (program) {
      Fail(tokens.front().begin, "osc cannot tell where a body in BEGIN ... END ends",
           "run stored programs with the mysql client, apart from this file");
    }
    const size_t begin = tokens.front().begin;
    script_.statements.push_back(
        {LineOf(begin), std::string(text_.substr(begin, tokens.back().end - begin))});
  }

  void TakeDirectives(const SqlToken& comment) {
    constexpr std::string_view kMark = "osc:";
    std::string_view rest = comment.text;
    const auto skip_blanks = [&rest] {
      rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
    };
    skip_blanks();
    if (!rest.starts_with(kMark)) return;
    rest.remove_prefix(kMark.size());
    for (skip_blanks(); !rest.empty(); skip_blanks()) {
      ScriptDirective directive{LineOf(comment.begin), "", "on"};
      directive.name = rest.substr(0, rest.find_first_of(std::string(kBlanks) + "="));
      rest.remove_prefix(directive.name.size());
      if (directive.name.empty()) Fail(comment.begin, "a directive has no name", kExample);
      if (rest.starts_with('=')) {
        rest.remove_prefix(1);
        const bool quoted = rest.starts_with('"');
        if (quoted) rest.remove_prefix(1);
        const size_t end = quoted ? rest.find('"') : rest.find_first_of(kBlanks);
        if (quoted && end == rest.npos) {
          Fail(comment.begin, "the value of " + directive.name + " has no closing '\"'", kExample);
        }
        directive.value = rest.substr(0, end);
        rest.remove_prefix(std::min(directive.value.size() + (quoted ? 1 : 0), rest.size()));
      }
      script_.directives.push_back(std::move(directive));
    }
  }

  static constexpr const char* kExample = "for example: -- osc: retention=48h postpone-cutover";
  std::string_view text_;
  const std::string& name_;
  SqlScript script_;
};

}  // namespace

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8Length(text.substr(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string Place(const std::string& name, size_t line) {
  return name + ":" + std::to_string(line);
}

SqlScript SplitScript(std::string_view text, const std::string& name) {
  return Splitter(text, name).Split();
}

}  // namespace osc::ddl
