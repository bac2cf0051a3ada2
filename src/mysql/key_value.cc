#include "src/mysql/key_value.h"

namespace osc::mysql {

std::string KeyExpression(const ColumnType& type, std::string_view quoted_column) {
  const std::string column(quoted_column);
  if (type.IsText() || type.IsBinary()) return "HEX(" + column + ")";
  if (type.kind == TypeKind::kBit) return column + "+0";
  return column;
}

std::string KeyLiteral(const ColumnType& type, std::string_view cell) {
  if (type.IsText()) return "_" + type.charset + " X'" + std::string(cell) + "'";
  if (type.IsBinary()) return "X'" + std::string(cell) + "'";
  if (type.IsTemporal()) return "'" + std::string(cell) + "'";
  return std::string(cell);
}

}  // namespace osc::mysql
