#include "ddl/table_definition.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ddl/column_clause.h"
#include "ddl/hidden_members.h"
#include "ddl/name.h"

namespace osc::ddl {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Column ReadColumn(const mysql::Result& row) {
  Column column;
  column.name = row.Text("Field");
  column.type = mysql::ParseColumnType(row.Text("Type"), row.Text("Collation"));
  column.nullable = row.Text("Null") == "YES";
  const std::string extra = row.Text("Extra");
  column.auto_increment = Contains(extra, "auto_increment");
  column.virtual_generated = Contains(extra, "VIRTUAL GENERATED");
  column.generated = column.virtual_generated || Contains(extra, "STORED GENERATED");
  column.invisible = Contains(extra, "INVISIBLE");
  column.has_default =
      !column.generated && (column.nullable || column.auto_increment || row["Default"].has_value());
  return column;
}

// MySQL keeps a functional key part as a hidden column, which SHOW COLUMNS lists for temporary
// tables (seen on 9.7). No row image has it.
bool IsOfFunctionalKey(const TableDefinition& table, const Column& column) {
  return column.virtual_generated && column.name.starts_with("!hidden!") &&
         ColumnClause(table, column).empty();
}

// SHOW INDEX has the column "Visible" on MySQL 8.0 and "Ignored" on MariaDB from 10.6.
bool IsIgnored(const mysql::ServerInfo& server, const mysql::Result& row) {
  if (!server.IsMariaDb()) return row.Text("Visible") == "NO";
  return server.AtLeast(10, 6) && row.Text("Ignored") == "YES";
}

std::vector<Key> ReadKeys(mysql::Connection& connection, const TableDefinition& table) {
  std::vector<Key> keys;
  mysql::Result rows = connection.Query("SHOW INDEX FROM " + mysql::Quote(table.name));
  while (rows.Next()) {
    const std::string name = rows.Text("Key_name");
    auto key = std::find_if(keys.begin(), keys.end(),
                            [&](const Key& existing) { return existing.name == name; });
    if (key == keys.end()) {
      Key added;
      added.name = name;
      added.type = rows.Text("Index_type");
      added.unique = rows.Text("Non_unique") == "0";
      added.ignored = IsIgnored(connection.server(), rows);
      key = keys.insert(keys.end(), std::move(added));
    }
    KeyPart part;
    const std::optional<size_t> column = table.FindColumn(rows.Text("Column_name"));
    part.expression = !column.has_value();  // a functional key part has NULL for its name
    part.column = column.value_or(0);
    part.prefix_length =
        static_cast<uint32_t>(std::strtoul(rows.Text("Sub_part").c_str(), nullptr, 10));
    key->parts.push_back(part);
  }
  std::stable_partition(keys.begin(), keys.end(), [](const Key& key) { return key.IsPrimary(); });
  return keys;
}

// The options stand on a line of their own after the columns, MySQL's TABLESPACE before the engine;
// names and comments cannot hold a raw line break there, because SHOW CREATE TABLE escapes it.
std::string EngineOf(std::string_view create_statement) {
  constexpr std::string_view kOptions = "\n) ";
  constexpr std::string_view kMarker = "ENGINE=";
  const size_t at = create_statement.find(kOptions);
  if (at == std::string_view::npos) return "";
  std::string_view rest = create_statement.substr(at + kOptions.size());
  // MySQL 9.7 puts AUTOEXTEND_SIZE and TABLESPACE in comments before it.
  while (rest.starts_with("/*")) {
    const size_t end = rest.find("*/ ");
    if (end == std::string_view::npos) return "";
    rest.remove_prefix(end + 3);
  }
  if (!rest.starts_with(kMarker)) return "";
  rest.remove_prefix(kMarker.size());
  return std::string(rest.substr(0, rest.find_first_of(" \n")));
}

mysql::Result ShowCreateTable(mysql::Connection& connection, const std::string& quoted) try {
  return connection.Query("SHOW CREATE TABLE " + quoted);
} catch (const Error& error) {
  if (error.code() != ErrorCode::kNotFound) throw;
  throw Error(ErrorCode::kNotFound, "there is no table " + quoted,
              "check the database and the table's name, and that the user may see it",
              error.server_errno());
}

}  // namespace

std::optional<size_t> TableDefinition::FindColumn(std::string_view column_name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (SameName(columns[i].name, column_name)) return i;
  }
  return std::nullopt;
}

const Key* TableDefinition::FindKey(std::string_view key_name) const {
  for (const Key& key : keys) {
    if (SameName(key.name, key_name)) return &key;
  }
  return nullptr;
}

TableDefinition ReadTableDefinition(mysql::Connection& connection, const mysql::TableName& table) {
  const std::string quoted = mysql::Quote(table);
  TableDefinition definition;
  definition.name = table;
  mysql::Result create = ShowCreateTable(connection, quoted);
  if (!create.Next() || create.column_count() > 2) {  // a view has its character sets too
    throw Error(ErrorCode::kRefused, quoted + " is a view, not a table",
                "name the table that the view reads from");
  }
  definition.create_statement = create.Text(1);
  definition.engine = EngineOf(definition.create_statement);
  mysql::Result columns = connection.Query("SHOW FULL COLUMNS FROM " + quoted);
  while (columns.Next()) {
    Column column = ReadColumn(columns);
    if (!IsOfFunctionalKey(definition, column)) definition.columns.push_back(std::move(column));
  }
  definition.keys = ReadKeys(connection, definition);
  ReadHiddenMembers(connection, &definition);
  return definition;
}

std::string SaveDefinition(const TableDefinition& table) {
  nlohmann::json columns = nlohmann::json::array();
  for (const Column& column : table.columns) {
    columns.push_back({{"name", column.name},
                       {"type", column.type.text},
                       {"collation", column.type.collation},
                       {"nullable", column.nullable},
                       {"has_default", column.has_default},
                       {"auto_increment", column.auto_increment},
                       {"generated", column.generated},
                       {"virtual", column.virtual_generated},
                       {"invisible", column.invisible}});
  }
  nlohmann::json keys = nlohmann::json::array();
  for (const Key& key : table.keys) {
    nlohmann::json parts = nlohmann::json::array();
    for (const KeyPart& part : key.parts) {
      parts.push_back({{"column", part.column},
                       {"prefix", part.prefix_length},
                       {"expression", part.expression}});
    }
    keys.push_back({{"name", key.name},
                    {"type", key.type},
                    {"unique", key.unique},
                    {"ignored", key.ignored},
                    {"parts", parts}});
  }
  const nlohmann::json saved = {{"database", table.name.database},
                                {"table", table.name.name},
                                {"engine", table.engine},
                                {"columns", columns},
                                {"keys", keys},
                                {"create_statement", table.create_statement}};
  return saved.dump();
}

TableDefinition LoadDefinition(const std::string& text) try {
  const nlohmann::json saved = nlohmann::json::parse(text);
  TableDefinition table;
  table.name = {saved.at("database"), saved.at("table")};
  table.engine = saved.at("engine");
  table.create_statement = saved.at("create_statement");
  for (const nlohmann::json& entry : saved.at("columns")) {
    Column column;
    column.name = entry.at("name");
    column.type = mysql::ParseColumnType(entry.at("type").get<std::string>(),
                                         entry.at("collation").get<std::string>());
    column.nullable = entry.at("nullable");
    column.has_default = entry.at("has_default");
    column.auto_increment = entry.at("auto_increment");
    column.generated = entry.at("generated");
    column.virtual_generated = entry.at("virtual");
    column.invisible = entry.at("invisible");
    table.columns.push_back(std::move(column));
  }
  for (const nlohmann::json& entry : saved.at("keys")) {
    Key key{entry.at("name"), entry.at("type"), entry.at("unique"), entry.at("ignored"), {}};
    for (const nlohmann::json& part : entry.at("parts")) {
      key.parts.push_back({part.at("column"), part.at("prefix"), part.at("expression")});
    }
    table.keys.push_back(std::move(key));
  }
  return table;
} catch (const nlohmann::json::exception& error) {
  throw Error(ErrorCode::kInternal,
              std::string("a stored table definition cannot be read: ") + error.what());
}

}  // namespace osc::ddl
