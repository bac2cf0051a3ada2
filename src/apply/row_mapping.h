// How the rows of the live table are written to the off-stage table: the physical side of a
// projection, without knowledge of why the tables differ.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/binlog/row_image.h"
#include "src/mysql/column_type.h"
#include "src/mysql/quote.h"

namespace osc::apply {

struct RowMapping {
  struct Column {
    size_t source = 0;            // index into the row image
    std::string target;           // name on the target, unquoted
    bool is_temporal = false;     // may have ON UPDATE CURRENT_TIMESTAMP, so it is always set
    bool is_shorter_lob = false;  // see SourceValue
    mysql::ColumnType type;       // on the target
  };
  mysql::TableName source;
  mysql::TableName target;
  std::vector<mysql::ColumnType> source_types;  // of every column of the row image
  std::vector<std::string> source_names;        // the same columns, for messages
  std::vector<Column> columns;                  // what is written
  std::vector<size_t> key;                      // the shared key: indexes into `columns`
  std::string target_key;                       // its name on the target
  bool key_is_primary = false;                  // on the target, with the same columns
  bool has_other_unique = false;                // the target has
  bool keeps_key = false;  // keys that differ in the source surely differ in the target
  // What only the target has, generated columns aside: never touched on a row that lives on.
  std::vector<std::string> preserved;
  // The temporal ones of these: assigned to themselves in every UPDATE, because the server would
  // else move those that have ON UPDATE CURRENT_TIMESTAMP.
  std::vector<std::string> preserved_temporal;
  // Target columns that nothing feeds and that the server does not fill by itself (NOT NULL without
  // a default): set in every INSERT, by name and SQL literal.
  struct Fill {
    std::string target;
    std::string literal;
    bool is_implicit = false;  // the type's own, nobody has chosen it
  };
  std::vector<Fill> fills;
  // For each unique key of the target other than the shared one: the source columns that feed it.
  std::vector<std::vector<size_t>> ordered_values;
  // Unique keys of the target other than the shared one, to find a row that is in the way.
  std::vector<std::vector<size_t>> target_unique;  // indexes into `columns`
  // False when the order of unique values cannot be told from row images (prefix or functional
  // keys, converted types): all rows then go through one lane.
  bool can_use_lanes = true;
};

// What reads the column in an INSERT ... SELECT. alias: of the source with its point, or empty.
//
// MariaDB 10.11 and 11.8 copy a column into a shorter TEXT or BLOB column of the same character set
// by cutting the length to its lower bytes, without an error or a warning in strict mode (65,536
// bytes of MEDIUMTEXT give an empty TEXT). An expression takes another way, which fails properly.
std::string SourceValue(const RowMapping& mapping, const RowMapping::Column& column,
                        const std::string& alias);

// One row change. Cells point into the transaction that the holder keeps alive.
struct Change {
  binlog::ChangeKind kind = binlog::ChangeKind::kInsert;
  const binlog::TableMap* map = nullptr;
  binlog::RowImage before;       // update, delete
  binlog::RowImage after;        // insert, update
  std::string_view transaction;  // TransactionName() of the one that it is part of
};

// True when an update gives the row another key. Compared by bytes: a key that only changes its
// letters' case counts as moved, which is safe.
bool MovesKey(const RowMapping& mapping, const Change& change);

// "id=5" or "(a, b)=(1, _utf8mb4'x')", for messages.
std::string DescribeKey(const RowMapping& mapping, const Change& change);

}  // namespace osc::apply
