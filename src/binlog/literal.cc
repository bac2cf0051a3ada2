// AppendLiteral: a cell's bytes as SQL.
#include <bit>
#include <cstring>

#include "src/base/error.h"
#include "src/binlog/compression.h"
#include "src/binlog/json_expression.h"
#include "src/binlog/row_image.h"
#include "src/binlog/value_text.h"
#include "src/mysql/quote.h"

namespace osc::binlog {
namespace {

using mysql::ColumnType;
using mysql::TypeKind;

[[noreturn]] void ThrowMismatch(const MappedColumn& mapped, const ColumnType& type,
                                const Cell& cell) {
  throw Error(ErrorCode::kDiverged, "a value of " + std::to_string(cell.size) +
                                        " bytes and field type " + std::to_string(mapped.type) +
                                        " in the binlog is not " + type.text);
}

uint64_t Little(const uint8_t* bytes, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

uint64_t Big(const uint8_t* bytes, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | bytes[i];
  return value;
}

int64_t SignExtend(uint64_t value, size_t bytes) {
  const unsigned unused = static_cast<unsigned>(64 - bytes * 8);
  return static_cast<int64_t>(value << unused) >> unused;
}

// Digits of a fraction of a second to microseconds: stored are two, four or six.
unsigned Microseconds(uint64_t fraction, size_t fraction_bytes) {
  if (fraction_bytes == 1) return static_cast<unsigned>(fraction * 10000);
  if (fraction_bytes == 2) return static_cast<unsigned>(fraction * 100);
  return static_cast<unsigned>(fraction);
}

void AppendBits(std::string& out, const Cell& cell) {
  // 0x and not X'': MariaDB takes only the former for a number where a number is wanted.
  static constexpr char kDigits[] = "0123456789ABCDEF";
  out += "0x";
  for (uint32_t i = 0; i < cell.size; ++i) {
    out += kDigits[cell.data[i] >> 4];
    out += kDigits[cell.data[i] & 15];
  }
}

DateTime DecodeDate(const Cell& cell) {
  const auto bits = static_cast<unsigned>(Little(cell.data, 3));
  DateTime value;
  value.day = bits & 31;
  value.month = bits >> 5 & 15;
  value.year = bits >> 9;
  return value;
}

// Big endian with an offset, so that it sorts as bytes. The fraction of a negative time counts
// upwards from the whole number below.
DateTime DecodeTime(const Cell& cell) {
  const size_t fraction_bytes = cell.size - 3;
  const int64_t offset = int64_t{0x800000} << (fraction_bytes * 8);
  int64_t value = static_cast<int64_t>(Big(cell.data, cell.size)) - offset;
  const bool is_negative = value < 0;
  if (is_negative) value = -value;
  const auto bits = static_cast<uint64_t>(value);
  const uint64_t fraction = bits & ((uint64_t{1} << (fraction_bytes * 8)) - 1);
  DateTime time = UnpackTime(static_cast<int64_t>(bits >> (fraction_bytes * 8) << 24));
  time.microsecond = Microseconds(fraction, fraction_bytes);
  time.is_negative = is_negative;
  return time;
}

DateTime DecodeDateTime(const Cell& cell) {
  const size_t fraction_bytes = cell.size - 5;
  const int64_t whole = static_cast<int64_t>(Big(cell.data, 5)) - int64_t{0x8000000000};
  if (whole < 0) throw Error(ErrorCode::kDiverged, "a date in the binlog is negative");
  DateTime value = UnpackDateTime(whole << 24);
  value.microsecond = Microseconds(Big(cell.data + 5, fraction_bytes), fraction_bytes);
  return value;
}

DateTime DecodeTimestamp(const Cell& cell) {
  const uint64_t seconds = Big(cell.data, 4);
  const unsigned microsecond = Microseconds(Big(cell.data + 4, cell.size - 4), cell.size - 4);
  // 0 is the zero date, not 1970.
  DateTime value = seconds == 0 && microsecond == 0 ? DateTime() : DateTimeOfSeconds(seconds);
  value.microsecond = microsecond;
  return value;
}

// YYYYMMDDhhmmss as a number, the DATETIME of before MySQL 5.6.
DateTime DecodeOldDateTime(const Cell& cell) {
  const uint64_t digits = Little(cell.data, 8);
  const uint64_t date = digits / 1000000;
  const uint64_t time = digits % 1000000;
  DateTime value;
  value.year = static_cast<unsigned>(date / 10000);
  value.month = static_cast<unsigned>(date / 100 % 100);
  value.day = static_cast<unsigned>(date % 100);
  value.hour = static_cast<unsigned>(time / 10000);
  value.minute = static_cast<unsigned>(time / 100 % 100);
  value.second = static_cast<unsigned>(time % 100);
  return value;
}

DateTime DecodeOldTime(const Cell& cell) {
  const int64_t number = SignExtend(Little(cell.data, 3), 3);
  const auto digits = static_cast<unsigned>(number < 0 ? -number : number);
  DateTime value;
  value.is_negative = number < 0;
  value.hour = digits / 10000;
  value.minute = digits / 100 % 100;
  value.second = digits % 100;
  return value;
}

void AppendYear(std::string& out, uint8_t year) {
  // In quotes: as a number, 0 would be 0 and not 0000 in a column of another type.
  out += '\'';
  if (year == 0) {
    out += "0000";
  } else {
    AppendInteger(out, uint64_t{year} + 1900);
  }
  out += '\'';
}

void AppendTemporal(std::string& out, const MappedColumn& mapped, const ColumnType& type,
                    const Cell& cell) {
  const size_t fraction_bytes = (mapped.metadata + 1u) / 2;
  const auto need = [&](size_t size) {
    if (cell.size != size || mapped.metadata > 6) ThrowMismatch(mapped, type, cell);
  };
  // Typed literals, so that the server converts a date and not a text where types differ. They
  // take zero dates in the sql_mode of our sessions.
  switch (mapped.type) {
    case kFieldDate:
    case kFieldNewDate:
      need(3);
      out += "DATE'";
      AppendDate(out, DecodeDate(cell));
      break;
    case kFieldTime:
      need(3 + fraction_bytes);
      out += "TIME'";
      AppendTime(out, DecodeTime(cell), mapped.metadata);
      break;
    case kFieldOldTime:
      need(3);
      out += "TIME'";
      AppendTime(out, DecodeOldTime(cell), 0);
      break;
    case kFieldDateTime:
      need(5 + fraction_bytes);
      out += "TIMESTAMP'";
      AppendDateTime(out, DecodeDateTime(cell), mapped.metadata);
      break;
    case kFieldOldDateTime:
      need(8);
      out += "TIMESTAMP'";
      AppendDateTime(out, DecodeOldDateTime(cell), 0);
      break;
    case kFieldTimestamp:
      need(4 + fraction_bytes);
      out += "TIMESTAMP'";
      AppendDateTime(out, DecodeTimestamp(cell), mapped.metadata);
      break;
    case kFieldOldTimestamp: {
      need(4);
      const uint64_t seconds = Little(cell.data, 4);
      out += "TIMESTAMP'";
      AppendDateTime(out, seconds == 0 ? DateTime() : DateTimeOfSeconds(seconds), 0);
      break;
    }
    default:
      ThrowMismatch(mapped, type, cell);
  }
  out += '\'';
}

void AppendEnum(std::string& out, const MappedColumn& mapped, const ColumnType& type,
                const Cell& cell) {
  const uint64_t ordinal = Little(cell.data, cell.size);
  if (mapped.type != kFieldEnum || ordinal > type.members.size()) {
    ThrowMismatch(mapped, type, cell);
  }
  // 0 is the error value, which reads as an empty text.
  mysql::AppendStringLiteral(out, "utf8mb4", ordinal == 0 ? "" : type.members[ordinal - 1]);
}

void AppendSet(std::string& out, const MappedColumn& mapped, const ColumnType& type,
               const Cell& cell) {
  const uint64_t bits = Little(cell.data, cell.size);
  const size_t count = type.members.size();
  if (mapped.type != kFieldSet || (count < 64 && bits >> count != 0)) {
    ThrowMismatch(mapped, type, cell);
  }
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    if ((bits >> i & 1) == 0) continue;
    if (!text.empty()) text += ',';
    text += type.members[i];
  }
  mysql::AppendStringLiteral(out, "utf8mb4", text);
}

void AppendBinary(std::string& out, const MappedColumn& mapped, const ColumnType& type,
                  const Cell& cell) {
  if (cell.size > type.length) ThrowMismatch(mapped, type, cell);
  if (cell.size == type.length) {
    mysql::AppendStringLiteral(out, "binary", cell.bytes());
    return;
  }
  // Zeros at the end are not in the binlog.
  std::string padded(cell.bytes());
  padded.resize(type.length);
  mysql::AppendStringLiteral(out, "binary", padded);
}

void AppendHex(std::string& out, uint8_t byte) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

size_t FixedBytes(const ColumnType& type) { return type.kind == TypeKind::kInet4 ? 4 : 16; }

// MariaDB's UUID, INET4 and INET6: bytes in the order of their text, without the zeros at the end
// (seen on 10.11 and 11.8, whatever the version of the UUID). A cast, so that the server converts
// the type's own value where types differ.
void AppendFixed(std::string& out, const MappedColumn& mapped, const ColumnType& type,
                 const Cell& cell) {
  const size_t size = FixedBytes(type);
  if (mapped.type != kFieldString || cell.size > size) ThrowMismatch(mapped, type, cell);
  const auto byte = [&](size_t i) -> uint8_t { return i < cell.size ? cell.data[i] : 0; };
  out += "CAST('";
  for (size_t i = 0; i < size; ++i) {
    if (type.kind == TypeKind::kInet4) {
      if (i > 0) out += '.';
      AppendInteger(out, uint64_t{byte(i)});
      continue;
    }
    if (type.kind == TypeKind::kUuid && (i == 4 || i == 6 || i == 8 || i == 10)) out += '-';
    if (type.kind == TypeKind::kInet6 && i > 0 && i % 2 == 0) out += ':';
    AppendHex(out, byte(i));
  }
  out += "' AS ";
  out += type.kind == TypeKind::kUuid ? "UUID)" : size == 4 ? "INET4)" : "INET6)";
}

void AppendText(std::string& out, const ColumnType& type, const Cell& cell) {
  const std::string_view charset = type.IsText() ? std::string_view(type.charset) : "binary";
  if (type.is_compressed) {
    mysql::AppendStringLiteral(out, charset, UncompressedColumn(cell.bytes()));
  } else {
    mysql::AppendStringLiteral(out, charset, cell.bytes());
  }
}

}  // namespace

void AppendLiteral(std::string& out, const MappedColumn& mapped, const ColumnType& type,
                   const Cell& cell) {
  if (cell.is_null) {
    out += "NULL";
    return;
  }
  const auto need = [&](uint8_t field, size_t size) {
    if (mapped.type != field || cell.size != size) ThrowMismatch(mapped, type, cell);
  };
  const auto integer = [&](uint8_t field, size_t size) {
    need(field, size);
    const uint64_t bits = Little(cell.data, size);
    type.is_unsigned ? AppendInteger(out, bits) : AppendInteger(out, SignExtend(bits, size));
  };
  switch (type.kind) {
    case TypeKind::kTinyInt:
      return integer(kFieldTiny, 1);
    case TypeKind::kSmallInt:
      return integer(kFieldShort, 2);
    case TypeKind::kMediumInt:
      return integer(kFieldInt24, 3);
    case TypeKind::kInt:
      return integer(kFieldLong, 4);
    case TypeKind::kBigInt:
      return integer(kFieldLongLong, 8);
    case TypeKind::kDecimal:
      need(kFieldDecimal, cell.size);
      return AppendDecimal(out, mapped.metadata & 0xff, mapped.metadata >> 8, cell.bytes());
    case TypeKind::kFloat:
      need(kFieldFloat, 4);
      // Of the nine digits that tell floats apart, those of the largest float are above it, and
      // the server calls them out of range; as a double it is exact.
      return AppendDouble(out, std::bit_cast<float>(static_cast<uint32_t>(Little(cell.data, 4))));
    case TypeKind::kDouble:
      need(kFieldDouble, 8);
      return AppendDouble(out, std::bit_cast<double>(Little(cell.data, 8)));
    case TypeKind::kBit:
      need(kFieldBit, (type.length + 7) / 8);
      return AppendBits(out, cell);
    case TypeKind::kYear:
      need(kFieldYear, 1);
      return AppendYear(out, cell.data[0]);
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kDateTime:
    case TypeKind::kTimestamp:
      return AppendTemporal(out, mapped, type, cell);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kTinyText:
    case TypeKind::kText:
    case TypeKind::kMediumText:
    case TypeKind::kLongText:
    case TypeKind::kVarbinary:
    case TypeKind::kTinyBlob:
    case TypeKind::kBlob:
    case TypeKind::kMediumBlob:
    case TypeKind::kLongBlob:
      return AppendText(out, type, cell);
    case TypeKind::kBinary:
      return AppendBinary(out, mapped, type, cell);
    case TypeKind::kGeometry:
    case TypeKind::kVector:
      // A geometry's SRID and WKB as the server stores them, so that no axes are turned round.
      return mysql::AppendStringLiteral(out, "binary", cell.bytes());
    case TypeKind::kUuid:
    case TypeKind::kInet4:
    case TypeKind::kInet6:
      return AppendFixed(out, mapped, type, cell);
    case TypeKind::kEnum:
      return AppendEnum(out, mapped, type, cell);
    case TypeKind::kSet:
      return AppendSet(out, mapped, type, cell);
    case TypeKind::kJson:
      need(kFieldJson, cell.size);
      return AppendJsonExpression(out, cell.bytes());
    case TypeKind::kOther:
      break;
  }
  throw Error(ErrorCode::kDiverged, "values of type " + type.text + " cannot be carried over");
}

void AppendLiteralFor(const ColumnType& target, std::string& out, const MappedColumn& mapped,
                      const ColumnType& type, const Cell& cell) {
  const bool fixed = type.kind == TypeKind::kUuid || type.kind == TypeKind::kInet4 ||
                     type.kind == TypeKind::kInet6;
  if (!fixed || !target.IsBinary() || cell.is_null) {
    return AppendLiteral(out, mapped, type, cell);
  }
  if (mapped.type != kFieldString || cell.size > FixedBytes(type)) {
    ThrowMismatch(mapped, type, cell);
  }
  std::string bytes(cell.bytes());
  bytes.resize(FixedBytes(type));
  mysql::AppendStringLiteral(out, "binary", bytes);
}

}  // namespace osc::binlog
