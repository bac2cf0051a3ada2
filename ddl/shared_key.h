// The key by which rows of two tables are told to be the same row. Used by projection.cc only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ddl/projection.h"

namespace osc::ddl {

// Fills source_key, target_key and key of a projection whose tables and columns are set. Throws
// Error kRefused when there is none.
void ChooseSharedKey(Projection* projection);

// Why rows cannot be matched by these two columns; empty when they can.
std::string WhyNotComparable(const mysql::ColumnType& source, const mysql::ColumnType& target);

}  // namespace osc::ddl
