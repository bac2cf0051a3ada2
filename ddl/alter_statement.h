// Understands ALTER TABLE as far as a schema change needs: which table, which columns keep their
// identity under another name, which are added and dropped. The server still runs the user's own
// text; what is not understood is refused, never passed on half understood.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/mysql/quote.h"

namespace osc::ddl {

struct ColumnRename {
  std::string from;
  std::string to;
};

struct AlterStatement {
  std::string database;  // empty when the text names none
  std::string table;     // empty when the text is only the clauses
  std::string clauses;   // everything after the table's name, as the user wrote it, trimmed
  std::vector<ColumnRename> renames;       // CHANGE a b and RENAME COLUMN a TO b, all at once
  std::vector<std::string> added_columns;  // also those that IF NOT EXISTS may leave out
  std::vector<std::string> dropped_columns;
  bool partitions = false;     // PARTITION BY or REMOVE PARTITIONING
  std::string engine;          // of ENGINE=, empty when there is none
  bool character_set = false;  // CHARACTER SET, COLLATE or CONVERT TO for the whole table
  // What its clauses act on, by name: columns added, dropped, changed and both names of renamed
  // ones; keys and constraints. The primary key's name is PRIMARY; keys without a name are left
  // out.
  std::vector<std::string> columns;
  std::vector<std::string> added_keys;
  std::vector<std::string> dropped_keys;
  std::vector<std::string> changed_keys;
};

// text: "ALTER TABLE [db.]t clauses", only clauses, or CREATE and DROP INDEX, which become one.
// Throws Error kInvalidArgument (no ALTER at all, empty, several statements) or kRefused (RENAME,
// ALGORITHM, partition maintenance and what else osc does not carry), both naming the clause and
// saying what to do instead. The clauses can be parsed again, and mean the same.
AlterStatement ParseAlter(std::string_view text);

}  // namespace osc::ddl
