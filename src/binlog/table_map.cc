// Table map events, and whether they describe the table that is expected.
#include <optional>

#include "src/base/error.h"
#include "src/binlog/event.h"
#include "src/binlog/row_image.h"

namespace osc::binlog {
namespace {

using mysql::ColumnType;
using mysql::TypeKind;

constexpr size_t kTableIdSize = 6;
constexpr size_t kFlagsSize = 2;

TableMapNames ReadNames(ByteReader* reader) {
  TableMapNames names;
  names.table_id = reader->Little(kTableIdSize);
  reader->Skip(kFlagsSize);
  names.database = reader->Take(reader->Little(1));
  reader->Skip(1);
  names.table = reader->Take(reader->Little(1));
  reader->Skip(1);
  return names;
}

// None for a type that is not known.
std::optional<MappedColumn> ReadMetadata(uint8_t type, ByteReader* metadata) {
  MappedColumn column;
  column.type = type;
  switch (type) {
    case kFieldFloat:
    case kFieldDouble:
    case kFieldTimestamp:
    case kFieldDateTime:
    case kFieldTime:
    case kFieldTinyBlob:
    case kFieldMediumBlob:
    case kFieldLongBlob:
    case kFieldBlob:
    case kFieldBlobCompressed:
    case kFieldJson:
    case kFieldGeometry:
    case kFieldVector:
      column.metadata = static_cast<uint16_t>(metadata->Little(1));
      break;
    case kFieldVarchar:
    case kFieldVarString:
    case kFieldVarcharCompressed:
    case kFieldBit:
    case kFieldDecimal:
      column.metadata = static_cast<uint16_t>(metadata->Little(2));
      break;
    case kFieldString:
    case kFieldEnum:
    case kFieldSet: {
      const auto first = static_cast<uint8_t>(metadata->Little(1));
      const auto second = static_cast<uint8_t>(metadata->Little(1));
      // The first byte is the real type. Bits 4 and 5 are set in each of ENUM, SET and STRING, so
      // lengths above 255 store their bits 8 and 9 there, inverted.
      column.type = first | 0x30;
      column.metadata = static_cast<uint16_t>(second | ((first & 0x30) ^ 0x30) << 4);
      break;
    }
    case kFieldTiny:
    case kFieldShort:
    case kFieldLong:
    case kFieldNull:
    case kFieldOldTimestamp:
    case kFieldLongLong:
    case kFieldInt24:
    case kFieldDate:
    case kFieldOldTime:
    case kFieldOldDateTime:
    case kFieldYear:
    case kFieldNewDate:
      break;
    default:
      return std::nullopt;
  }
  return column;
}

bool MayBe(const ColumnType& column, uint8_t type) {
  switch (column.kind) {
    case TypeKind::kTinyInt:
      return type == kFieldTiny;
    case TypeKind::kSmallInt:
      return type == kFieldShort;
    case TypeKind::kMediumInt:
      return type == kFieldInt24;
    case TypeKind::kInt:
      return type == kFieldLong;
    case TypeKind::kBigInt:
      return type == kFieldLongLong;
    case TypeKind::kDecimal:
      return type == kFieldDecimal;
    case TypeKind::kFloat:
      return type == kFieldFloat;
    case TypeKind::kDouble:
      return type == kFieldDouble;
    case TypeKind::kBit:
      return type == kFieldBit;
    case TypeKind::kYear:
      return type == kFieldYear;
    case TypeKind::kDate:
      return type == kFieldDate || type == kFieldNewDate;
    case TypeKind::kTime:
      return type == kFieldTime || type == kFieldOldTime;
    case TypeKind::kDateTime:
      return type == kFieldDateTime || type == kFieldOldDateTime;
    case TypeKind::kTimestamp:
      return type == kFieldTimestamp || type == kFieldOldTimestamp;
    case TypeKind::kChar:
    case TypeKind::kBinary:
      return type == kFieldString;
    case TypeKind::kVarchar:
    case TypeKind::kVarbinary:
      if (column.is_compressed) return type == kFieldVarcharCompressed;
      return type == kFieldVarchar || type == kFieldVarString;
    case TypeKind::kTinyText:
    case TypeKind::kText:
    case TypeKind::kMediumText:
    case TypeKind::kLongText:
    case TypeKind::kTinyBlob:
    case TypeKind::kBlob:
    case TypeKind::kMediumBlob:
    case TypeKind::kLongBlob:
      return type == (column.is_compressed ? kFieldBlobCompressed : kFieldBlob);
    case TypeKind::kEnum:
      return type == kFieldEnum;
    case TypeKind::kSet:
      return type == kFieldSet;
    case TypeKind::kJson:
      return type == kFieldJson;
    case TypeKind::kGeometry:
      return type == kFieldGeometry;
    case TypeKind::kVector:
      return type == kFieldVector || type == kFieldVarchar;  // of MySQL, of MariaDB
    case TypeKind::kUuid:
    case TypeKind::kInet4:
    case TypeKind::kInet6:
      return type == kFieldString;
    case TypeKind::kOther:
      return true;
  }
  return false;
}

bool SizeFits(const MappedColumn& mapped, const ColumnType& type) {
  switch (type.kind) {
    case TypeKind::kDecimal:
      return mapped.metadata == (type.length | type.scale << 8);
    case TypeKind::kBit:
      return type.length == (mapped.metadata & 0xffu) + (mapped.metadata >> 8) * 8u;
    case TypeKind::kTime:
    case TypeKind::kDateTime:
    case TypeKind::kTimestamp:
      // The formats of before 5.6 do not say how many digits the fraction has, so that only those
      // without any can be read.
      return mapped.metadata == type.fraction_digits;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      // A compressed value has a byte before it that says how.
      return mapped.metadata == type.length + (type.is_compressed ? 1 : 0);
    case TypeKind::kVector:
      return mapped.type == kFieldVector || mapped.metadata == type.length * sizeof(float);
    case TypeKind::kUuid:
    case TypeKind::kInet6:
      return mapped.metadata == 16;
    case TypeKind::kInet4:
      return mapped.metadata == 4;
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return mapped.metadata >= type.length;
    case TypeKind::kTinyText:
    case TypeKind::kTinyBlob:
      return mapped.metadata == 1;
    case TypeKind::kText:
    case TypeKind::kBlob:
      return mapped.metadata == 2;
    case TypeKind::kMediumText:
    case TypeKind::kMediumBlob:
      return mapped.metadata == 3;
    case TypeKind::kLongText:
    case TypeKind::kLongBlob:
      return mapped.metadata == 4;
    case TypeKind::kEnum:
      return mapped.metadata == (type.members.size() < 256 ? 1 : 2);
    case TypeKind::kSet: {
      const size_t bytes = (type.members.size() + 7) / 8;
      return mapped.metadata == (bytes > 4 ? 8 : bytes);
    }
    default:
      return true;
  }
}

bool IsOldTemporal(uint8_t type) {
  return type == kFieldOldTime || type == kFieldOldDateTime || type == kFieldOldTimestamp;
}

}  // namespace

TableMapNames ParseTableMapNames(std::string_view body) {
  ByteReader reader(body);
  return ReadNames(&reader);
}

TableMap ParseTableMap(std::string_view body) {
  ByteReader reader(body);
  const TableMapNames names = ReadNames(&reader);
  TableMap map;
  map.table_id = names.table_id;
  map.database = names.database;
  map.table = names.table;
  map.encoded = body;
  const std::string_view types = reader.Take(reader.PackedLength());
  ByteReader metadata(reader.Take(reader.PackedLength()));
  map.columns.reserve(types.size());
  for (const char type : types) {
    const auto column = ReadMetadata(static_cast<uint8_t>(type), &metadata);
    if (!column) {
      throw Error(ErrorCode::kDiverged,
                  "column " + std::to_string(map.columns.size() + 1) + " of " + map.Name() +
                      " is in the binlog with field type " +
                      std::to_string(static_cast<uint8_t>(type)) + ", which is not supported");
    }
    map.columns.push_back(*column);
  }
  // Without columns a row would have no bytes, and an event of them no end.
  if (!metadata.AtEnd() || map.columns.empty()) {
    throw Error(ErrorCode::kDiverged, "the binlog's table map of " + map.Name() + " is malformed");
  }
  return map;
}

void CheckTableMap(const TableMap& map, const std::vector<ColumnType>& columns) {
  constexpr char kHint[] = "the table's definition was changed while its binlog was being read";
  if (map.columns.size() != columns.size()) {
    throw Error(ErrorCode::kDiverged,
                "the binlog has rows of " + map.Name() + " with " +
                    std::to_string(map.columns.size()) + " columns, expected are " +
                    std::to_string(columns.size()),
                kHint);
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    const MappedColumn& mapped = map.columns[i];
    const ColumnType& type = columns[i];
    if (MayBe(type, mapped.type) && SizeFits(mapped, type)) continue;
    std::string message = "column " + std::to_string(i + 1) + " of " + map.Name() +
                          " is in the binlog with field type " + std::to_string(mapped.type) +
                          " and metadata " + std::to_string(mapped.metadata) + ", which is not " +
                          type.text;
    if (IsOldTemporal(mapped.type) && type.fraction_digits > 0) {
      throw Error(ErrorCode::kDiverged, message,
                  "the column has the temporal format of before MySQL 5.6; set "
                  "mysql56_temporal_format=ON and rebuild the table");
    }
    throw Error(ErrorCode::kDiverged, message, kHint);
  }
}

}  // namespace osc::binlog
