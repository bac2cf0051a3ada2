// Row events taken apart: table maps, and row images as slices of the event's own bytes.
//
// Nothing is copied or converted here: a Cell points into the event's buffer and AppendLiteral turns
// it into SQL of the column's own type and character set, so that the server does every conversion.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/mysql/column_type.h"

namespace osc::binlog {

// One column as a table map event describes it.
struct MappedColumn {
  uint8_t type = 0;       // the server's field type code, ENUM and SET taken out of STRING
  uint16_t metadata = 0;  // as the manual defines it for the type
};

struct TableMap {
  uint64_t table_id = 0;
  std::string database;
  std::string table;
  std::vector<MappedColumn> columns;
};

// Throws Error kDiverged, naming the table and column, when the table map does not describe a table
// with these columns: the definition has changed under the stream.
void CheckTableMap(const TableMap& map, const std::vector<mysql::ColumnType>& columns);

struct Cell {
  const uint8_t* data = nullptr;
  uint32_t size = 0;
  bool is_null = false;

  std::string_view bytes() const { return {reinterpret_cast<const char*>(data), size}; }
};
using RowImage = std::vector<Cell>;  // one cell a column, in the table's order

// Appends the value as an SQL literal of the column's own type. JSON becomes an expression that
// rebuilds the document exactly. Throws Error kDiverged when bytes and type do not fit together.
void AppendLiteral(std::string& out, const MappedColumn& mapped, const mysql::ColumnType& type,
                   const Cell& cell);

enum class ChangeKind { kInsert, kUpdate, kDelete };

// The rows of one event. Owns the event's bytes; shared table map. Immutable once built, so that
// several threads may read it.
class RowsEvent {
 public:
  // body: the event after its header (and after decompression), without checksum. Throws Error
  // kDiverged for a row image that is not FULL.
  RowsEvent(ChangeKind kind, std::shared_ptr<const TableMap> map, std::string body, size_t rows_at,
            size_t column_count);

  ChangeKind kind() const { return kind_; }
  const TableMap& map() const { return *map_; }
  size_t byte_size() const { return body_.size(); }

 private:
  friend class RowReader;
  ChangeKind kind_;
  std::shared_ptr<const TableMap> map_;
  std::string body_;
  size_t rows_at_;
};

// Walks the rows of an event. Cells are valid as long as the event.
class RowReader {
 public:
  explicit RowReader(const RowsEvent& event);
  // False at the end. `before` is set for updates and deletes, `after` for inserts and updates.
  // Throws Error kDiverged when the bytes end too early.
  bool Next(RowImage* before, RowImage* after);

 private:
  void ReadImage(RowImage* image);
  const RowsEvent& event_;
  size_t at_;
};

}  // namespace osc::binlog
