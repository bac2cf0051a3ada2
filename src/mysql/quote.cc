#include "src/mysql/quote.h"

#include <algorithm>

namespace osc::mysql {
namespace {

bool IsPlain(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f && c != '\'' && c != '\\'; });
}

// These store ASCII in more than one byte a character, so quoted text would not be their bytes.
bool IsWide(std::string_view charset) {
  return charset == "ucs2" || charset == "utf16" || charset == "utf16le" || charset == "utf32";
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + "`";
}

std::string Quote(const TableName& table) {
  return QuoteIdentifier(table.database) + "." + QuoteIdentifier(table.name);
}

void AppendStringLiteral(std::string& out, std::string_view charset, std::string_view bytes) {
  out += '_';
  out += charset;
  if (IsPlain(bytes) && !IsWide(charset)) {
    out += '\'';
    out += bytes;
    out += '\'';
    return;
  }
  static constexpr char kDigits[] = "0123456789ABCDEF";
  out += " X'";
  const size_t at = out.size();
  out.resize(at + bytes.size() * 2);
  char* to = out.data() + at;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
  out += '\'';
}

std::string QuoteText(std::string_view text) {
  std::string out;
  AppendStringLiteral(out, "utf8mb4", text);
  return out;
}

char Unescape(char c) {
  switch (c) {
    case '0':
      return '\0';
    case 'b':
      return '\b';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'Z':
      return '\x1a';
    default:
      return c;
  }
}

}  // namespace osc::mysql
