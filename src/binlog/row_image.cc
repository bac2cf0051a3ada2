#include "src/binlog/row_image.h"

#include "src/base/error.h"
#include "src/binlog/event.h"
#include "src/binlog/value_text.h"

namespace osc::binlog {
namespace {

// Bytes of the length before a value, 0 when the value's size is fixed.
size_t LengthBytes(const MappedColumn& column) {
  switch (column.type) {
    case kFieldVarchar:
    case kFieldVarString:
    case kFieldVarcharCompressed:
    case kFieldString:
      return column.metadata > 255 ? 2 : 1;
    case kFieldTinyBlob:
    case kFieldMediumBlob:
    case kFieldLongBlob:
    case kFieldBlob:
    case kFieldBlobCompressed:
    case kFieldJson:
    case kFieldGeometry:
    case kFieldVector:
      return column.metadata;
    default:
      return 0;
  }
}

bool FixedSize(const MappedColumn& column, uint32_t* size) {
  const uint32_t fraction_size = (column.metadata + 1u) / 2;
  switch (column.type) {
    case kFieldNull:
      *size = 0;
      return true;
    case kFieldTiny:
    case kFieldYear:
      *size = 1;
      return true;
    case kFieldShort:
      *size = 2;
      return true;
    case kFieldInt24:
    case kFieldDate:
    case kFieldNewDate:
    case kFieldOldTime:
      *size = 3;
      return true;
    case kFieldLong:
    case kFieldFloat:
    case kFieldOldTimestamp:
      *size = 4;
      return true;
    case kFieldLongLong:
    case kFieldDouble:
    case kFieldOldDateTime:
      *size = 8;
      return true;
    case kFieldTimestamp:
      *size = 4 + fraction_size;
      return true;
    case kFieldDateTime:
      *size = 5 + fraction_size;
      return true;
    case kFieldTime:
      *size = 3 + fraction_size;
      return true;
    case kFieldBit:
      *size = (column.metadata >> 8) + ((column.metadata & 0xff) > 0 ? 1 : 0);
      return true;
    case kFieldEnum:
    case kFieldSet:
      *size = column.metadata;
      return true;
    case kFieldDecimal: {
      const unsigned precision = column.metadata & 0xff;
      const unsigned scale = column.metadata >> 8;
      if (scale > precision) return false;
      *size = static_cast<uint32_t>(DecimalSize(precision, scale));
      return true;
    }
    default:
      return false;
  }
}

[[noreturn]] void ThrowUnknownType(const TableMap& map, size_t column) {
  throw Error(ErrorCode::kDiverged, "column " + std::to_string(column + 1) + " of " + map.Name() +
                                        " is in the binlog with field type " +
                                        std::to_string(map.columns[column].type) +
                                        ", which is not supported");
}

// Every bit of the bitmap, but those past the last column.
bool IsFull(std::string_view bitmap, size_t columns) {
  for (size_t i = 0; i < bitmap.size(); ++i) {
    const size_t left = columns - i * 8;
    const unsigned wanted = left >= 8 ? 0xffu : (1u << left) - 1;
    if ((static_cast<uint8_t>(bitmap[i]) & wanted) != wanted) return false;
  }
  return true;
}

}  // namespace

// Row images hold integers in little-endian order, in the type's own width.
uint64_t IntegerBits(const Cell& cell, bool is_unsigned) {
  uint64_t bits = 0;
  for (size_t i = cell.size; i-- > 0;) bits = bits << 8 | cell.data[i];
  if (!is_unsigned && cell.size > 0 && cell.size < 8 && (cell.data[cell.size - 1] & 0x80) != 0) {
    bits |= ~uint64_t{0} << (8 * cell.size);
  }
  return bits;
}

RowsEvent::RowsEvent(ChangeKind kind, std::shared_ptr<const TableMap> map, std::string body,
                     size_t bitmaps_at, size_t column_count)
    : kind_(kind), map_(std::move(map)), body_(std::move(body)), bitmaps_at_(bitmaps_at) {
  if (column_count != map_->columns.size()) {
    throw Error(ErrorCode::kDiverged,
                "a rows event of " + map_->Name() + " has " + std::to_string(column_count) +
                    " columns, its table map has " + std::to_string(map_->columns.size()));
  }
  ByteReader reader(body_);
  reader.Skip(bitmaps_at);
  const int bitmaps = kind == ChangeKind::kUpdate ? 2 : 1;
  for (int i = 0; i < bitmaps; ++i) {
    if (IsFull(reader.Take((column_count + 7) / 8), column_count)) continue;
    throw Error(ErrorCode::kDiverged,
                "the binlog has rows of " + map_->Name() + " without all of their columns",
                "set binlog_row_image=FULL; a session uses MINIMAL or NOBLOB");
  }
  rows_at_ = reader.position();
}

RowReader::RowReader(const RowsEvent& event) : event_(event), at_(event.rows_at_) {}

bool RowReader::Next(RowImage* before, RowImage* after) {
  if (at_ == event_.body_.size()) return false;
  switch (event_.kind_) {
    case ChangeKind::kInsert:
      after != nullptr ? ReadImage(after) : SkipImage();
      break;
    case ChangeKind::kUpdate:
      before != nullptr ? ReadImage(before) : SkipImage();
      after != nullptr ? ReadImage(after) : SkipImage();
      break;
    case ChangeKind::kDelete:
      before != nullptr ? ReadImage(before) : SkipImage();
      break;
  }
  return true;
}

void RowReader::ReadImage(RowImage* image) {
  const TableMap& map = *event_.map_;
  const size_t columns = map.columns.size();
  image->resize(columns);
  const auto* bytes = reinterpret_cast<const uint8_t*>(event_.body_.data());
  const size_t end = event_.body_.size();
  size_t at = at_;
  const auto need = [&](size_t count) {
    if (count > end - at) {
      throw Error(ErrorCode::kDiverged, "a row of " + map.Name() + " ends too early in the binlog");
    }
  };
  const size_t null_bytes = (columns + 7) / 8;
  need(null_bytes);
  const uint8_t* nulls = bytes + at;
  at += null_bytes;
  for (size_t i = 0; i < columns; ++i) {
    Cell& cell = (*image)[i];
    if ((nulls[i / 8] & (1 << (i % 8))) != 0) {
      cell = {nullptr, 0, true};
      continue;
    }
    const MappedColumn& column = map.columns[i];
    uint32_t size = 0;
    if (const size_t length_bytes = LengthBytes(column); length_bytes > 0) {
      if (length_bytes > 4) ThrowUnknownType(map, i);
      need(length_bytes);
      for (size_t k = length_bytes; k-- > 0;) size = size << 8 | bytes[at + k];
      at += length_bytes;
    } else if (!FixedSize(column, &size)) {
      ThrowUnknownType(map, i);
    }
    need(size);
    cell = {bytes + at, size, false};
    at += size;
  }
  at_ = at;
}

}  // namespace osc::binlog
