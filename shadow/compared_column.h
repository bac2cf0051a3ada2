// How one column of the two tables is compared: by what SQL a value becomes bytes that are the same
// on both sides if, and only if, the values are.
//
// Has nothing in common with how the copy and the stream write values, so that a mistake there
// cannot hide itself here. Where a plain expression will not do, because the server converts the
// value as it pleases (text to number, fractional seconds, members of an ENUM), the verification
// lets the server convert it once more, in a temporary table.
#pragma once

#include <string>

#include "src/mysql/column_type.h"
#include "src/mysql/server_info.h"

namespace osc::shadow {

// Whether a value of `source` can be compared with its counterpart of `target` by expressions
// alone.
bool IsDirectlyComparable(const mysql::ColumnType& source, const mysql::ColumnType& target);

// Whether keys of the two types stand in the same order and have the same literals.
bool HasSameOrder(const mysql::ColumnType& source, const mysql::ColumnType& target);

// The value in the target's character set. column: quoted, with its alias. Of directly comparable
// types.
std::string ValueAs(const mysql::ColumnType& source, const mysql::ColumnType& target,
                    const std::string& column);

// The value as bytes: numbers and times as text, texts and byte strings as they are, MySQL's JSON
// as JSON. value: of this type.
std::string Plain(const mysql::ColumnType& type, const std::string& value);

// The same as a piece for CONCAT: short, because a large value is there as a digest.
std::string Canonical(const mysql::ColumnType& type, const std::string& value,
                      const mysql::ServerInfo& server);
// Whether the piece is a digest: NULL where it cannot be computed.
bool IsLarge(const mysql::ColumnType& type);
// Whether the piece's length says something that the piece does not.
bool HasOwnLength(const mysql::ColumnType& type);

// For people: the value's beginning, text in utf8mb4, byte strings in hex.
std::string ShownValue(const mysql::ColumnType& type, const std::string& value);

}  // namespace osc::shadow
