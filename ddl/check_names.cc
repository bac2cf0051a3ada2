#include "ddl/check_names.h"

#include <algorithm>
#include <set>

#include "ddl/check_constraints.h"
#include "ddl/name.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;
using mysql::TokenKind;

// "t_chk_12" of table t: the server's own name, which it changes with the table's.
bool IsGenerated(const std::string& name, const std::string& table) {
  const std::string head = table + "_chk_";
  return name.size() > head.size() && name.starts_with(head) &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(head.size()), name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

bool IsName(const SqlToken& token) {
  return token.kind == TokenKind::kIdentifier || token.kind == TokenKind::kWord;
}

// CONSTRAINT name CHECK
bool IsDefined(const std::vector<SqlToken>& tokens, size_t at) {
  return at > 0 && at + 1 < tokens.size() && IsName(tokens[at]) && !tokens[at].Is("CHECK") &&
         tokens[at - 1].Is("CONSTRAINT") && tokens[at + 1].Is("CHECK");
}

// DROP or ALTER CHECK or CONSTRAINT name; the latter may also name a key.
bool IsReferred(const std::vector<SqlToken>& tokens, size_t at) {
  return at >= 2 && IsName(tokens[at]) &&
         (tokens[at - 1].Is("CHECK") || tokens[at - 1].Is("CONSTRAINT")) &&
         (tokens[at - 2].Is("DROP") || tokens[at - 2].Is("ALTER"));
}

// The text with the tokens that name_of gives another text for as quoted names.
template <typename NameOf>
std::string Rename(std::string_view sql, const NameOf& name_of) {
  const std::vector<SqlToken> tokens = mysql::Tokenize(sql);
  std::string out;
  size_t done = 0;
  for (size_t at = 0; at < tokens.size(); ++at) {
    const std::string name = name_of(tokens, at);
    if (name == tokens[at].text) continue;
    out += sql.substr(done, tokens[at].begin - done);
    out += mysql::QuoteIdentifier(name);
    done = tokens[at].end;
  }
  return out + std::string(sql.substr(done));
}

}  // namespace

CheckNames::CheckNames(const TableDefinition& table, std::string other,
                       std::vector<NameChange> renames)
    : table_(table.name.name), other_(std::move(other)), create_statement_(table.create_statement) {
  for (NameChange& rename : renames) renames_[FoldName(rename.from)] = std::move(rename.to);
}

std::string CheckNames::Translated(const std::string& name) const {
  if (other_.empty()) return name;
  if (IsGenerated(name, table_)) return other_ + name.substr(table_.size());
  const auto rename = renames_.find(FoldName(name));
  return rename == renames_.end() ? name : rename->second;
}

std::optional<std::string> CheckNames::FindCheck(const std::string& name) const {
  for (const CheckConstraint& check : ReadCheckConstraints(create_statement_)) {
    if (SameName(check.name, name)) return check.name;
  }
  return std::nullopt;
}

std::string CheckNames::Translate(std::string_view sql) const {
  if (other_.empty()) return std::string(sql);
  return Rename(sql, [this](const std::vector<SqlToken>& tokens, size_t at) {
    const std::string& name = tokens[at].text;
    if (IsDefined(tokens, at)) return Translated(FindCheck(name).value_or(name));
    if (!IsReferred(tokens, at)) return name;
    const std::optional<std::string> check = FindCheck(name);  // otherwise it is a key
    return check ? Translated(*check) : name;
  });
}

std::string CheckNames::TranslateBack(std::string_view create_statement) const {
  if (other_.empty()) return std::string(create_statement);
  return Rename(create_statement, [this](const std::vector<SqlToken>& tokens, size_t at) {
    const std::string& name = tokens[at].text;
    if (!IsDefined(tokens, at) || !IsGenerated(name, other_)) return name;
    return table_ + name.substr(other_.size());
  });
}

std::string CheckNames::Restore(std::string_view like) const {
  if (other_.empty()) return "";
  std::string drops;
  std::string adds;
  std::set<std::string> has;
  std::set<std::string> wanted;
  for (const CheckConstraint& check : ReadCheckConstraints(like)) {
    has.insert(check.name + " " + check.expression);
    drops += ", DROP CHECK " + mysql::QuoteIdentifier(check.name);
  }
  for (const CheckConstraint& check : ReadCheckConstraints(create_statement_)) {
    const std::string name = Translated(check.name);
    wanted.insert(name + " " + check.expression);
    adds += ", ADD CONSTRAINT " + mysql::QuoteIdentifier(name) + " CHECK " + check.expression +
            (check.enforced ? "" : " NOT ENFORCED");
  }
  return has == wanted ? "" : (drops + adds).substr(2);
}

std::vector<NameChange> RenamedChecks(mysql::Connection& connection, const TableDefinition& table) {
  std::vector<NameChange> renames;
  if (connection.server().IsMariaDb()) return renames;
  const std::vector<CheckConstraint> checks = ReadCheckConstraints(table.create_statement);
  if (checks.empty()) return renames;
  std::set<std::string> taken;
  mysql::Result rows = connection.Query(
      "SELECT CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA "
      "= " +
      mysql::QuoteText(table.name.database));
  while (rows.Next()) taken.insert(FoldName(rows.Text(0)));
  for (const CheckConstraint& check : checks) {
    if (IsGenerated(check.name, table.name.name)) continue;
    const std::string name = NameBeside(check.name, taken);
    taken.insert(FoldName(name));
    renames.push_back({check.name, name});
  }
  return renames;
}

CheckNames NamesBeside(mysql::Connection& connection, const TableDefinition& table,
                       const std::string& other) {
  if (connection.server().IsMariaDb()) return {};
  return {table, other, RenamedChecks(connection, table)};
}

CheckNames NamesOnTemporary(const mysql::ServerInfo& server, const TableDefinition& table,
                            const std::string& temporary) {
  if (server.IsMariaDb()) return {};
  return {table, temporary, {}};
}

}  // namespace osc::ddl
