#include "ddl/alter_statement.h"

#include <algorithm>

#include "ddl/alter_clauses.h"
#include "src/base/error.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;
using mysql::TokenKind;

[[noreturn]] void Invalid(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::kInvalidArgument, message, hint);
}

constexpr const char* kWhatToWrite =
    "write ALTER TABLE t ADD COLUMN ..., or name the table and give only the clauses";

// The tokens of one statement, its last one kEnd in place of a ';'.
std::vector<SqlToken> TokensOfOneStatement(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    Invalid("the ALTER has a zero byte in it", "write \\0 where a value needs one");
  }
  std::vector<SqlToken> tokens = mysql::Tokenize(text);
  if (tokens.back().kind == TokenKind::kUnterminated) {
    Invalid("the ALTER ends inside " +
                std::string(tokens.back().text == "/*" ? "a comment" : "a quoted text"),
            "close it with " + (tokens.back().text == "/*" ? "*/" : tokens.back().text));
  }
  for (const SqlToken& token : tokens) {
    if (token.kind != TokenKind::kExecutableComment) continue;
    throw Error(ErrorCode::kRefused,
                "the ALTER holds the executable comment /*" + token.text + "*/",
                "write its content out: what it means depends on the server");
  }
  const auto end = std::find_if(tokens.begin(), tokens.end(),
                                [](const SqlToken& token) { return token.Is(';'); });
  const auto more = std::find_if(end, tokens.end(), [](const SqlToken& token) {
    return !token.Is(';') && token.kind != TokenKind::kEnd;
  });
  if (more != tokens.end()) {
    Invalid("there is more than one statement, near '" + more->text + "'",
            "run one migration for each statement");
  }
  if (end != tokens.end()) {
    const size_t at = end->begin;
    tokens.erase(end, tokens.end());
    tokens.push_back(SqlToken{TokenKind::kEnd, "", at, at});
  }
  int depth = 0;
  for (const SqlToken& token : tokens) {
    if (token.Is('(')) ++depth;
    if (token.Is(')') && --depth < 0) break;
  }
  if (depth != 0)
    Invalid("the ALTER's parentheses do not match", "check where they open and close");
  return tokens;
}

bool StartsStatement(const TokenCursor& cursor) {
  if (!cursor.Peek().Is("ALTER")) return false;
  for (size_t i = 1;; ++i) {
    const SqlToken& token = cursor.Peek(i);
    if (token.Is("TABLE")) return true;
    if (!token.Is("ONLINE") && !token.Is("OFFLINE") && !token.Is("IGNORE")) return false;
  }
}

void TakeTable(TokenCursor& cursor, AlterStatement* alter) {
  alter->table = cursor.TakeName("the table's name");
  if (cursor.Skip('.')) {
    alter->database = alter->table;
    alter->table = cursor.TakeName("the table's name");
  }
  if (alter->table.empty()) Invalid("the table's name is empty", kWhatToWrite);
}

// ALTER [ONLINE] TABLE [IF EXISTS] [database.]table
void ParseHead(TokenCursor& cursor, AlterStatement* alter) {
  while (!cursor.Skip("TABLE")) {
    if (cursor.Peek().Is("IGNORE")) {
      throw Error(ErrorCode::kRefused, "ALTER IGNORE would discard rows that do not fit",
                  "leave IGNORE out: osc names such rows instead");
    }
    cursor.Advance();
  }
  cursor.SkipExistence();
  TakeTable(cursor, alter);
}

// CREATE [UNIQUE] INDEX i ON t ..., DROP INDEX i ON t. The clause DROP INDEX i has no ON.
bool IsIndexStatement(const TokenCursor& cursor) {
  const bool create = cursor.Peek().Is("CREATE");
  if (!create && !cursor.Peek().Is("DROP")) return false;
  for (size_t i = 1, found = 0;; ++i) {
    const SqlToken& token = cursor.Peek(i);
    if (token.kind == TokenKind::kEnd || token.Is('(') || token.Is(',')) return false;
    if (found == 0 && i > 4) return false;
    if (found == 0 && token.Is("INDEX")) found = i;
    if (found > 0 && i > found && token.Is("ON")) return true;
  }
}

[[noreturn]] void RefuseInIndexStatement(const std::string& clause, const std::string& why,
                                         const std::string& hint) {
  throw Error(ErrorCode::kRefused, clause + ": " + why, hint);
}

// The clause of an ALTER TABLE that means the same.
AlterStatement ParseIndexStatement(TokenCursor& cursor) {
  const size_t begin = cursor.Peek().begin;
  const auto refuse_lock = [&] {
    for (const std::string_view word : {"ALGORITHM", "LOCK", "WAIT", "NOWAIT"}) {
      if (!cursor.Peek().Is(word)) continue;
      RefuseInIndexStatement(std::string(word),
                             "osc itself chooses how the table is changed and locked",
                             "leave it out");
    }
  };
  std::string clause = "DROP ";
  if (cursor.Skip("CREATE")) {
    clause = "ADD ";
    if (cursor.Peek().Is("OR")) {
      RefuseInIndexStatement(cursor.ClauseAt(begin), "it may replace an index that is there",
                             "write ALTER TABLE t DROP INDEX i, ADD INDEX i (...)");
    }
  } else {
    cursor.Advance();
  }
  if (!cursor.Skip("ONLINE")) cursor.Skip("OFFLINE");
  const size_t index_at = cursor.Peek().begin;
  while (!cursor.Peek().Is("ON")) {
    refuse_lock();
    cursor.Advance();
  }
  clause += cursor.TextSince(index_at);
  cursor.Advance();
  AlterStatement table;
  TakeTable(cursor, &table);
  if (!cursor.AtEnd()) {
    const size_t rest_at = cursor.Peek().begin;
    for (int depth = 0; !cursor.AtEnd(); cursor.Advance()) {
      if (cursor.Peek().Is('(')) ++depth;
      if (cursor.Peek().Is(')')) --depth;
      if (depth > 0) continue;
      refuse_lock();
      if (clause.starts_with("ADD") && !cursor.Peek().Is(',')) continue;
      RefuseInIndexStatement(cursor.ClauseAt(begin),
                             "not understood near '" + cursor.Peek().text + "'",
                             "write it as ALTER TABLE t ADD INDEX ..., or DROP INDEX ...");
    }
    clause += " " + cursor.TextSince(rest_at);
  }
  AlterStatement alter = ParseAlter(clause);
  alter.database = table.database;
  alter.table = table.table;
  return alter;
}

}  // namespace

AlterStatement ParseAlter(std::string_view text) {
  const std::vector<SqlToken> tokens = TokensOfOneStatement(text);
  TokenCursor cursor(text, tokens);
  if (IsIndexStatement(cursor)) return ParseIndexStatement(cursor);
  AlterStatement alter;
  const SqlToken& first = cursor.Peek();
  if (StartsStatement(cursor)) {
    ParseHead(cursor, &alter);
  } else if (first.Is("CREATE") || (first.Is("DROP") && cursor.Peek(1).Is("TABLE")) ||
             first.Is("SELECT") || first.Is("INSERT") || first.Is("UPDATE") || first.Is("DELETE") ||
             (first.Is("TRUNCATE") && !cursor.Peek(1).Is("PARTITION")) ||
             (first.Is("ALTER") && (cursor.Peek(1).Is("DATABASE") || cursor.Peek(1).Is("SCHEMA") ||
                                    cursor.Peek(1).Is("VIEW") || cursor.Peek(1).Is("USER")))) {
    Invalid("this is no ALTER TABLE: " + cursor.ClauseAt(0), kWhatToWrite);
  }
  if (cursor.AtEnd()) Invalid("the ALTER has no clause: nothing is to be changed", kWhatToWrite);
  const size_t begin = cursor.Peek().begin;
  ParseClauses(cursor, &alter);
  alter.clauses = cursor.TextSince(begin);
  // Two of them would be a comment where the clauses end.
  if (alter.clauses.ends_with('-')) Invalid("the ALTER ends with '-'", "write what follows it");
  return alter;
}

}  // namespace osc::ddl
