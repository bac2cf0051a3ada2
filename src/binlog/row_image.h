// Row events taken apart: table maps, and row images as slices of the event's own bytes.
//
// Nothing is copied or converted here: a Cell points into the event's buffer and AppendLiteral
// turns it into SQL of the column's own type and character set, so that the server does every
// conversion.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/mysql/column_type.h"

namespace osc::binlog {

// The servers' field types, as table maps name them.
enum FieldType : uint8_t {
  kFieldTiny = 1,
  kFieldShort = 2,
  kFieldLong = 3,
  kFieldFloat = 4,
  kFieldDouble = 5,
  kFieldNull = 6,
  kFieldOldTimestamp = 7,  // 7, 11 and 12: formats of before MySQL 5.6, still possible on MariaDB
  kFieldLongLong = 8,
  kFieldInt24 = 9,
  kFieldDate = 10,
  kFieldOldTime = 11,
  kFieldOldDateTime = 12,
  kFieldYear = 13,
  kFieldNewDate = 14,
  kFieldVarchar = 15,
  kFieldBit = 16,
  kFieldTimestamp = 17,
  kFieldDateTime = 18,
  kFieldTime = 19,
  kFieldBlobCompressed = 140,  // 140, 141: MariaDB's COMPRESSED columns
  kFieldVarcharCompressed = 141,
  kFieldVector = 242,
  kFieldJson = 245,
  kFieldDecimal = 246,
  kFieldEnum = 247,
  kFieldSet = 248,
  kFieldTinyBlob = 249,
  kFieldMediumBlob = 250,
  kFieldLongBlob = 251,
  kFieldBlob = 252,
  kFieldVarString = 253,
  kFieldString = 254,
  kFieldGeometry = 255,
};

// One column as a table map event describes it.
struct MappedColumn {
  uint8_t type = 0;  // a FieldType, ENUM and SET taken out of STRING
  // STRING, VARCHAR: the most bytes of a value. ENUM, SET: bytes of the ordinal. Blobs, JSON,
  // geometry: bytes of the length. DECIMAL: digits, digits after the point << 8. BIT: odd bits,
  // whole bytes << 8. Times: digits of the fraction. FLOAT, DOUBLE: bytes.
  uint16_t metadata = 0;
};

struct TableMap {
  uint64_t table_id = 0;
  std::string database;
  std::string table;
  std::vector<MappedColumn> columns;
  std::string encoded;  // the event's body that this was parsed from

  std::string Name() const { return database + "." + table; }
};

// body: a TABLE_MAP event after its header. ParseTableMap throws Error kDiverged when it is
// malformed, without columns, or has one of unknown type, whose metadata would be the next one's.
TableMap ParseTableMap(std::string_view body);
// Only the names, without allocation; they point into the body.
struct TableMapNames {
  uint64_t table_id;
  std::string_view database;
  std::string_view table;
};
TableMapNames ParseTableMapNames(std::string_view body);

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

// The value of an integer column of any width, extended by its sign to 64 bits.
uint64_t IntegerBits(const Cell& cell, bool is_unsigned);

// Appends the value as an SQL literal of the column's own type. JSON becomes an expression that
// rebuilds the document exactly. Throws Error kDiverged when bytes and type do not fit together.
void AppendLiteral(std::string& out, const MappedColumn& mapped, const mysql::ColumnType& type,
                   const Cell& cell);

// The same for a column of another type. Differs only where the server stores something else for a
// literal than ALTER TABLE makes of the column: MariaDB's UUID and INET types become bytes in a
// binary column, but their literals become text.
void AppendLiteralFor(const mysql::ColumnType& target, std::string& out, const MappedColumn& mapped,
                      const mysql::ColumnType& type, const Cell& cell);

enum class ChangeKind { kInsert, kUpdate, kDelete };

// The rows of one event. Owns the event's bytes; shared table map. Immutable once built, so that
// several threads may read it.
class RowsEvent {
 public:
  // body: the event after its header (and after decompression), without checksum; bitmaps_at: where
  // the bitmap of present columns begins, before the rows. Throws Error kDiverged for a row image
  // that is not FULL, and when the column count is not the map's.
  RowsEvent(ChangeKind kind, std::shared_ptr<const TableMap> map, std::string body,
            size_t bitmaps_at, size_t column_count);

  ChangeKind kind() const { return kind_; }
  const TableMap& map() const { return *map_; }
  const std::shared_ptr<const TableMap>& shared_map() const { return map_; }
  size_t byte_size() const { return body_.size(); }
  // What the constructor was given.
  const std::string& body() const { return body_; }
  size_t bitmaps_at() const { return bitmaps_at_; }

 private:
  friend class RowReader;
  ChangeKind kind_;
  std::shared_ptr<const TableMap> map_;
  std::string body_;
  size_t bitmaps_at_;
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
  void SkipImage() { ReadImage(&skipped_); }
  const RowsEvent& event_;
  size_t at_;
  RowImage skipped_;
};

}  // namespace osc::binlog
