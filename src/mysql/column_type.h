// A column's type as the server prints it (SHOW FULL COLUMNS), taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace osc::mysql {

enum class TypeKind {
  kTinyInt,
  kSmallInt,
  kMediumInt,
  kInt,
  kBigInt,
  kDecimal,
  kFloat,
  kDouble,
  kBit,
  kYear,
  kDate,
  kTime,
  kDateTime,
  kTimestamp,
  kChar,
  kVarchar,
  kBinary,
  kVarbinary,
  kTinyText,
  kText,
  kMediumText,
  kLongText,
  kTinyBlob,
  kBlob,
  kMediumBlob,
  kLongBlob,
  kEnum,
  kSet,
  kJson,  // kJson is MySQL's binary JSON; MariaDB's JSON is kLongText
  kGeometry,
  kVector,  // kGeometry is every spatial type
  kUuid,
  kInet4,
  kInet6,  // MariaDB's
  kOther,  // not carried: refused in preflight by `text`
};

struct ColumnType {
  TypeKind kind = TypeKind::kOther;
  std::string text;  // as printed: "int(10) unsigned", "enum('a','b')"
  bool is_unsigned = false;
  bool is_compressed = false;  // MariaDB's COMPRESSED texts and byte strings
  uint32_t length = 0;  // characters of CHAR/VARCHAR, bytes of BINARY/VARBINARY, bits of BIT,
                        // digits of DECIMAL, numbers of VECTOR; 0 where the type has none
  uint32_t scale = 0;   // digits after the point of DECIMAL
  uint32_t fraction_digits = 0;  // fractional seconds, 0 to 6
  std::string charset;           // of character types, ENUM and SET; empty for all others
  std::string collation;
  std::vector<std::string> members;  // of ENUM and SET, in utf8mb4, in order

  bool IsInteger() const { return kind <= TypeKind::kBigInt; }
  bool IsTemporal() const { return kind >= TypeKind::kDate && kind <= TypeKind::kTimestamp; }
  // Character data with a collation: CHAR, VARCHAR and the TEXT types.
  bool IsText() const;
  // Of a text: blanks at its end do not count when it is compared (a PAD SPACE collation).
  bool IgnoresBlanksAtTheEnd() const;
  bool IsBinary() const;  // BINARY, VARBINARY and the BLOB types
};

// type: as SHOW FULL COLUMNS prints it, in utf8mb4; collation: that column of it, empty for NULL.
// A type that is not known gives kOther, never an error.
ColumnType ParseColumnType(std::string_view type, std::string_view collation);

// "utf8mb4" for "utf8mb4_general_ci", "binary" for "binary".
std::string CharsetOfCollation(std::string_view collation);

}  // namespace osc::mysql
