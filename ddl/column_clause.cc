#include "ddl/column_clause.h"

#include <algorithm>
#include <set>
#include <vector>

#include "ddl/name.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;
using mysql::TokenKind;

bool IsChanging(const std::string& word) {
  static const std::set<std::string> kWords = {
      "connection_id",  "curdate",      "current_date",
      "current_role",   "current_time", "current_user",
      "curtime",        "database",     "current_timestamp",
      "last_insert_id", "lastval",      "localtime",
      "localtimestamp", "nextval",      "now",
      "rand",           "random_bytes", "schema",
      "session_user",   "setval",       "sys_guid",
      "sysdate",        "system_user",  "unix_timestamp",
      "user",           "utc_date",     "utc_timestamp",
      "utc_time",       "uuid",         "uuid_short",
      "uuid_v4",        "uuid_v7"};
  return kWords.contains(word);
}

// Those that may differ on a replica even in one statement (tried one by one on MySQL 9.7).
bool IsUnsafe(const std::string& word) {
  static const std::set<std::string> kWords = {
      "current_user", "rand", "random_bytes", "session_user", "sysdate",
      "system_user",  "user", "uuid",         "uuid_short",   "wait_for_executed_gtid_set"};
  return kWords.contains(word);
}

// From GENERATED ALWAYS AS on, without what may follow the expression but STORED or VIRTUAL.
std::string GeneratedText(const TableDefinition& table, const Column& column) {
  const std::string text = ColumnClause(table, column);
  std::string expression;
  int depth = 0;
  bool begun = false;
  for (const SqlToken& token : mysql::Tokenize(text)) {
    if (token.Is("GENERATED")) begun = true;
    if (!begun) continue;
    if (token.Is('(')) ++depth;
    expression += text.substr(token.begin, token.end - token.begin) + " ";
    if (token.Is(')')) --depth;
    if (depth == 0 && (token.Is("STORED") || token.Is("PERSISTENT") || token.Is("VIRTUAL"))) break;
  }
  return expression;
}

}  // namespace

std::string ColumnClause(const TableDefinition& table, const Column& column) {
  const std::string head = "\n  " + mysql::QuoteIdentifier(column.name) + " ";
  const std::string& text = table.create_statement;
  const size_t at = text.find(head);
  if (at == std::string::npos) return "";
  const size_t begin = at + head.size();
  std::string line = text.substr(begin, text.find('\n', begin) - begin);
  if (line.ends_with(',')) line.pop_back();
  return line;
}

std::string ChangingDefault(std::string_view column_clause) {
  bool in_default = false;
  int depth = 0;
  for (const SqlToken& token : mysql::Tokenize(column_clause)) {
    if (token.Is('(')) ++depth;
    if (token.Is(')')) --depth;
    if (depth == 0 && token.Is("DEFAULT")) in_default = true;
    if (depth == 0 && (token.Is("ON") || token.Is("COMMENT") || token.Is("CHECK"))) {
      in_default = false;
    }
    if (!in_default || token.kind != TokenKind::kWord) continue;
    if (const std::string word = FoldName(token.text); IsChanging(word)) return word;
  }
  return "";
}

bool CallsForAnotherValue(std::string_view word) {
  const std::string folded = FoldName(word);
  return IsChanging(folded) || IsUnsafe(folded);
}

UnsafeDefault FindUnsafeDefault(std::string_view alter_clauses) {
  const std::vector<SqlToken> tokens = mysql::Tokenize(alter_clauses);
  const auto introduces = [](const SqlToken& token) {
    return token.Is("ADD") || token.Is("COLUMN") || token.Is("MODIFY") || token.Is("CHANGE") ||
           token.Is("ALTER") || token.Is("EXISTS") || token.Is('(') || token.Is(',');
  };
  UnsafeDefault found;
  for (size_t i = 1; i + 1 < tokens.size(); ++i) {
    const SqlToken& token = tokens[i];
    const bool is_name = token.kind == TokenKind::kIdentifier ||
                         (token.kind == TokenKind::kWord && !token.Is("COLUMN") && !token.Is("IF"));
    if (is_name && introduces(tokens[i - 1])) found.column = token.text;
    if (!token.Is("DEFAULT") || !tokens[i + 1].Is('(')) continue;
    int depth = 0;
    for (++i; i + 1 < tokens.size(); ++i) {
      if (tokens[i].Is('(')) ++depth;
      if (tokens[i].Is(')') && --depth == 0) break;
      if (tokens[i].kind != TokenKind::kWord) continue;
      found.function = FoldName(tokens[i].text);
      if (IsUnsafe(found.function)) return found;
    }
  }
  return {};
}

bool IsGeneratedAlike(const TableDefinition& one, const Column& column,
                      const TableDefinition& other, const Column& other_column) {
  return column.generated && other_column.generated &&
         GeneratedText(one, column) == GeneratedText(other, other_column);
}

}  // namespace osc::ddl
