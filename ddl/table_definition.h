// What a table looks like, as far as a schema change has to know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/mysql/column_type.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::ddl {

struct Column {
  std::string name;
  mysql::ColumnType type;
  bool nullable = false;
  bool has_default = false;  // a DEFAULT clause, or nullable, or AUTO_INCREMENT
  bool auto_increment = false;
  bool generated = false;  // VIRTUAL or STORED: the server computes it, nobody writes it
  bool virtual_generated = false;
  bool invisible = false;
};

struct KeyPart {
  size_t column = 0;           // index into TableDefinition::columns; unused when `expression`
  uint32_t prefix_length = 0;  // 0: the whole column
  bool expression = false;     // functional key part
};

struct Key {
  std::string name;  // "PRIMARY" for the primary key
  std::string type;  // "BTREE", "HASH" (MariaDB's long unique keys), "FULLTEXT", "SPATIAL", ...
  bool unique = false;
  bool ignored = false;  // IGNORED or INVISIBLE: the optimizer does not use it, nor FORCE INDEX
  std::vector<KeyPart> parts;
  bool IsPrimary() const { return name == "PRIMARY"; }
};

struct TableDefinition {
  mysql::TableName name;
  std::string engine;
  std::vector<Column> columns;   // in the table's order, which is that of the row images
  std::vector<Key> keys;         // the primary key first
  std::string create_statement;  // SHOW CREATE TABLE

  // Column names are compared without case, as the servers do.
  std::optional<size_t> FindColumn(std::string_view column_name) const;
  const Key* FindKey(std::string_view key_name) const;
};

// Reads the definition, also of a TEMPORARY table of this connection (SHOW FULL COLUMNS, SHOW
// INDEX, SHOW CREATE TABLE). Throws kNotFound for a missing database or table, kRefused for a view.
TableDefinition ReadTableDefinition(mysql::Connection& connection, const mysql::TableName& table);

// The definition as JSON text, to be kept with a migration; Load(Save()) gives the same. Load
// throws kInternal for text that Save did not write.
std::string SaveDefinition(const TableDefinition& table);
TableDefinition LoadDefinition(const std::string& text);

}  // namespace osc::ddl
