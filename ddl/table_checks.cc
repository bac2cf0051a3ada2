#include "ddl/table_checks.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "ddl/check_constraints.h"
#include "ddl/foreign_key_checks.h"
#include "ddl/name.h"
#include "ddl/preflight.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

[[noreturn]] void Refuse(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::kRefused, message, hint);
}

std::string Lower(const std::string& text) { return FoldName(text); }

void CheckDatabase(mysql::Connection& connection, const mysql::TableName& table) {
  if (table.database.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "no database is named for table " + mysql::QuoteIdentifier(table.name),
                "give --database, or name the table as database.table");
  }
  if (!connection.QueryValue("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA "
                             "WHERE SCHEMA_NAME = " +
                             mysql::QuoteText(table.database))) {
    throw Error(ErrorCode::kNotFound,
                "there is no database " + mysql::QuoteIdentifier(table.database),
                "check --database");
  }
}

void CheckType(const mysql::TableName& table, const std::string& type, const std::string& engine) {
  const std::string quoted = mysql::Quote(table);
  if (type == "VIEW" || type == "SYSTEM VIEW") {
    Refuse(quoted + " is a view, not a table", "name the table that the view reads from");
  }
  if (type == "SEQUENCE") Refuse(quoted + " is a sequence, not a table", "use ALTER SEQUENCE");
  if (type == "SYSTEM VERSIONED") {
    Refuse("table " + quoted + " is system-versioned: its history cannot be carried over",
           "use the server's own ALTER TABLE");
  }
  if (type != "BASE TABLE") {
    Refuse("table " + quoted + " is of the type " + type, "osc changes only base tables");
  }
  if (engine != "InnoDB") {
    Refuse("table " + quoted + " is kept by the engine " + engine + ", osc needs InnoDB",
           "convert it first: ALTER TABLE " + quoted + " ENGINE=InnoDB");
  }
}

// An id's characters and length, at the place where an off-stage name has it.
bool HasMigrationId(const std::string& name) {
  constexpr size_t kPrefix = 5;
  constexpr size_t kId = 8;
  if (name.size() < kPrefix + kId + 1 || !name.starts_with("_osc_") || name[kPrefix + kId] != '_') {
    return false;
  }
  const std::string id = name.substr(kPrefix, kId);
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

void CheckLeftovers(mysql::Connection& connection, const TableFacts& table,
                    const std::string& to_be_completed) {
  mysql::Result rows = connection.Query(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = " +
      mysql::QuoteText(table.name.database) + " AND LEFT(TABLE_NAME, 5) = '_osc_'");
  while (rows.Next()) {
    const std::string name = rows.Text(0);
    if (!HasMigrationId(name) || name.substr(5, 8) == to_be_completed) continue;
    const std::string expected = OffStageName(name.substr(5, 8), table.name.name);
    if (table.name_case_counts ? name != expected : Lower(name) != Lower(expected)) continue;
    const std::string quoted = mysql::Quote({table.name.database, name});
    Refuse("table " + mysql::Quote(table.name) + " already has an off-stage table, " + quoted +
               ": another migration works on it, perhaps of an osc with another state directory",
           "finish that migration (osc list, then osc complete or osc cancel); if no osc knows it "
           "any more, DROP TABLE " +
               quoted);
  }
}

bool IsLocal(const mysql::ConnectionOptions& options, const ServerVariables& variables) {
  const bool near = !options.socket.empty() || options.host.empty() ||
                    options.host == "localhost" || options.host == "::1" ||
                    options.host.starts_with("127.");
  std::array<char, 256> host{};
  if (!near || gethostname(host.data(), host.size() - 1) != 0) return false;
  const auto hostname = variables.find("hostname");
  return hostname != variables.end() && hostname->second == host.data();  // and not a tunnel's end
}

std::string Gibibytes(double bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f GiB", bytes / (1024.0 * 1024.0 * 1024.0));
  return text.data();
}

// What stands after the columns: options and partitions.
std::string_view OptionsOf(std::string_view create_statement) {
  const size_t options = create_statement.rfind("\n) ");
  return options == std::string_view::npos ? "" : create_statement.substr(options);
}

// second: empty for any.
bool HasOption(const TableDefinition& table, std::string_view first, std::string_view second) {
  const std::vector<mysql::SqlToken> tokens =
      mysql::Tokenize(OptionsOf(table.create_statement), {.open_executable_comments = true});
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].Is(first) && (second.empty() || tokens[i + 1].Is(second))) return true;
  }
  return false;
}

size_t CharacterCount(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

bool IsPartitioned(const TableDefinition& table) { return HasOption(table, "PARTITION", "BY"); }

bool MayLackAPartition(const TableDefinition& table) {
  const bool listed = HasOption(table, "BY", "RANGE") || HasOption(table, "BY", "LIST");
  // MariaDB's DEFAULT partition follows the partition's name; DEFAULT CHARSET is a table option.
  const bool has_rest =
      HasOption(table, "THAN", "MAXVALUE") || HasOption(table, "DEFAULT", "ENGINE");
  return listed && !has_rest;
}

void RefuseSystemDatabase(const mysql::TableName& table) {
  for (const char* system : {"mysql", "information_schema", "performance_schema", "sys"}) {
    if (Lower(table.database) == system) {
      Refuse("database " + mysql::QuoteIdentifier(table.database) + " belongs to the server",
             "osc changes only tables of applications");
    }
  }
}

void RefuseOwnName(const mysql::TableName& table) {
  if (!table.name.starts_with("_osc_")) return;
  Refuse("table " + mysql::Quote(table) + " carries a name of osc's own tables",
         "name the application's table");
}

TableFacts FindTable(mysql::Connection& connection, const mysql::TableName& table,
                     const ServerVariables& variables) {
  CheckDatabase(connection, table);
  RefuseOwnName(table);
  if (!connection.server().IsMariaDb()) {
    connection.Execute("SET SESSION information_schema_stats_expiry = 0");
  }
  const auto name_case = variables.find("lower_case_table_names");
  TableFacts facts;
  facts.name_case_counts = name_case == variables.end() || name_case->second == "0";
  mysql::Result rows = connection.Query(
      "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH, "
      "TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_SCHEMA = " +
      mysql::QuoteText(table.database) + " AND TABLE_NAME = " + mysql::QuoteText(table.name));
  while (rows.Next()) {
    if (facts.name_case_counts && rows.Text(0) != table.name) continue;
    if (rows.Text(1) == "TEMPORARY") continue;  // of this session; MariaDB 11.2 and later list it
    CheckType(table, rows.Text(1), rows.Text(2));
    facts.name = {rows.Text(5), rows.Text(0)};
    facts.estimated_rows = rows.Number(3);
    facts.data_bytes = rows.Number(4);
    return facts;
  }
  throw Error(ErrorCode::kNotFound, "there is no table " + mysql::Quote(table),
              facts.name_case_counts ? "check the name; upper and lower case count on this server"
                                     : "check the name");
}

void CheckSurroundings(mysql::Connection& connection, const TableFacts& table,
                       const std::string& to_be_completed) {
  RefuseForeignKeys(connection, {table.name});
  CheckLeftovers(connection, table, to_be_completed);
}

void CheckDefinition(const TableDefinition& definition, const std::string& what) {
  const std::string quoted = mysql::Quote(definition.name);
  const std::string subject = what + " " + quoted;
  if (definition.engine != "InnoDB") {
    Refuse(subject + " would be kept by the engine " + definition.engine + ", osc needs InnoDB",
           "leave ENGINE out, or use the server's own ALTER TABLE");
  }
  // CREATE TABLE ... LIKE leaves the directory out, of a partition too (seen on MariaDB 10.11).
  if (HasOption(definition, "DATA", "DIRECTORY") || HasOption(definition, "INDEX", "DIRECTORY")) {
    Refuse(subject + " is kept in a directory of its own, which osc does not carry",
           "use the server's own ALTER TABLE");
  }
  if (definition.create_statement.find("\n  PERIOD FOR ") != std::string::npos) {
    Refuse(subject + " has a PERIOD, which osc does not carry", "use the server's own ALTER TABLE");
  }
  for (const CheckConstraint& check : ReadCheckConstraints(definition.create_statement)) {
    if (CharacterCount(check.name) <= 64) continue;
    Refuse("the name of the CHECK constraint '" + check.name + "' of " + subject + " is too long",
           "give the constraint a name of its own");
  }
  for (const Column& column : definition.columns) {
    for (const std::string& member : column.type.members) {
      const bool ascii = std::all_of(member.begin(), member.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
      if (ascii || column.type.charset != "binary") continue;
      Refuse("column '" + column.name + "' of " + subject + " has the member '" + member +
                 "' of bytes without a character set",
             "give the column a character set, or use the server's own ALTER TABLE");
    }
    if (column.type.kind != mysql::TypeKind::kOther) continue;
    Refuse("column '" + column.name + "' of " + subject + " has the type " + column.type.text +
               ", which osc does not carry yet",
           "use the server's own ALTER TABLE");
  }
  for (const Key& key : definition.keys) {
    // The table maps of such a table name a column DB_ROW_HASH_1 that its row images lack (seen on
    // MariaDB 10.11 and 11.8).
    if (!key.unique || key.type != "HASH") continue;
    Refuse("unique key '" + key.name + "' of " + subject +
               " is a hash over long columns, which osc does not carry",
           "make it a key over a prefix, or use the server's own ALTER TABLE");
  }
}

void CheckColumnsOfOneTable(const Projection& forward) {
  for (const Projection& projection : {forward, Invert(forward)}) {
    for (const size_t index : projection.preserved) {
      const Column& column = projection.target.columns[index];
      const bool has_value = column.nullable || column.has_default ||
                             (column.type.kind != mysql::TypeKind::kGeometry &&
                              column.type.kind != mysql::TypeKind::kVector);
      if (has_value) continue;
      Refuse("column '" + column.name + "' of table " + mysql::Quote(forward.source.name) + " is " +
                 column.type.text +
                 " NOT NULL without a default: rows that do not come with a value for it cannot be "
                 "written",
             "let it be NULL, in a change of its own if it is to be dropped");
    }
  }
}

void CheckDiskSpace(const mysql::ConnectionOptions& options, const ServerVariables& variables,
                    const TableFacts& table) {
  const auto directory = variables.find("datadir");
  if (directory == variables.end() || !IsLocal(options, variables)) return;
  std::error_code ignored;
  struct statvfs space {};
  if (!std::filesystem::is_directory(directory->second, ignored) ||
      statvfs(directory->second.c_str(), &space) != 0) {
    return;  // out of this user's sight
  }
  const double free = static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
  const double needed = static_cast<double>(table.data_bytes) * 1.1;
  if (free >= needed) return;
  Refuse("the copy of table " + mysql::Quote(table.name) + " needs about " + Gibibytes(needed) +
             ", the server's disk has " + Gibibytes(free) + " free (" + directory->second + ")",
         "make room on the server's disk");
}

}  // namespace osc::ddl
