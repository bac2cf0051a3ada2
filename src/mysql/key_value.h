// Key values on their way through the client and back, and comparisons of key columns of two
// tables.
#pragma once

#include <string>
#include <string_view>

#include "src/mysql/column_type.h"

namespace osc::mysql {

// Along the key: what to SELECT for the column (already quoted) and the literal for a cell that
// this gave, both in the order of the index. Character and byte strings come as HEX, ENUM and SET
// as numbers, floating point with all of its digits, the rest as the server's exact text.
std::string KeyExpression(const ColumnType& type, std::string_view quoted_column);
std::string KeyLiteral(const ColumnType& type, std::string_view cell);

// The same for finding a row on either of two tables, whose members may stand in another order:
// ENUM and SET as text.
std::string IdentityExpression(const ColumnType& type, std::string_view quoted_column);
std::string IdentityLiteral(const ColumnType& type, std::string_view cell);

// Whether texts must be converted to be compared: the servers refuse to compare two columns of
// different collations (error 1267).
bool ChangesCollation(const ColumnType& from, const ColumnType& to);

// The condition that `to` holds the value of `from`, as the unique keys of to's table see it. Both
// are quoted columns or literals of their types.
std::string EqualValue(const ColumnType& from, const ColumnType& to, const std::string& from_column,
                       const std::string& to_column);

// A further condition, " AND ..." or empty, that two texts found equal are so byte for byte: under
// another collation one row's key may be equal to another row's.
std::string EqualBytes(const ColumnType& from, const ColumnType& to, const std::string& from_column,
                       const std::string& to_column);

}  // namespace osc::mysql
