#include "ddl/object_statement.h"

#include <array>
#include <nlohmann/json.hpp>

#include "ddl/token_cursor.h"
#include "src/base/error.h"
#include "src/mysql/quote.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;

// db.name or name.
void TakeObjectName(TokenCursor* cursor, ObjectStatement* statement) {
  const std::string_view what = statement->is_view() ? "a view's name" : "a table's name";
  statement->name = cursor->TakeName(what);
  if (!cursor->Skip('.')) return;
  statement->database = statement->name;
  statement->name = cursor->TakeName(what);
}

// IF [NOT] EXISTS
bool SkipExistence(TokenCursor* cursor) {
  const size_t before = cursor->Peek().begin;
  cursor->SkipExistence();
  return cursor->Peek().begin != before;
}

std::string Trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ';' || text.back() == ' ' || text.back() == '\n' ||
                           text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

std::vector<ObjectStatement> ParseDrop(TokenCursor cursor, bool view) {
  ObjectStatement drop;
  drop.action = view ? ObjectAction::kDropView : ObjectAction::kDropTable;
  drop.if_needed = SkipExistence(&cursor);
  std::vector<ObjectStatement> all;
  do {
    ObjectStatement& one = all.emplace_back(drop);
    TakeObjectName(&cursor, &one);
    one.text = std::string(view ? "DROP VIEW " : "DROP TABLE ") +
               (one.if_needed ? "IF EXISTS " : "") +
               (one.database.empty() ? "" : mysql::QuoteIdentifier(one.database) + ".") +
               mysql::QuoteIdentifier(one.name);
  } while (cursor.Skip(','));
  if (!cursor.Skip("RESTRICT")) cursor.Skip("CASCADE");  // both mean nothing to the servers
  cursor.Skip(';');
  if (cursor.AtEnd()) return all;
  throw Error(ErrorCode::kRefused,
              "'" + cursor.Peek().text + "' stands behind what " +
                  (view ? "DROP VIEW" : "DROP TABLE") + " names",
              "osc understands names, IF EXISTS, RESTRICT and CASCADE; leave it out");
}

}  // namespace

std::string_view ActionName(ObjectAction action) {
  constexpr std::array<std::string_view, 6> kNames{"create-table", "drop-table", "create-view",
                                                   "replace-view", "alter-view", "drop-view"};
  return kNames.at(static_cast<size_t>(action));
}

std::vector<ObjectStatement> ParseObjectStatement(std::string_view text) {
  const std::string whole = Trimmed(text);
  const auto tokens = mysql::Tokenize(whole);
  TokenCursor cursor(whole, tokens);
  if (cursor.Skip("DROP")) {
    if (cursor.Skip("TABLE") || cursor.Skip("TABLES")) return ParseDrop(cursor, false);
    return cursor.Skip("VIEW") ? ParseDrop(cursor, true) : std::vector<ObjectStatement>{};
  }
  ObjectStatement statement;
  statement.text = whole;
  const bool alters = cursor.Skip("ALTER");
  if (!alters && !cursor.Skip("CREATE")) return {};
  bool replaces = false;
  if (!alters && cursor.Peek().Is("OR") && cursor.Peek(1).Is("REPLACE")) {
    replaces = cursor.Skip("OR") && cursor.Skip("REPLACE");
  }
  if (!alters && cursor.Peek().Is("TABLE")) {
    if (replaces) {
      throw Error(ErrorCode::kRefused, "CREATE OR REPLACE TABLE drops a table and creates another",
                  "write DROP TABLE IF EXISTS and CREATE TABLE: each can be taken back");
    }
    statement.action = ObjectAction::kCreateTable;
  } else {
    // ALGORITHM, DEFINER and SQL SECURITY stand before the word; routines have them too.
    const SqlToken& first = cursor.Peek();
    if (!first.Is("VIEW") && !first.Is("ALGORITHM") && !first.Is("DEFINER") && !first.Is("SQL")) {
      return {};
    }
    const size_t options = first.begin;
    while (!cursor.Peek().Is("VIEW")) {
      const SqlToken& token = cursor.Peek();
      if (cursor.AtEnd() || token.Is("PROCEDURE") || token.Is("FUNCTION") || token.Is("TABLE") ||
          token.Is("TRIGGER") || token.Is("EVENT")) {
        return {};
      }
      cursor.Advance();
    }
    statement.head = cursor.TextSince(options);
    statement.action = alters     ? ObjectAction::kAlterView
                       : replaces ? ObjectAction::kReplaceView
                                  : ObjectAction::kCreateView;
  }
  cursor.Advance();
  statement.head = std::string(alters ? "ALTER " : "CREATE ") +
                   (statement.head.empty() ? "" : statement.head + " ") +
                   (statement.is_view() ? "VIEW " : "TABLE ");
  statement.if_needed = SkipExistence(&cursor);
  TakeObjectName(&cursor, &statement);
  statement.tail = whole.substr(cursor.Peek().begin);
  if (cursor.AtEnd()) {
    throw Error(ErrorCode::kRefused, "the statement ends behind " + statement.name,
                "check the statement's spelling");
  }
  return {statement};
}

std::string SaveObject(const std::optional<ObjectStatement>& object) {
  if (!object) return "";
  return nlohmann::json{{"action", static_cast<int>(object->action)},
                        {"name", object->name},
                        {"if_needed", object->if_needed},
                        {"text", object->text},
                        {"head", object->head},
                        {"tail", object->tail},
                        {"alters", object->alters}}
      .dump();
}

std::optional<ObjectStatement> LoadObject(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto json = nlohmann::json::parse(text);
  ObjectStatement object;
  object.action = static_cast<ObjectAction>(json.at("action").get<int>());
  object.name = json.at("name");
  object.if_needed = json.at("if_needed");
  object.text = json.at("text");
  object.head = json.at("head");
  object.tail = json.at("tail");
  object.alters = json.at("alters").get<std::vector<std::string>>();
  return object;
}

}  // namespace osc::ddl
