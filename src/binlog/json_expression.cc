#include "src/binlog/json_expression.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <optional>

#include "src/base/error.h"
#include "src/binlog/event.h"
#include "src/binlog/row_image.h"
#include "src/binlog/value_text.h"
#include "src/mysql/quote.h"

namespace osc::binlog {
namespace {

enum JsonType : uint8_t {
  kSmallObject = 0,
  kLargeObject = 1,
  kSmallArray = 2,
  kLargeArray = 3,
  kLiteral = 4,
  kInt16 = 5,
  kUint16 = 6,
  kInt32 = 7,
  kUint32 = 8,
  kInt64 = 9,
  kUint64 = 10,
  kDouble = 11,
  kString = 12,
  kOpaque = 15,
};

constexpr int kDeepest = 128;  // the server's limit is 100

[[noreturn]] void ThrowMalformed() {
  throw Error(ErrorCode::kDiverged, "a JSON document in the binlog is malformed");
}

// A value: its type and the bytes from its beginning (to the end of what encloses it).
struct Value {
  uint8_t type;
  std::string_view bytes;

  bool IsObject() const { return type == kSmallObject || type == kLargeObject; }
  bool IsContainer() const { return type <= kLargeArray; }
};

// Variable length: seven bits a byte, the highest says that more follow.
uint64_t ReadLength(ByteReader* reader) {
  uint64_t length = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const uint64_t byte = reader->Little(1);
    length |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return length;
  }
  ThrowMalformed();
}

// An object or array. Offsets in it count from its beginning.
class Container {
 public:
  explicit Container(const Value& value)
      : is_object_(value.IsObject()),
        word_(value.type == kLargeObject || value.type == kLargeArray ? 4 : 2) {
    ByteReader reader(value.bytes);
    count_ = reader.Little(word_);
    const uint64_t size = reader.Little(word_);
    if (size > value.bytes.size()) ThrowMalformed();
    bytes_ = value.bytes.substr(0, size);
  }

  size_t count() const { return count_; }

  std::string_view Key(size_t index) const {
    ByteReader reader(From(2 * word_ + index * KeyEntrySize()));
    const uint64_t offset = reader.Little(word_);
    const uint64_t size = reader.Little(2);
    return ByteReader(From(offset)).Take(size);
  }

  Value Element(size_t index) const {
    const size_t keys = is_object_ ? count_ * KeyEntrySize() : 0;
    const size_t at = 2 * word_ + keys + index * (1 + word_);
    ByteReader reader(From(at));
    const auto type = static_cast<uint8_t>(reader.Little(1));
    if (IsInline(type)) return {type, From(at + 1)};
    const uint64_t offset = reader.Little(word_);
    return {type, From(offset)};
  }

 private:
  size_t KeyEntrySize() const { return word_ + 2; }
  bool IsInline(uint8_t type) const {
    return type == kLiteral || type == kInt16 || type == kUint16 ||
           (word_ == 4 && (type == kInt32 || type == kUint32));
  }
  std::string_view From(uint64_t offset) const {
    if (offset > bytes_.size()) ThrowMalformed();
    return bytes_.substr(offset);
  }

  bool is_object_;
  size_t word_;
  uint64_t count_;
  std::string_view bytes_;
};

std::optional<int64_t> SignedValue(const Value& value) {
  ByteReader reader(value.bytes);
  switch (value.type) {
    case kInt16:
      return static_cast<int16_t>(reader.Little(2));
    case kInt32:
      return static_cast<int32_t>(reader.Little(4));
    case kInt64:
      return static_cast<int64_t>(reader.Little(8));
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> UnsignedValue(const Value& value) {
  ByteReader reader(value.bytes);
  switch (value.type) {
    case kUint16:
      return reader.Little(2);
    case kUint32:
      return reader.Little(4);
    case kUint64:
      return reader.Little(8);
    default:
      return std::nullopt;
  }
}

std::string_view LiteralText(const Value& value) {
  switch (ByteReader(value.bytes).Little(1)) {
    case 0:
      return "null";
    case 1:
      return "true";
    case 2:
      return "false";
    default:
      ThrowMalformed();
  }
}

std::string_view StringBytes(const Value& value) {
  ByteReader reader(value.bytes);
  const uint64_t size = ReadLength(&reader);
  return reader.Take(size);
}

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<uint8_t>(c) < 0x20) {
      out += "\\u00";
      out += kDigits[c >> 4];
      out += kDigits[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// The server's parser multiplies the digits by a power of ten. Up to 15 digits and 10^22 this is
// exact; past that, parsers of MySQL before 9 are an ulp off for some numbers (9.7 was not seen to
// be).
bool AppendExactDouble(std::string& out, double value) {
  char digits[40];
  const auto end =
      std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::scientific).ptr;
  const std::string_view text(digits, static_cast<size_t>(end - digits));
  const size_t exponent_at = text.find('e');
  if (exponent_at == std::string_view::npos || (value == 0 && std::signbit(value))) return false;
  size_t count = 0;
  for (const char c : text.substr(0, exponent_at)) count += c >= '0' && c <= '9' ? 1 : 0;
  int exponent = 0;
  const char* exponent_text = text.data() + exponent_at + 1;
  if (*exponent_text == '+') ++exponent_text;
  std::from_chars(exponent_text, end, exponent);
  const int power = exponent - static_cast<int>(count) + 1;
  if (count > 15 || power < -22 || power > 22) return false;
  out += text;
  return true;
}

// The value as JSON text; false when the server's parser would make another value of it.
bool AppendText(std::string& out, const Value& value, int depth) {
  // Seen on MySQL 9.7: positive numbers up to 32 bits become signed integers, larger ones unsigned.
  constexpr uint64_t kLastSigned = UINT32_MAX;
  if (depth > kDeepest) ThrowMalformed();
  if (value.IsContainer()) {
    const Container container(value);
    const bool is_object = value.IsObject();
    out += is_object ? '{' : '[';
    for (size_t i = 0; i < container.count(); ++i) {
      if (i > 0) out += ',';
      if (is_object) {
        AppendJsonString(out, container.Key(i));
        out += ':';
      }
      if (!AppendText(out, container.Element(i), depth + 1)) return false;
    }
    out += is_object ? '}' : ']';
    return true;
  }
  if (const auto number = SignedValue(value)) {
    AppendInteger(out, *number);
    return *number <= static_cast<int64_t>(kLastSigned);
  }
  if (const auto number = UnsignedValue(value)) {
    AppendInteger(out, *number);
    return *number > kLastSigned;
  }
  switch (value.type) {
    case kLiteral:
      out += LiteralText(value);
      return true;
    case kString:
      AppendJsonString(out, StringBytes(value));
      return true;
    case kDouble:
      return AppendExactDouble(out, std::bit_cast<double>(ByteReader(value.bytes).Little(8)));
    case kOpaque:
      return false;
    default:
      ThrowMalformed();
  }
}

void AppendCastOfText(std::string& out, std::string_view text) {
  out += "CAST(";
  mysql::AppendStringLiteral(out, "utf8mb4", text);
  out += " AS JSON)";
}

// A literal's precision is its digits; a CAST gives whole groups of nine before the point, as
// values of columns have them. Nothing but the stored size tells them apart.
void AppendDecimalOpaque(std::string& out, std::string_view data) {
  ByteReader reader(data);
  const auto precision = static_cast<unsigned>(reader.Little(1));
  const auto scale = static_cast<unsigned>(reader.Little(1));
  std::string text;
  AppendDecimal(text, precision, scale, reader.Rest());
  const size_t sign = text[0] == '-' ? 1 : 0;
  const size_t point = text.find('.');
  const size_t end = point == std::string::npos ? text.size() : point;
  const bool is_fraction = text[sign] == '0' && end == sign + 1;
  const size_t whole = end - sign;
  if (precision - scale == 0 && is_fraction && scale > 0) {
    text.erase(sign, 1);
  } else if (precision - scale != whole && (precision - scale) % 9 == 0 && precision <= 65) {
    out += "CAST(" + text + " AS DECIMAL(" + std::to_string(precision) + ',' +
           std::to_string(scale) + "))";
    return;
  }
  out += text;
  // Without a point it would be an integer.
  if (point == std::string::npos) out += '.';
}

// A value of a column type that no expression has, from a table made of JSON. It becomes JSON next
// to its column: outside of the subquery a blob's type is chosen by its length (seen on MySQL 9.7).
void AppendFromJsonTable(std::string& out, std::string_view source, std::string_view type) {
  out += "JSON_EXTRACT((SELECT JSON_ARRAY(v) FROM JSON_TABLE(JSON_ARRAY(";
  out += source;
  out += "),'$[0]' COLUMNS(v ";
  out += type;
  out += " PATH '$' ERROR ON ERROR)) AS j),'$[0]')";
}

std::string_view BlobType(uint8_t field) {
  switch (field) {
    case kFieldTinyBlob:
      return "TINYBLOB";
    case kFieldMediumBlob:
      return "MEDIUMBLOB";
    case kFieldLongBlob:
      return "LONGBLOB";
    default:
      return "BLOB";
  }
}

void AppendOpaque(std::string& out, const Value& value) {
  ByteReader reader(value.bytes);
  const auto field = static_cast<uint8_t>(reader.Little(1));
  const std::string_view data = reader.Take(ReadLength(&reader));
  const auto packed = [&] { return static_cast<int64_t>(ByteReader(data).Little(8)); };
  std::string source;
  switch (field) {
    case kFieldDecimal:
      return AppendDecimalOpaque(out, data);
    case kFieldDate:
      out += "DATE'";
      AppendDate(out, UnpackDateTime(packed()));
      out += '\'';
      return;
    case kFieldOldTime:
      out += "TIME'";
      AppendTime(out, UnpackTime(packed()), 6);
      out += '\'';
      return;
    case kFieldOldDateTime:
      out += "TIMESTAMP'";
      AppendDateTime(out, UnpackDateTime(packed()), 6);
      out += '\'';
      return;
    case kFieldOldTimestamp:
      source = "'";
      AppendDateTime(source, UnpackDateTime(packed()), 6);
      return AppendFromJsonTable(out, source + "'", "TIMESTAMP(6)");
    case kFieldBit:
      if (data.empty() || data.size() > 8) ThrowMalformed();
      AppendInteger(source, ByteReader(data).Big(data.size()));
      return AppendFromJsonTable(out, "CAST(" + source + " AS UNSIGNED)",
                                 "BIT(" + std::to_string(data.size() * 8) + ")");
    case kFieldVarchar:
      return mysql::AppendStringLiteral(out, "binary", data);
    case kFieldTinyBlob:
    case kFieldBlob:
    case kFieldMediumBlob:
    case kFieldLongBlob:
      mysql::AppendStringLiteral(source, "binary", data);
      return AppendFromJsonTable(out, source, BlobType(field));
    case kFieldString:
      mysql::AppendStringLiteral(source, "binary", data);
      return AppendFromJsonTable(out, source, "BINARY(" + std::to_string(data.size()) + ")");
    default:
      throw Error(ErrorCode::kUnprojectable, "a JSON document holds a value of field type " +
                                                 std::to_string(field) +
                                                 ", which no SQL expression makes");
  }
}

// The value as an argument of JSON_ARRAY or JSON_OBJECT.
void AppendArgument(std::string& out, const Value& value, int depth) {
  if (depth > kDeepest) ThrowMalformed();
  if (const auto number = SignedValue(value)) {
    out += "CAST(";
    AppendInteger(out, *number);
    out += " AS SIGNED)";
    return;
  }
  if (const auto number = UnsignedValue(value)) {
    out += "CAST(";
    AppendInteger(out, *number);
    out += " AS UNSIGNED)";
    return;
  }
  switch (value.type) {
    case kLiteral:
      return AppendCastOfText(out, LiteralText(value));
    case kString:
      return mysql::AppendStringLiteral(out, "utf8mb4", StringBytes(value));
    case kDouble:
      return AppendDouble(out, std::bit_cast<double>(ByteReader(value.bytes).Little(8)));
    case kOpaque:
      return AppendOpaque(out, value);
    default:
      break;
  }
  if (!value.IsContainer()) ThrowMalformed();
  std::string text;
  if (AppendText(text, value, depth)) return AppendCastOfText(out, text);
  const Container container(value);
  const bool is_object = value.IsObject();
  out += is_object ? "JSON_OBJECT(" : "JSON_ARRAY(";
  for (size_t i = 0; i < container.count(); ++i) {
    if (i > 0) out += ',';
    if (is_object) {
      mysql::AppendStringLiteral(out, "utf8mb4", container.Key(i));
      out += ',';
    }
    AppendArgument(out, container.Element(i), depth + 1);
  }
  out += ')';
}

}  // namespace

void AppendJsonExpression(std::string& out, std::string_view document) {
  // The server stores nothing at all for null where it had to invent a value (INSERT IGNORE).
  if (document.empty()) return AppendCastOfText(out, "null");
  const Value value{static_cast<uint8_t>(document[0]), document.substr(1)};
  std::string text;
  if (AppendText(text, value, 0)) return AppendCastOfText(out, text);
  if (value.IsContainer()) return AppendArgument(out, value, 0);
  // A CAST of a binary text is refused, and of a number it is the same as this.
  out += "JSON_EXTRACT(JSON_ARRAY(";
  AppendArgument(out, value, 0);
  out += "),'$[0]')";
}

}  // namespace osc::binlog
