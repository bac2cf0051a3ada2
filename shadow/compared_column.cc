#include "shadow/compared_column.h"

namespace osc::shadow {
namespace {

using mysql::ColumnType;
using mysql::ServerInfo;
using mysql::TypeKind;

bool IsLob(const ColumnType& type) {
  return type.kind >= TypeKind::kTinyText && type.kind <= TypeKind::kLongBlob;
}

bool HasMembers(const ColumnType& type) {
  return type.kind == TypeKind::kEnum || type.kind == TypeKind::kSet;
}

bool IsFloating(const ColumnType& type) {
  return type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble;
}

bool IsDateTime(const ColumnType& type) {
  return type.kind == TypeKind::kDateTime || type.kind == TypeKind::kTimestamp;
}

bool IsZeroFilled(const ColumnType& type) {
  return type.text.find("zerofill") != std::string::npos;
}

bool IsDirectText(const ColumnType& source, const ColumnType& target) {
  // CHAR loses blanks at the end.
  if (target.kind == TypeKind::kChar && source.kind != TypeKind::kChar) return false;
  // A function's result is at most as large as max_allowed_packet.
  return source.charset == target.charset || (!IsLob(source) && !IsLob(target));
}

bool IsDirectBinary(const ColumnType& source, const ColumnType& target) {
  const bool padded = source.kind == TypeKind::kBinary || target.kind == TypeKind::kBinary;
  return !padded || (source.kind == target.kind && source.length == target.length);
}

}  // namespace

bool IsDirectlyComparable(const ColumnType& source, const ColumnType& target) {
  if (source.IsInteger() && target.IsInteger()) return true;
  if (source.IsText() && target.IsText()) return IsDirectText(source, target);
  if (source.IsBinary() && target.IsBinary()) return IsDirectBinary(source, target);
  if (IsDateTime(source) && IsDateTime(target)) {
    return source.fraction_digits == target.fraction_digits;
  }
  if (source.kind != target.kind) return false;
  if (IsFloating(source)) return source.text == target.text;
  return source.scale == target.scale && source.fraction_digits == target.fraction_digits &&
         source.members == target.members && source.charset == target.charset &&
         (source.kind != TypeKind::kVector || source.length == target.length);
}

bool HasSameOrder(const ColumnType& source, const ColumnType& target) {
  if (source.IsInteger() && target.IsInteger()) return true;
  return source.kind == target.kind && source.charset == target.charset &&
         source.collation == target.collation && source.scale == target.scale &&
         source.fraction_digits == target.fraction_digits && source.members == target.members &&
         (source.kind != TypeKind::kBinary || source.length == target.length);
}

std::string ValueAs(const ColumnType& source, const ColumnType& target, const std::string& column) {
  if (!source.IsText() || source.charset == target.charset) return column;
  return "CONVERT(" + column + " USING " + target.charset + ")";
}

std::string Plain(const ColumnType& type, const std::string& value) {
  if (type.kind == TypeKind::kBit || HasMembers(type) || IsZeroFilled(type)) return value + "+0";
  // A FLOAT alone is printed with six digits; unlike an addition this keeps the sign of a zero.
  if (IsFloating(type)) return value + "*1e0";
  return value;
}

bool IsLarge(const ColumnType& type) {
  return IsLob(type) || type.kind == TypeKind::kJson || type.kind == TypeKind::kGeometry ||
         type.kind == TypeKind::kVector;
}

std::string Canonical(const ColumnType& type, const std::string& value, const ServerInfo& server) {
  if (IsLarge(type)) {
    const std::string digest =
        server.IsMariaDb() ? "MD5(" + value + ")" : "SHA2(" + value + ",256)";
    if (type.kind != TypeKind::kJson) return digest;
    // The text hides the types inside (a DECIMAL, a DOUBLE); their sizes do not.
    return "CONCAT(" + digest + ",JSON_STORAGE_SIZE(" + value + ")-JSON_STORAGE_FREE(" + value +
           "))";
  }
  // Texts of several character sets do not go together otherwise, on MariaDB 10.11 (error 1271),
  // or are converted, on MySQL.
  const bool goes_together = !server.IsMariaDb() && type.charset == "utf8mb4";
  if (type.IsText() && !goes_together) return "CAST(" + value + " AS BINARY)";
  return Plain(type, value);
}

bool HasOwnLength(const ColumnType& type) {
  return type.kind == TypeKind::kChar || type.kind == TypeKind::kVarchar ||
         type.kind == TypeKind::kVarbinary;
}

std::string ShownValue(const ColumnType& type, const std::string& value) {
  if (type.IsText()) {
    return "CONCAT('''',LEFT(CONVERT(" + value + " USING utf8mb4),60),'''',IF(CHAR_LENGTH(" +
           value + ")>60,CONCAT('... (',CHAR_LENGTH(" + value + "),' characters)'),''))";
  }
  if (type.IsBinary()) {
    return "CONCAT('0x',HEX(LEFT(" + value + ",30)),IF(LENGTH(" + value +
           ")>30,CONCAT('... (',LENGTH(" + value + "),' bytes)'),''))";
  }
  if (type.kind == TypeKind::kGeometry || type.kind == TypeKind::kVector) {
    return "CONCAT('0x',LEFT(HEX(" + value + "),60))";
  }
  if (HasMembers(type)) return "CONCAT('''',CONVERT(" + value + " USING utf8mb4),'''')";
  if (type.kind == TypeKind::kJson) return "LEFT(CAST(" + value + " AS CHAR),200)";
  if (type.kind == TypeKind::kBit) return value + "+0";
  if (IsFloating(type)) return value + "*1e0";
  return value;
}

}  // namespace osc::shadow
