// Key values on their way through the client and back: read with KeyExpression, written again with
// KeyLiteral, without a loss in any character set or type that a copy can be ordered by.
#pragma once

#include <string>
#include <string_view>

#include "src/mysql/column_type.h"

namespace osc::mysql {

// What to SELECT for the column (already quoted): character and byte strings come as HEX, the rest
// as the server's exact text.
std::string KeyExpression(const ColumnType& type, std::string_view quoted_column);

// The literal for a cell that KeyExpression gave.
std::string KeyLiteral(const ColumnType& type, std::string_view cell);

}  // namespace osc::mysql
