#include "src/mysql/column_type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "src/mysql/quote.h"

namespace osc::mysql {
namespace {

constexpr std::array<std::pair<std::string_view, TypeKind>, 42> kNames = {{
    {"tinyint", TypeKind::kTinyInt},
    {"smallint", TypeKind::kSmallInt},
    {"mediumint", TypeKind::kMediumInt},
    {"int", TypeKind::kInt},
    {"bigint", TypeKind::kBigInt},
    {"decimal", TypeKind::kDecimal},
    {"float", TypeKind::kFloat},
    {"double", TypeKind::kDouble},
    {"bit", TypeKind::kBit},
    {"year", TypeKind::kYear},
    {"date", TypeKind::kDate},
    {"time", TypeKind::kTime},
    {"datetime", TypeKind::kDateTime},
    {"timestamp", TypeKind::kTimestamp},
    {"char", TypeKind::kChar},
    {"varchar", TypeKind::kVarchar},
    {"binary", TypeKind::kBinary},
    {"varbinary", TypeKind::kVarbinary},
    {"tinytext", TypeKind::kTinyText},
    {"text", TypeKind::kText},
    {"mediumtext", TypeKind::kMediumText},
    {"longtext", TypeKind::kLongText},
    {"tinyblob", TypeKind::kTinyBlob},
    {"blob", TypeKind::kBlob},
    {"mediumblob", TypeKind::kMediumBlob},
    {"longblob", TypeKind::kLongBlob},
    {"enum", TypeKind::kEnum},
    {"set", TypeKind::kSet},
    {"json", TypeKind::kJson},
    {"geometry", TypeKind::kGeometry},
    {"point", TypeKind::kGeometry},
    {"linestring", TypeKind::kGeometry},
    {"polygon", TypeKind::kGeometry},
    {"multipoint", TypeKind::kGeometry},
    {"multilinestring", TypeKind::kGeometry},
    {"multipolygon", TypeKind::kGeometry},
    {"geometrycollection", TypeKind::kGeometry},
    {"geomcollection", TypeKind::kGeometry},
    {"vector", TypeKind::kVector},
    {"uuid", TypeKind::kUuid},
    {"inet4", TypeKind::kInet4},
    {"inet6", TypeKind::kInet6},
}};

TypeKind KindOf(std::string_view word) {
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [&](const auto& entry) { return entry.first == word; });
  return found == kNames.end() ? TypeKind::kOther : found->second;
}

// Reads 'a','b''c','d\\e' up to the closing parenthesis. Both servers double the quote and escape
// backslash, NUL, newline and carriage return with a backslash (seen on MariaDB 10.11 and MySQL
// 9.7). False when the text is not of that form.
bool ParseMembers(std::string_view text, std::vector<std::string>* members) {
  size_t at = 0;
  while (true) {
    if (at >= text.size() || text[at] != '\'') return false;
    std::string member;
    for (++at;; ++at) {
      if (at >= text.size()) return false;
      if (text[at] == '\\' && at + 1 < text.size()) {
        member += Unescape(text[++at]);
      } else if (text[at] == '\'') {
        if (at + 1 >= text.size() || text[at + 1] != '\'') break;
        member += text[++at];
      } else {
        member += text[at];
      }
    }
    members->push_back(std::move(member));
    ++at;
    if (at < text.size() && text[at] == ')') return true;
    if (at >= text.size() || text[at] != ',') return false;
    ++at;
  }
}

// "10,2)" gives 10 and 2, "3)" gives 3 and 0.
std::pair<uint32_t, uint32_t> ParseNumbers(std::string_view text) {
  uint32_t first = 0;
  uint32_t second = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, first);
  if (result.ec == std::errc() && result.ptr < end && *result.ptr == ',') {
    std::from_chars(result.ptr + 1, end, second);
  }
  return {first, second};
}

bool HasCharset(const ColumnType& type) {
  return type.IsText() || type.kind == TypeKind::kEnum || type.kind == TypeKind::kSet;
}

void SetNumbers(ColumnType* type, uint32_t first, uint32_t second) {
  switch (type->kind) {
    case TypeKind::kTime:
    case TypeKind::kDateTime:
    case TypeKind::kTimestamp:
      type->fraction_digits = first;
      break;
    case TypeKind::kDecimal:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      type->length = first;
      type->scale = second;
      break;
    case TypeKind::kBit:
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kVector:
      type->length = first;
      break;
    default:
      break;  // the display width of integers and YEAR says nothing about values
  }
}

}  // namespace

bool ColumnType::IsText() const {
  return kind == TypeKind::kChar || kind == TypeKind::kVarchar ||
         (kind >= TypeKind::kTinyText && kind <= TypeKind::kLongText);
}

bool ColumnType::IgnoresBlanksAtTheEnd() const {
  return collation.find("_nopad_") == std::string::npos &&
         collation.find("_0900_") == std::string::npos;
}

bool ColumnType::IsBinary() const {
  return kind == TypeKind::kBinary || kind == TypeKind::kVarbinary ||
         (kind >= TypeKind::kTinyBlob && kind <= TypeKind::kLongBlob);
}

ColumnType ParseColumnType(std::string_view type, std::string_view collation) {
  ColumnType parsed;
  parsed.text = type;
  const size_t word_end = std::min(type.find_first_of("( "), type.size());
  parsed.kind = KindOf(type.substr(0, word_end));
  if (parsed.kind == TypeKind::kEnum || parsed.kind == TypeKind::kSet) {
    if (word_end >= type.size() || type[word_end] != '(' ||
        !ParseMembers(type.substr(word_end + 1), &parsed.members)) {
      parsed.members.clear();
      parsed.kind = TypeKind::kOther;
    }
  } else {
    if (word_end < type.size() && type[word_end] == '(') {
      const auto [first, second] = ParseNumbers(type.substr(word_end + 1));
      SetNumbers(&parsed, first, second);
    }
    // A comment marks another storage format, which row images share: MariaDB's COMPRESSED columns
    // ("text /*M!100301 COMPRESSED*/", seen on 10.11 and 11.8) and temporal types from before 5.6.
    if (const size_t comment = type.find("/*"); comment != std::string_view::npos) {
      parsed.is_compressed = type.substr(comment) == "/*M!100301 COMPRESSED*/" &&
                             (parsed.IsText() || parsed.IsBinary());
      if (!parsed.is_compressed) {
        parsed = ColumnType();
        parsed.text = type;
      }
    }
  }
  const bool numeric = parsed.IsInteger() || parsed.kind == TypeKind::kDecimal ||
                       parsed.kind == TypeKind::kFloat || parsed.kind == TypeKind::kDouble;
  parsed.is_unsigned = numeric && type.find(" unsigned", word_end) != std::string_view::npos;
  if (HasCharset(parsed)) {
    parsed.collation = collation;
    parsed.charset = CharsetOfCollation(collation);
  }
  return parsed;
}

std::string CharsetOfCollation(std::string_view collation) {
  return std::string(collation.substr(0, collation.find('_')));
}

}  // namespace osc::mysql
