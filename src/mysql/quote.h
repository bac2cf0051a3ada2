// Identifiers and literals for SQL text that is safe under every sql_mode and character set that
// this program's sessions use.
#pragma once

#include <string>
#include <string_view>

namespace osc::mysql {

// A table by its database and name, unquoted.
struct TableName {
  std::string database;
  std::string name;
  friend bool operator==(const TableName&, const TableName&) = default;
};

// `name` with backticks doubled.
std::string QuoteIdentifier(std::string_view name);
// `database`.`table`
std::string Quote(const TableName& table);

// A literal in the given character set, for example _latin1'abc' or _ucs2 X'0061'. The bytes are
// in that character set. Anything but printable ASCII is written in hex, so that no escape and no
// client character set can change it. charset "binary" gives a byte string.
void AppendStringLiteral(std::string& out, std::string_view charset, std::string_view bytes);

// A utf8mb4 literal, for names and other text of our own.
std::string QuoteText(std::string_view text);

// What a backslash before `c` means in a quoted string of either server.
char Unescape(char c);

}  // namespace osc::mysql
