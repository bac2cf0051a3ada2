#include "src/mysql/statement_tables.h"

#include <initializer_list>
#include <iterator>
#include <optional>
#include <sstream>

#include "src/mysql/sql_lexer.h"

namespace osc::mysql {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string> FindMarkers(std::string_view sql) {
  if (sql.find("osc:") == std::string_view::npos) return {};
  SqlLexer lexer(sql);
  while (true) {
    SqlToken token = lexer.Next();
    if (token.kind == TokenKind::kEnd || token.kind == TokenKind::kUnterminated) return {};
    if (token.kind != TokenKind::kComment || sql[token.begin] != '/') continue;
    const std::string_view inside = Trim(token.text);
    if (!inside.starts_with("osc:")) continue;
    std::istringstream words{std::string(inside)};
    return {std::istream_iterator<std::string>(words), {}};
  }
}

// Walks the tokens of one statement; reads one token ahead and no more than it needs, because a
// statement can be long.
class Parser {
 public:
  Parser(std::string_view sql, std::string_view default_database)
      : lexer_(sql, {.open_executable_comments = true}), default_database_(default_database) {
    Advance();
  }

  const SqlToken& token() const { return token_; }
  bool AtEnd() const {
    return token_.kind == TokenKind::kEnd || token_.kind == TokenKind::kUnterminated;
  }

  void Advance() {
    do {
      token_ = lexer_.Next();
    } while (token_.kind == TokenKind::kComment);
  }

  bool Skip(std::string_view keyword) {
    if (!token_.Is(keyword)) return false;
    Advance();
    return true;
  }
  bool Skip(char character) {
    if (!token_.Is(character)) return false;
    Advance();
    return true;
  }
  void SkipAny(std::initializer_list<std::string_view> keywords) {
    for (bool found = true; found;) {
      found = false;
      for (const std::string_view keyword : keywords) found = Skip(keyword) || found;
    }
  }
  bool SkipTo(std::string_view keyword) {
    while (!AtEnd() && !token_.Is(keyword)) Advance();
    return Skip(keyword);
  }
  void SkipExistence() { SkipAny({"IF", "NOT", "EXISTS"}); }
  void SkipWait() {
    if (Skip("WAIT")) Advance();
    Skip("NOWAIT");
  }

  bool AtName() const {
    return token_.kind == TokenKind::kWord || token_.kind == TokenKind::kIdentifier ||
           token_.kind == TokenKind::kDoubleQuoted;
  }
  std::optional<std::string> Name() {
    if (!AtName()) return std::nullopt;
    std::string name = token_.text;
    Advance();
    return name;
  }
  // [database.]table, .table for the default database, and table.* of a DELETE.
  bool Table(StatementEffect* effect) {
    TableName table{default_database_, ""};
    if (!token_.Is('.')) {
      auto first = Name();
      if (!first) return false;
      table.name = *first;
    }
    if (Skip('.') && !Skip('*')) {
      auto second = Name();
      if (!second) return false;
      if (!table.name.empty()) table.database = table.name;
      table.name = *second;
    }
    effect->tables.push_back(std::move(table));
    return true;
  }

 private:
  SqlLexer lexer_;
  std::string default_database_;
  SqlToken token_;
};

bool ParseAlterTable(Parser& parser, StatementEffect* effect) {
  parser.SkipAny({"ONLINE", "OFFLINE", "IGNORE"});
  if (!parser.Skip("TABLE")) return false;
  parser.SkipExistence();
  if (!parser.Table(effect)) return false;
  effect->kind = StatementKind::kAlterTable;
  parser.SkipWait();
  int depth = 0;
  bool at_clause = true;
  while (!parser.AtEnd()) {
    if (parser.token().Is('(')) ++depth;
    if (parser.token().Is(')')) --depth;
    if (depth == 0 && at_clause && parser.Skip("RENAME")) {
      at_clause = false;
      const bool other =
          parser.token().Is("COLUMN") || parser.token().Is("INDEX") || parser.token().Is("KEY");
      if (other) continue;
      parser.SkipAny({"TO", "AS"});
      parser.Skip('=');
      parser.Table(effect);
      continue;
    }
    if (depth == 0 && at_clause && parser.Skip("EXCHANGE")) {
      if (parser.SkipTo("TABLE")) parser.Table(effect);
      continue;
    }
    // MariaDB: the table becomes a partition of the altered one.
    if (depth == 0 && at_clause && parser.Skip("CONVERT")) {
      if (parser.Skip("TABLE")) parser.Table(effect);
      continue;
    }
    at_clause = depth == 0 && parser.token().Is(',');
    parser.Advance();
  }
  return true;
}

bool ParseTableList(Parser& parser, StatementEffect* effect) {
  do {
    if (!parser.Table(effect)) return false;
    parser.SkipWait();
  } while (parser.Skip(','));
  return true;
}

bool ParseDrop(Parser& parser, StatementEffect* effect) {
  effect->temporary = parser.Skip("TEMPORARY");
  if (parser.Skip("TABLE") || parser.Skip("TABLES")) {
    effect->kind = StatementKind::kDropTable;
    parser.SkipExistence();
    return ParseTableList(parser, effect);
  }
  if (parser.Skip("DATABASE") || parser.Skip("SCHEMA")) {
    effect->kind = StatementKind::kDropDatabase;
    parser.SkipExistence();
    const auto name = parser.Name();
    if (!name) return false;
    effect->tables.push_back({*name, ""});
    return true;
  }
  parser.SkipAny({"ONLINE", "OFFLINE"});
  if (parser.Skip("INDEX")) {
    effect->kind = StatementKind::kDropIndex;
    parser.SkipExistence();
    return parser.Name().has_value() && parser.Skip("ON") && parser.Table(effect);
  }
  return false;
}

bool ParseRename(Parser& parser, StatementEffect* effect) {
  if (!parser.Skip("TABLE") && !parser.Skip("TABLES")) return false;
  effect->kind = StatementKind::kRenameTable;
  parser.SkipExistence();
  do {
    if (!parser.Table(effect)) return false;
    parser.SkipWait();
    if (!parser.Skip("TO") || !parser.Table(effect)) return false;
  } while (parser.Skip(','));
  return true;
}

bool ParseCreateTrigger(Parser& parser, StatementEffect* effect) {
  effect->kind = StatementKind::kCreateTrigger;
  return parser.SkipTo("ON") && parser.Table(effect);
}

bool ParseCreate(Parser& parser, StatementEffect* effect) {
  parser.SkipAny({"OR", "REPLACE"});
  effect->temporary = parser.Skip("TEMPORARY");
  if (parser.Skip("TABLE")) {
    effect->kind = StatementKind::kCreateTable;
    parser.SkipExistence();
    return parser.Table(effect);
  }
  if (parser.Skip("DEFINER")) {
    // DEFINER = 'user'@'host' | CURRENT_USER(): up to the word that says what is made.
    while (!parser.AtEnd() && !parser.token().Is("TRIGGER")) {
      for (const std::string_view other : {"PROCEDURE", "FUNCTION", "VIEW", "EVENT", "SQL"}) {
        if (parser.token().Is(other)) return false;
      }
      parser.Advance();
    }
  }
  if (parser.Skip("TRIGGER")) return ParseCreateTrigger(parser, effect);
  parser.SkipAny({"ONLINE", "OFFLINE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"});
  if (parser.Skip("INDEX")) {
    effect->kind = StatementKind::kCreateIndex;
    parser.SkipExistence();
    return parser.Name().has_value() && parser.SkipTo("ON") && parser.Table(effect);
  }
  return false;
}

// The tables of a list that may hold joins, subqueries and aliases, up to `end` or the end.
void CollectTables(Parser& parser, StatementEffect* effect, std::string_view end) {
  bool name_follows = true;
  while (!parser.AtEnd() && !parser.token().Is(end)) {
    const SqlToken& token = parser.token();
    const bool keyword = token.Is("FROM") || token.Is("SELECT") || token.Is("LATERAL");
    if (name_follows && parser.AtName() && !keyword) {
      parser.Table(effect);
      name_follows = false;
      continue;
    }
    const bool keeps = name_follows && token.Is('(');
    name_follows = keeps || token.Is(',') || token.Is("JOIN") || token.Is("STRAIGHT_JOIN") ||
                   token.Is("FROM") || token.Is("USING");
    parser.Advance();
  }
}

bool ParseDml(Parser& parser, StatementEffect* effect) {
  effect->kind = StatementKind::kDml;
  if (parser.token().Is("INSERT") || parser.token().Is("REPLACE")) {
    parser.Advance();
    parser.SkipAny({"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"});
    return parser.Table(effect);
  }
  if (parser.Skip("LOAD")) {
    return parser.SkipTo("INTO") && parser.Skip("TABLE") && parser.Table(effect);
  }
  if (parser.Skip("UPDATE")) {
    parser.SkipAny({"LOW_PRIORITY", "IGNORE"});
    CollectTables(parser, effect, "SET");
    return true;
  }
  if (parser.Skip("DELETE")) {
    parser.SkipAny({"LOW_PRIORITY", "QUICK", "IGNORE", "HISTORY"});
    CollectTables(parser, effect, "WHERE");
    return true;
  }
  return false;
}

// After WITH: the write that follows the common table expressions, if it is one.
bool ParseWith(Parser& parser, StatementEffect* effect) {
  for (int depth = 0; !parser.AtEnd(); parser.Advance()) {
    if (parser.token().Is('(')) ++depth;
    if (parser.token().Is(')')) --depth;
    if (depth > 0) continue;
    if (parser.token().Is("UPDATE") || parser.token().Is("DELETE")) return ParseDml(parser, effect);
    if (parser.token().Is("SELECT")) return false;
  }
  return false;
}

bool Parse(Parser& parser, StatementEffect* effect) {
  // MariaDB: SET STATEMENT variable=value, ... FOR statement.
  if (parser.Skip("SET")) {
    if (!parser.Skip("STATEMENT") || !parser.SkipTo("FOR")) return false;
  }
  if (parser.Skip("ALTER")) return ParseAlterTable(parser, effect);
  if (parser.Skip("DROP")) return ParseDrop(parser, effect);
  if (parser.Skip("CREATE")) return ParseCreate(parser, effect);
  if (parser.Skip("RENAME")) return ParseRename(parser, effect);
  if (parser.Skip("TRUNCATE")) {
    effect->kind = StatementKind::kTruncateTable;
    parser.Skip("TABLE");
    return parser.Table(effect);
  }
  if (parser.Skip("WITH")) return ParseWith(parser, effect);
  return ParseDml(parser, effect);
}

}  // namespace

StatementEffect ClassifyStatement(std::string_view sql, std::string_view default_database) {
  Parser parser(sql, default_database);
  StatementEffect effect;
  if (!Parse(parser, &effect)) effect = StatementEffect();
  effect.markers = FindMarkers(sql);
  return effect;
}

}  // namespace osc::mysql
