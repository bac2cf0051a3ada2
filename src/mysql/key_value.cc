#include "src/mysql/key_value.h"

namespace osc::mysql {
namespace {

bool HasMembers(const ColumnType& type) {
  return type.kind == TypeKind::kEnum || type.kind == TypeKind::kSet;
}

bool IsFloating(const ColumnType& type) {
  return type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble;
}

bool IsQuoted(const ColumnType& type) {
  return type.IsTemporal() || type.kind == TypeKind::kUuid || type.kind == TypeKind::kInet4 ||
         type.kind == TypeKind::kInet6;
}

}  // namespace

std::string KeyExpression(const ColumnType& type, std::string_view quoted_column) {
  const std::string column(quoted_column);
  if (type.IsText() || type.IsBinary()) return "HEX(" + column + ")";
  if (type.kind == TypeKind::kBit || HasMembers(type)) return column + "+0";
  // FLOAT alone is printed with six digits (seen on MySQL 9.7, MariaDB 10.11 and 11.8).
  if (IsFloating(type)) return column + "+0e0";
  return column;
}

std::string KeyLiteral(const ColumnType& type, std::string_view cell) {
  if (type.IsText()) return "_" + type.charset + " X'" + std::string(cell) + "'";
  if (type.IsBinary()) return "X'" + std::string(cell) + "'";
  if (IsQuoted(type)) return "'" + std::string(cell) + "'";
  // Without an exponent it would be a DECIMAL.
  if (IsFloating(type) && cell.find('e') == std::string_view::npos) {
    return std::string(cell) + "e0";
  }
  return std::string(cell);
}

std::string IdentityExpression(const ColumnType& type, std::string_view quoted_column) {
  if (!HasMembers(type)) return KeyExpression(type, quoted_column);
  return "HEX(CONVERT(" + std::string(quoted_column) + " USING utf8mb4))";
}

std::string IdentityLiteral(const ColumnType& type, std::string_view cell) {
  if (!HasMembers(type)) return KeyLiteral(type, cell);
  return "_utf8mb4 X'" + std::string(cell) + "'";
}

bool ChangesCollation(const ColumnType& from, const ColumnType& to) {
  return from.IsText() && to.IsText() && from.collation != to.collation;
}

std::string EqualValue(const ColumnType& from, const ColumnType& to, const std::string& from_column,
                       const std::string& to_column) {
  if (!ChangesCollation(from, to)) return to_column + "=" + from_column;
  return to_column + "=CONVERT(" + from_column + " USING " + to.charset + ") COLLATE " +
         to.collation;
}

std::string EqualBytes(const ColumnType& from, const ColumnType& to, const std::string& from_column,
                       const std::string& to_column) {
  if (!ChangesCollation(from, to)) return "";
  return " AND CAST(" + to_column + " AS BINARY)=CAST(CONVERT(" + from_column + " USING " +
         to.charset + ") AS BINARY)";
}

}  // namespace osc::mysql
