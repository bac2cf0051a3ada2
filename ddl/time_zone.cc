#include "ddl/time_zone.h"

#include <algorithm>
#include <set>

#include "ddl/column_clause.h"
#include "ddl/name.h"
#include "src/base/error.h"
#include "src/base/log.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

using mysql::SqlToken;
using mysql::TokenKind;
using mysql::TypeKind;

// Whether the text reads one of the columns, or calls what goes by the session's time zone.
bool DependsOnZone(std::string_view sql, const std::set<std::string>& columns) {
  for (const SqlToken& token : mysql::Tokenize(sql)) {
    if (token.kind == TokenKind::kWord &&
        (token.Is("FROM_UNIXTIME") || token.Is("UNIX_TIMESTAMP"))) {
      return true;
    }
    const bool is_name = token.kind == TokenKind::kWord || token.kind == TokenKind::kIdentifier;
    if (is_name && columns.contains(FoldName(token.text))) return true;
  }
  return false;
}

// TIMESTAMP columns, and generated ones that are computed from them, in lower case.
std::set<std::string> ZonedColumns(const TableDefinition& table) {
  std::set<std::string> zoned;
  for (const Column& column : table.columns) {
    if (column.type.kind == TypeKind::kTimestamp) zoned.insert(FoldName(column.name));
  }
  for (size_t before = SIZE_MAX; before != zoned.size();) {
    before = zoned.size();
    for (const Column& column : table.columns) {
      if (column.generated && DependsOnZone(ColumnClause(table, column), zoned)) {
        zoned.insert(FoldName(column.name));
      }
    }
  }
  return zoned;
}

// The parts of a key over expressions stand in SHOW CREATE TABLE only.
std::string KeyText(const TableDefinition& table, const Key& key) {
  const size_t at = table.create_statement.find("KEY " + mysql::QuoteIdentifier(key.name) + " (");
  if (at == std::string::npos) return "";
  return table.create_statement.substr(at, table.create_statement.find('\n', at) - at);
}

// Each says what depends on the time zone, without an end.
void FindExpressions(const TableDefinition& table, std::set<std::string>* findings) {
  const std::set<std::string> zoned = ZonedColumns(table);
  const std::string of = " of " + mysql::Quote(table.name) + " is computed from a TIMESTAMP";
  for (const Column& column : table.columns) {
    const bool stored = column.generated && !column.virtual_generated;
    if (stored && zoned.contains(FoldName(column.name))) {
      findings->insert("stored column '" + column.name + "'" + of);
    }
  }
  for (const Key& key : table.keys) {
    for (const KeyPart& part : key.parts) {
      const bool depends = part.expression
                               ? DependsOnZone(KeyText(table, key), zoned)
                               : table.columns[part.column].generated &&
                                     zoned.contains(FoldName(table.columns[part.column].name));
      if (depends) findings->insert("index '" + key.name + "'" + of);
    }
  }
}

bool ConvertsByZone(const mysql::ColumnType& from, const mysql::ColumnType& to) {
  if (from.kind == to.kind) return false;
  if (from.kind == TypeKind::kTimestamp || to.kind == TypeKind::kTimestamp) return true;
  // A TIME gets the date of the day.
  return from.IsTemporal() && to.IsTemporal() &&
         (from.kind == TypeKind::kTime || to.kind == TypeKind::kTime);
}

}  // namespace

ServerTimeZone ReadServerTimeZone(mysql::Connection& connection) {
  // Winter and summer of every year. CONVERT_TZ knows SYSTEM and whatever else the server can be
  // set to.
  std::string offsets;
  for (int year = 1971; year <= 2037; ++year) {
    for (const char* day : {"-01-01 12:00:00'", "-07-01 12:00:00'"}) {
      const std::string noon = "'" + std::to_string(year) + day;
      offsets += (offsets.empty() ? "" : " AND ") + std::string("CONVERT_TZ(") + noon +
                 ",'+00:00',@@global.time_zone)=" + noon;
    }
  }
  mysql::Result row = connection.Query(
      "SELECT IF(@@global.time_zone='SYSTEM', CONCAT('SYSTEM, ', @@system_time_zone), "
      "@@global.time_zone), COALESCE(" +
      offsets + ", FALSE)");
  row.Next();
  return {row.Text(0), row.Number(1) != 0};
}

std::vector<std::string> CheckTimeZone(const ServerTimeZone& zone, const Projection& forward) {
  std::set<std::string> findings;
  for (const ColumnPair& pair : forward.columns) {
    const Column& from = forward.source.columns[pair.source];
    const Column& to = forward.target.columns[pair.target];
    if (!ConvertsByZone(from.type, to.type)) continue;
    findings.insert("column '" + from.name + "' of " + mysql::Quote(forward.source.name) +
                    " changes from " + from.type.text + " to " + to.type.text);
  }
  FindExpressions(forward.source, &findings);
  FindExpressions(forward.target, &findings);
  if (!zone.is_utc && !findings.empty()) {
    throw Error(ErrorCode::kRefused,
                *findings.begin() +
                    ": the value depends on the session's time zone, which is UTC " +
                    "in osc and " + zone.name + " on the server",
                "use the server's own ALTER TABLE");
  }
  std::vector<std::string> warnings;
  for (const std::string& finding : findings) {
    warnings.push_back(
        finding + ": osc does that in UTC, as the server does, unless a session says otherwise");
  }
  return warnings;
}

void SetServerTimeZone(mysql::Connection& connection) {
  connection.Execute("SET time_zone=@@global.time_zone");
}

InServerTimeZone::InServerTimeZone(mysql::Connection& connection) : connection_(connection) {
  SetServerTimeZone(connection_);
}

InServerTimeZone::~InServerTimeZone() {
  try {
    connection_.Execute("SET time_zone='+00:00'");
  } catch (const std::exception& error) {
    // The connection is lost, or it would take this.
    spdlog::warn("a session stays in the server's time zone: {}", error.what());
  }
}

}  // namespace osc::ddl
