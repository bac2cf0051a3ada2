#include "ddl/revert_default.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ddl/check_constraints.h"
#include "ddl/column_clause.h"
#include "ddl/name.h"
#include "ddl/temporary_table.h"
#include "src/base/error.h"
#include "src/base/log.h"
#include "src/mysql/key_value.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

using mysql::ColumnType;
using mysql::SqlToken;
using mysql::TokenKind;
using mysql::TypeKind;

constexpr std::string_view kOption = "--revert-default";

[[noreturn]] void Refuse(const RevertDefault& given, const std::string& why,
                         const std::string& hint) {
  throw Error(ErrorCode::kRefused, std::string(kOption) + " " + given.column + ": " + why, hint);
}

// It is put between parentheses, and evaluated once: its value must be the same at any time.
void CheckExpression(const RevertDefault& given) {
  const std::string hint = "give a constant, like 0 or 'none'";
  const std::vector<SqlToken> tokens = mysql::Tokenize(given.expression);
  int depth = 0;
  for (const SqlToken& token : tokens) {
    if (token.kind == TokenKind::kUnterminated) Refuse(given, "a quote is not closed", hint);
    if (token.Is('(')) ++depth;
    if (token.Is(')') && --depth < 0) break;
    if (token.Is(';') || token.kind == TokenKind::kExecutableComment) {
      Refuse(given, "'" + token.text + "' is no part of an expression", hint);
    }
    if (token.Is("SELECT") || token.Is('@') || token.Is('?')) {
      Refuse(given, "'" + token.text + "' is not constant", hint);
    }
    if (token.kind == TokenKind::kWord && CallsForAnotherValue(token.text)) {
      Refuse(given, token.text + " gives another value each time", hint);
    }
  }
  if (depth != 0) Refuse(given, "its parentheses do not match", hint);
}

// Those that need nothing but this column.
std::vector<CheckConstraint> ChecksOf(const TableDefinition& table, const Column& column) {
  std::vector<CheckConstraint> checks = ReadCheckConstraints(table.create_statement);
  std::erase_if(checks, [&](const CheckConstraint& check) {
    return !check.enforced || check.columns.empty() ||
           !std::all_of(check.columns.begin(), check.columns.end(),
                        [&](const std::string& name) { return SameName(name, column.name); });
  });
  return checks;
}

std::string NamesOf(const std::vector<CheckConstraint>& checks) {
  std::string names;
  for (const CheckConstraint& check : checks) {
    names += (names.empty() ? "" : ", ") + check.expression;
  }
  return names;
}

// Begun here, ended when it goes out of scope.
class ReadOnlyTransaction {
 public:
  explicit ReadOnlyTransaction(mysql::Connection& connection) : connection_(connection) {
    connection_.Execute("START TRANSACTION READ ONLY");
  }
  ~ReadOnlyTransaction() {
    try {
      connection_.Execute("ROLLBACK");
    } catch (const std::exception& error) {
      spdlog::warn("a read-only transaction stays until the connection ends: {}", error.what());
    }
  }
  ReadOnlyTransaction(const ReadOnlyTransaction&) = delete;
  ReadOnlyTransaction& operator=(const ReadOnlyTransaction&) = delete;

 private:
  mysql::Connection& connection_;
};

// The value that the column has when `expression` is written to it. Throws what the server says.
std::string TryValue(mysql::Connection& connection, const TableDefinition& table,
                     const Column& column, const std::vector<CheckConstraint>& checks,
                     const std::string& expression) {
  const TemporaryTable trial(connection, table.name.database);
  const std::string name = mysql::QuoteIdentifier(column.name);
  std::string definition = name + " " + column.type.text;
  if (!column.type.charset.empty()) {
    definition += " CHARACTER SET " + column.type.charset + " COLLATE " + column.type.collation;
  }
  definition += " NOT NULL";
  for (const CheckConstraint& check : checks) definition += ", CHECK " + check.expression;
  connection.Execute("CREATE TEMPORARY TABLE " + mysql::Quote(trial.name()) + " (" + definition +
                     ") ENGINE=InnoDB");
  // Read-only transactions may write temporary tables, and nothing that a stored function may want
  // to (seen on MySQL 9.7, MariaDB 10.11 and 11.8).
  const ReadOnlyTransaction read_only(connection);
  // Not VALUES, where the column's own name would stand for its default.
  connection.Execute("INSERT INTO " + mysql::Quote(trial.name()) + " (" + name + ") SELECT (" +
                     expression + ")");
  constexpr unsigned kTruncated = 1265;
  for (const mysql::Connection::Warning& warning : connection.Warnings()) {
    if (warning.code != kTruncated) continue;
    throw Error(ErrorCode::kUnprojectable, warning.message, "", warning.code);
  }
  const ColumnType& type = column.type;
  const bool as_text = type.kind == TypeKind::kJson;
  const std::string value =
      connection
          .QueryValue("SELECT " + (as_text ? name : mysql::IdentityExpression(type, name)) +
                      " FROM " + mysql::Quote(trial.name()))
          .value_or("");
  return as_text ? mysql::QuoteText(value) : mysql::IdentityLiteral(type, value);
}

void Resolve(mysql::Connection& connection, const TableDefinition& table, const Column& column,
             RevertDefault* value) {
  const std::vector<CheckConstraint> checks = ChecksOf(table, column);
  const bool given = !value->expression.empty();
  value->column = column.name;
  if (!given) value->literal = ImplicitDefault(column.type);
  if (!given && checks.empty()) return;
  try {
    const std::string literal =
        TryValue(connection, table, column, checks, given ? value->expression : value->literal);
    if (given) value->literal = literal;
  } catch (const Error& error) {
    if (error.server_errno() == 0 || error.code() == ErrorCode::kConnectionLost) throw;
    if (!given) {
      value->violates = NamesOf(checks);
      return;
    }
    throw Error(ErrorCode::kRefused,
                std::string(kOption) + " " + column.name + ": the server does not take " +
                    value->expression + " for a column of the type " + column.type.text + ": " +
                    error.message(),
                "give a constant that the column and its CHECK constraints take",
                error.server_errno());
  }
}

RevertDefault ParseOne(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto trimmed = [&](std::string_view part) {
    const size_t begin = part.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return std::string();
    return std::string(part.substr(begin, part.find_last_not_of(kBlanks) - begin + 1));
  };
  const size_t sign = text.find('=');
  RevertDefault parsed;
  if (sign != std::string_view::npos) {
    parsed.column = trimmed(text.substr(0, sign));
    parsed.expression = trimmed(text.substr(sign + 1));
  }
  if (parsed.column.empty() || parsed.expression.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string(kOption) + ": '" + std::string(text) + "' is not column=expression",
                "write " + std::string(kOption) + " \"title='none'\"");
  }
  return parsed;
}

}  // namespace

std::vector<size_t> ColumnsWithoutValue(const Projection& projection) {
  std::vector<size_t> found;
  for (const size_t index : projection.preserved) {
    const Column& column = projection.target.columns[index];
    if (!column.nullable && !column.has_default && !column.auto_increment) found.push_back(index);
  }
  return found;
}

std::string ImplicitDefault(const ColumnType& type) {
  switch (type.kind) {
    case TypeKind::kDate:
      return "'0000-00-00'";
    case TypeKind::kDateTime:
    case TypeKind::kTimestamp:
      return "'0000-00-00 00:00:00'";
    case TypeKind::kTime:
      return "'00:00:00'";
    case TypeKind::kJson:
      return "'null'";
    case TypeKind::kEnum:
      return mysql::QuoteText(type.members.front());
    case TypeKind::kSet:
      return "''";
    case TypeKind::kUuid:
      return "'00000000-0000-0000-0000-000000000000'";
    case TypeKind::kInet4:
      return "'0.0.0.0'";
    case TypeKind::kInet6:
      return "'::'";
    default:
      return type.IsText() || type.IsBinary() ? "''" : "0";
  }
}

std::vector<RevertDefault> ParseRevertDefaults(const std::vector<std::string>& texts) {
  std::vector<RevertDefault> parsed;
  for (const std::string& text : texts) {
    parsed.push_back(ParseOne(text));
    const std::string& column = parsed.back().column;
    const auto first = std::find_if(parsed.begin(), parsed.end(), [&](const RevertDefault& other) {
      return SameName(other.column, column);
    });
    if (&*first == &parsed.back()) continue;
    throw Error(ErrorCode::kInvalidArgument,
                std::string(kOption) + " gives " + column + " two values", "give it one");
  }
  return parsed;
}

std::vector<RevertDefault> ResolveRevertDefaults(mysql::Connection& connection,
                                                 const Projection& forward,
                                                 const std::vector<RevertDefault>& given) {
  const Projection inverse = Invert(forward);
  const TableDefinition& table = inverse.target;
  const std::vector<size_t> needed = ColumnsWithoutValue(inverse);
  std::vector<RevertDefault> resolved;
  for (const size_t index : needed) {
    RevertDefault value;
    for (const RevertDefault& one : given) {
      if (SameName(one.column, table.columns[index].name)) value = one;
    }
    resolved.push_back(value);
  }
  for (const RevertDefault& one : given) {
    const std::optional<size_t> column = table.FindColumn(one.column);
    if (!column) {
      Refuse(one, "table " + mysql::Quote(table.name) + " has no such column",
             "name a column that the ALTER drops");
    }
    if (std::find(needed.begin(), needed.end(), *column) == needed.end()) {
      Refuse(one,
             "the column needs none: the ALTER does not drop it, or it takes NULL or has a default",
             "leave it out");
    }
    CheckExpression(one);
  }
  for (size_t i = 0; i < needed.size(); ++i) {
    Resolve(connection, table, table.columns[needed[i]], &resolved[i]);
  }
  return resolved;
}

std::string SaveRevertDefaults(const std::vector<RevertDefault>& defaults) {
  auto list = nlohmann::ordered_json::array();
  for (const RevertDefault& value : defaults) {
    if (value.expression.empty()) continue;
    list.push_back(
        {{"column", value.column}, {"expression", value.expression}, {"value", value.literal}});
  }
  return list.dump();
}

std::vector<RevertDefault> LoadRevertDefaults(const std::string& text) {
  std::vector<RevertDefault> defaults;
  if (text.empty()) return defaults;
  try {
    for (const auto& value : nlohmann::json::parse(text)) {
      defaults.push_back({value.at("column"), value.at("expression"), value.at("value"), ""});
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kInternal,
                "cannot read stored values for a revert: " + std::string(error.what()));
  }
  return defaults;
}

}  // namespace osc::ddl
