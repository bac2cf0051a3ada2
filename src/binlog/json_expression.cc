#include "src/binlog/json_expression.h"

#include <charconv>
#include <cmath>

#include "src/base/error.h"
#include "src/binlog/event.h"
#include "src/binlog/json_document.h"
#include "src/binlog/row_image.h"
#include "src/binlog/value_text.h"
#include "src/mysql/quote.h"

namespace osc::binlog {
namespace {

constexpr int kDeepest = 128;  // the server's limit is 100

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

// No two values of a document share bytes; those of a damaged one may, by offsets that go round or
// meet, and then it has no end. Every value is looked at once for each that encloses it, at most.
class Budget {
 public:
  explicit Budget(size_t document_size) : bytes_left_((kDeepest + 1) * document_size) {}
  void Spend(size_t bytes) {
    if (bytes > bytes_left_) ThrowMalformedJson();
    bytes_left_ -= bytes;
  }
  // What the table at a container's beginning says about one element, at least.
  void SpendEntry() { Spend(3); }

 private:
  size_t bytes_left_;
};

// The value as JSON text; false when the server's parser would make another value of it.
bool AppendText(std::string& out, const JsonValue& value, int depth, Budget* budget) {
  // Seen on MySQL 9.7: positive numbers up to 32 bits become signed integers, larger ones unsigned.
  constexpr uint64_t kLastSigned = UINT32_MAX;
  if (depth > kDeepest) ThrowMalformedJson();
  if (value.IsContainer()) {
    const JsonContainer container(value);
    const bool is_object = value.IsObject();
    out += is_object ? '{' : '[';
    for (size_t i = 0; i < container.count(); ++i) {
      budget->SpendEntry();
      if (i > 0) out += ',';
      if (is_object) {
        budget->Spend(container.Key(i).size());
        AppendJsonString(out, container.Key(i));
        out += ':';
      }
      if (!AppendText(out, container.Element(i), depth + 1, budget)) return false;
    }
    out += is_object ? '}' : ']';
    return true;
  }
  if (const auto number = value.Signed()) {
    AppendInteger(out, *number);
    return *number <= static_cast<int64_t>(kLastSigned);
  }
  if (const auto number = value.Unsigned()) {
    AppendInteger(out, *number);
    return *number > kLastSigned;
  }
  switch (value.type) {
    case kJsonLiteral:
      out += value.Literal();
      return true;
    case kJsonString:
      budget->Spend(value.String().size());
      AppendJsonString(out, value.String());
      return true;
    case kJsonDouble:
      return AppendExactDouble(out, value.Double());
    case kJsonOpaque:
      return false;
    default:
      ThrowMalformedJson();
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

void AppendOpaque(std::string& out, const JsonValue& value) {
  uint8_t field = 0;
  const std::string_view data = value.Opaque(&field);
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
      if (data.empty() || data.size() > 8) ThrowMalformedJson();
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
void AppendArgument(std::string& out, const JsonValue& value, int depth, Budget* budget) {
  if (depth > kDeepest) ThrowMalformedJson();
  if (const auto number = value.Signed()) {
    out += "CAST(";
    AppendInteger(out, *number);
    out += " AS SIGNED)";
    return;
  }
  if (const auto number = value.Unsigned()) {
    out += "CAST(";
    AppendInteger(out, *number);
    out += " AS UNSIGNED)";
    return;
  }
  switch (value.type) {
    case kJsonLiteral:
      return AppendCastOfText(out, value.Literal());
    case kJsonString:
      budget->Spend(value.String().size());
      return mysql::AppendStringLiteral(out, "utf8mb4", value.String());
    case kJsonDouble:
      return AppendDouble(out, value.Double());
    case kJsonOpaque: {
      uint8_t field = 0;
      budget->Spend(value.Opaque(&field).size());
      return AppendOpaque(out, value);
    }
    default:
      break;
  }
  if (!value.IsContainer()) ThrowMalformedJson();
  std::string text;
  if (AppendText(text, value, depth, budget)) return AppendCastOfText(out, text);
  const JsonContainer container(value);
  const bool is_object = value.IsObject();
  out += is_object ? "JSON_OBJECT(" : "JSON_ARRAY(";
  for (size_t i = 0; i < container.count(); ++i) {
    budget->SpendEntry();
    if (i > 0) out += ',';
    if (is_object) {
      budget->Spend(container.Key(i).size());
      mysql::AppendStringLiteral(out, "utf8mb4", container.Key(i));
      out += ',';
    }
    AppendArgument(out, container.Element(i), depth + 1, budget);
  }
  out += ')';
}

}  // namespace

std::optional<std::string> JsonAsText(std::string_view document) {
  // The server stores nothing at all for null where it had to invent a value (INSERT IGNORE).
  if (document.empty()) return "null";
  const JsonValue value{static_cast<uint8_t>(document[0]), document.substr(1)};
  Budget budget(document.size());
  std::string text;
  if (!AppendText(text, value, 0, &budget)) return std::nullopt;
  return text;
}

void AppendJsonExpression(std::string& out, std::string_view document) {
  if (const auto text = JsonAsText(document)) return AppendCastOfText(out, *text);
  const JsonValue value{static_cast<uint8_t>(document[0]), document.substr(1)};
  Budget budget(document.size());
  if (value.IsContainer()) return AppendArgument(out, value, 0, &budget);
  // A CAST of a binary text is refused, and of a number it is the same as this.
  out += "JSON_EXTRACT(JSON_ARRAY(";
  AppendArgument(out, value, 0, &budget);
  out += "),'$[0]')";
}

}  // namespace osc::binlog
