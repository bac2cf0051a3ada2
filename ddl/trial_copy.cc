#include "ddl/trial_copy.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <vector>

#include "ddl/check_names.h"
#include "ddl/column_clause.h"
#include "ddl/temporary_table.h"
#include "ddl/time_zone.h"
#include "src/mysql/server_message.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;
using mysql::TokenKind;

constexpr std::string_view kNoEffect = "STATS_PERSISTENT=DEFAULT";

// Text replacements in order of their place.
class Edits {
 public:
  explicit Edits(std::string_view sql) : sql_(sql) {}
  void Replace(size_t begin, size_t end, std::string_view with) {
    out_ += sql_.substr(done_, begin - done_);
    out_ += with;
    done_ = end;
  }
  std::string Take() { return out_ + std::string(sql_.substr(done_)); }

 private:
  std::string_view sql_;
  std::string out_;
  size_t done_ = 0;
};

// FULLTEXT [INDEX|KEY] [name] (a, b) [WITH PARSER p]: its columns become prefixes of one character.
// Returns the place after it.
size_t FitFulltext(const std::vector<SqlToken>& tokens, size_t at, Edits* edits) {
  const bool has_word = tokens[at + 1].Is("INDEX") || tokens[at + 1].Is("KEY");
  edits->Replace(tokens[at].begin, tokens[at].end, has_word ? "" : "INDEX");
  while (at < tokens.size() - 1 && !tokens[at].Is('(')) ++at;
  for (++at; at < tokens.size() - 1 && !tokens[at].Is(')'); ++at) {
    const bool name =
        tokens[at].kind == TokenKind::kWord || tokens[at].kind == TokenKind::kIdentifier;
    if (!name || tokens[at].Is("ASC") || tokens[at].Is("DESC")) continue;
    if (tokens[at + 1].Is('(')) {
      while (at < tokens.size() - 1 && !tokens[at].Is(')')) ++at;
      continue;
    }
    edits->Replace(tokens[at].end, tokens[at].end, "(1)");
  }
  if (at + 3 < tokens.size() && tokens[at + 1].Is("WITH") && tokens[at + 2].Is("PARSER")) {
    edits->Replace(tokens[at + 1].begin, tokens[at + 3].end, "");
    at += 3;
  } else if (at + 1 < tokens.size() && tokens[at + 1].kind == TokenKind::kExecutableComment &&
             tokens[at + 1].text.find("WITH PARSER") != std::string::npos) {
    edits->Replace(tokens[at + 1].begin, tokens[at + 1].end, "");
    ++at;
  }
  return at + 1;
}

// How many tokens a table option takes that temporary tables cannot have; 0 for any other token.
size_t LengthOfUnfitOption(const std::vector<SqlToken>& tokens, size_t at, bool mariadb) {
  size_t name = 0;
  if (tokens[at].Is("DATA") || tokens[at].Is("INDEX")) {
    if (tokens[at + 1].Is("DIRECTORY")) name = 2;
  } else if (tokens[at].Is("ROW_FORMAT") || tokens[at].Is("KEY_BLOCK_SIZE")) {
    name = 1;
  } else if (!mariadb) {
    for (const std::string_view option : {"ENCRYPTION", "COMPRESSION", "AUTOEXTEND_SIZE"}) {
      if (tokens[at].Is(option)) name = 1;
    }
  }
  if (name == 0 || at + name >= tokens.size()) return 0;
  const bool has_sign = tokens[at + name].Is('=');
  const size_t value = at + name + (has_sign ? 1 : 0);
  const bool plain = value < tokens.size() && (tokens[value].kind == TokenKind::kWord ||
                                               tokens[value].kind == TokenKind::kNumber ||
                                               tokens[value].kind == TokenKind::kString);
  if (!plain) return 0;
  // MariaDB's temporary tables have every other row format (error 4047; seen on 10.11 and 11.8).
  if (mariadb && tokens[at].Is("ROW_FORMAT") && !tokens[value].Is("COMPRESSED")) return 0;
  return value + 1 - at;
}

// A clause of ALTER that is no table option. What it names may be called like one (ADD compression
// INT), and a key has a KEY_BLOCK_SIZE of its own.
bool BeginsDefinition(const SqlToken& token) {
  constexpr std::string_view kVerbs[] = {"ADD",    "CHANGE", "MODIFY", "DROP",
                                         "RENAME", "ALTER",  "CONVERT"};
  return std::any_of(std::begin(kVerbs), std::end(kVerbs),
                     [&](std::string_view verb) { return token.Is(verb); });
}

// Temporary tables have no partitions: PARTITION BY up to the end, REMOVE PARTITIONING. Returns how
// many tokens that is; 0 for any other token.
size_t LengthOfPartitions(const std::vector<SqlToken>& tokens, size_t at) {
  if (tokens[at].Is("PARTITION") && tokens[at + 1].Is("BY")) return tokens.size() - 1 - at;
  if (tokens[at].Is("REMOVE") && tokens[at + 1].Is("PARTITIONING")) return 2;
  return 0;
}

// FitForTemporary has made full-text keys into plain ones over prefixes of one character.
void RestoreFulltext(TableDefinition* table) {
  const auto was_fulltext = [](const Key& key) {
    return !key.unique && std::all_of(key.parts.begin(), key.parts.end(),
                                      [](const KeyPart& part) { return part.prefix_length == 1; });
  };
  // The servers list full-text keys last.
  const auto first =
      std::stable_partition(table->keys.begin(), table->keys.end(), std::not_fn(was_fulltext));
  for (auto key = first; key != table->keys.end(); ++key) {
    key->type = "FULLTEXT";
    for (KeyPart& part : key->parts) part.prefix_length = 0;
  }
}

void Run(mysql::Connection& connection, const std::string& sql, const std::string& failure,
         const std::string& hint, const std::string& trial_name, const std::string& table_name) {
  try {
    connection.Execute(sql);
  } catch (const Error& error) {
    if (error.server_errno() == 0 || error.code() == ErrorCode::kConnectionLost) throw;
    throw Error(ErrorCode::kRefused,
                failure + ": " + mysql::ServerMessage(error, trial_name, table_name), hint,
                error.server_errno());
  }
}

// MySQL adds no column in an ALTER that also has a default that may differ on a replica, whatever
// the binlog's format and also for a temporary table: error 1674 (seen on 9.7).
[[noreturn]] void RefuseUnsafeDefault(const TableDefinition& original, const AlterStatement& alter,
                                      const Error& error) {
  const UnsafeDefault column = FindUnsafeDefault(alter.clauses);
  if (column.column.empty()) throw error;
  throw Error(ErrorCode::kRefused,
              "the server refuses this ALTER of " + mysql::Quote(original.name) +
                  ": the default of '" + column.column + "' calls " + column.function +
                  "(), and MySQL adds no column in a statement with such a default (error 1674)",
              "leave the default out, and give it in a second migration: ALTER COLUMN " +
                  mysql::QuoteIdentifier(column.column) + " SET DEFAULT (...)",
              error.server_errno());
}

// The trial has no full-text keys, so that it would not miss their parser.
void RefuseUnknownParser(mysql::Connection& connection, const TableDefinition& original,
                         const AlterStatement& alter) {
  const std::vector<SqlToken> tokens = mysql::Tokenize(alter.clauses);
  for (size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (!tokens[i].Is("WITH") || !tokens[i + 1].Is("PARSER")) continue;
    const std::string& parser = tokens[i + 2].text;
    mysql::Result found = connection.Query(
        "SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'FTPARSER' AND "
        "PLUGIN_STATUS = 'ACTIVE' AND PLUGIN_NAME = " +
        mysql::QuoteText(parser));
    if (found.Next()) continue;
    throw Error(ErrorCode::kRefused,
                "the server has no full-text parser '" + parser + "', which the ALTER of " +
                    mysql::Quote(original.name) + " names",
                "install it, or leave WITH PARSER out");
  }
}

// CREATE TABLE `name` ( ... as a TEMPORARY table of another name. The text of SHOW CREATE TABLE
// rather than LIKE, which gives CHECK constraints new names on MySQL.
std::string CreateText(const TableDefinition& original, const mysql::TableName& trial,
                       const CheckNames& names, bool mariadb) {
  const std::string text = names.Translate(original.create_statement);
  const size_t body = text.find("(\n");
  return "CREATE TEMPORARY TABLE " + mysql::Quote(trial) + " " +
         FitForTemporary(std::string_view(text).substr(std::min(body, text.size())), mariadb);
}

}  // namespace

std::string FitForTemporary(std::string_view sql, bool mariadb) {
  const std::vector<SqlToken> tokens = mysql::Tokenize(sql);
  Edits edits(sql);
  int depth = 0;
  bool in_definition = false;
  for (size_t at = 0; at + 1 < tokens.size();) {
    if (depth == 0 && (at == 0 || tokens[at - 1].Is(','))) {
      in_definition = BeginsDefinition(tokens[at]);
    }
    if (tokens[at].Is('(')) ++depth;
    if (tokens[at].Is(')')) --depth;
    if (depth == 0 && tokens[at].kind == TokenKind::kExecutableComment) {
      // After the columns MySQL writes ENCRYPTION and TABLESPACE in one.
      edits.Replace(tokens[at].begin, tokens[at].end, "");
      ++at;
    } else if (tokens[at].Is("FULLTEXT")) {
      at = FitFulltext(tokens, at, &edits);
    } else if (const size_t length =
                   depth == 0 && !in_definition ? LengthOfUnfitOption(tokens, at, mariadb) : 0) {
      edits.Replace(tokens[at].begin, tokens[at + length - 1].end, kNoEffect);
      at += length;
    } else if (const size_t length = depth == 0 ? LengthOfPartitions(tokens, at) : 0) {
      // They may follow the last clause without a comma.
      const bool begins_clause = at == 0 || tokens[at - 1].Is(',');
      edits.Replace(tokens[at].begin, tokens[at + length - 1].end, begins_clause ? kNoEffect : "");
      at += length;
    } else {
      ++at;
    }
  }
  return edits.Take();
}

TableDefinition TryAlter(mysql::Connection& connection, const TableDefinition& original,
                         const AlterStatement& alter) {
  const bool mariadb = connection.server().IsMariaDb();
  RefuseUnknownParser(connection, original, alter);
  const TemporaryTable trial(connection, original.name.database);
  const std::string quoted = mysql::Quote(original.name);
  const CheckNames names = NamesOnTemporary(connection.server(), original, trial.name().name);
  Run(connection, CreateText(original, trial.name(), names, mariadb),
      "the ALTER cannot be tried on an empty copy of " + quoted,
      "osc tries every ALTER on a TEMPORARY table first", trial.name().name, original.name.name);
  try {
    const InServerTimeZone in_server_time_zone(connection);
    Run(connection,
        "ALTER TABLE " + mysql::Quote(trial.name()) + " " +
            FitForTemporary(names.Translate(alter.clauses), mariadb),
        "the server refuses this ALTER of " + quoted, "correct the ALTER", trial.name().name,
        original.name.name);
  } catch (const Error& error) {
    constexpr unsigned kUnsafeFunction = 1674;
    if (error.server_errno() == kUnsafeFunction) RefuseUnsafeDefault(original, alter, error);
    throw;
  }
  TableDefinition altered = ReadTableDefinition(connection, trial.name());
  altered.name = original.name;
  altered.create_statement = names.TranslateBack(altered.create_statement);
  const std::string head = "CREATE TEMPORARY TABLE " + mysql::QuoteIdentifier(trial.name().name);
  if (altered.create_statement.starts_with(head)) {
    altered.create_statement.replace(0, head.size(),
                                     "CREATE TABLE " + mysql::QuoteIdentifier(original.name.name));
  }
  const auto has_fulltext = [](const std::string& sql) {
    const std::vector<SqlToken> tokens = mysql::Tokenize(sql);
    return std::any_of(tokens.begin(), tokens.end(),
                       [](const SqlToken& token) { return token.Is("FULLTEXT"); });
  };
  if (has_fulltext(original.create_statement) || has_fulltext(alter.clauses)) {
    RestoreFulltext(&altered);
  }
  return altered;
}

}  // namespace osc::ddl
