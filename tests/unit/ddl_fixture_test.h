// Table definitions for unit tests, in a few words.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "ddl/table_definition.h"

namespace osc::ddl {

struct ColumnText {
  std::string name;
  std::string type;            // as the server prints it
  std::string options = "";    // any of: "null", "default", "auto", "stored", "virtual"
  std::string collation = "";  // empty: utf8mb4_general_ci for types that have one
};

// columns: "a", "a(3)" for a prefix, "()" for an expression.
struct KeyText {
  std::string name;
  std::vector<std::string> columns;
  bool unique = true;
  std::string type = "BTREE";
  bool ignored = false;
};

inline TableDefinition MakeTable(std::initializer_list<ColumnText> columns,
                                 std::initializer_list<KeyText> keys) {
  TableDefinition table;
  table.name = {"d", "t"};
  table.engine = "InnoDB";
  for (const ColumnText& text : columns) {
    Column column;
    const auto has = [&](const char* word) { return text.options.find(word) != std::string::npos; };
    column.name = text.name;
    column.type = mysql::ParseColumnType(
        text.type, text.collation.empty() ? "utf8mb4_general_ci" : text.collation);
    column.nullable = has("null");
    column.auto_increment = has("auto");
    column.virtual_generated = has("virtual");
    column.generated = column.virtual_generated || has("stored");
    column.has_default = column.nullable || column.auto_increment || has("default");
    table.columns.push_back(column);
  }
  for (const KeyText& text : keys) {
    Key key;
    key.name = text.name;
    key.type = text.type;
    key.unique = text.unique;
    key.ignored = text.ignored;
    for (const std::string& part_text : text.columns) {
      KeyPart part;
      const size_t open = part_text.find('(');
      part.expression = open == 0;
      if (!part.expression) part.column = *table.FindColumn(part_text.substr(0, open));
      if (open != std::string::npos && open > 0) {
        part.prefix_length = static_cast<uint32_t>(std::stoul(part_text.substr(open + 1)));
      }
      key.parts.push_back(part);
    }
    table.keys.push_back(key);
  }
  return table;
}

}  // namespace osc::ddl
