// The key by which rows of two tables are told to be the same row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ddl/projection.h"

namespace osc::ddl {

// Fills source_key, target_key and key of a projection whose tables and columns are set. Throws
// Error kRefused when there is none.
void ChooseSharedKey(Projection* projection);

// Why the forward projection has the shared key that it has, for people. Names are not quoted.
std::string WhySharedKey(const Projection& forward);
// "PRIMARY KEY (id)", "UNIQUE KEY u (a, b)", of a key without expressions.
std::string DescribeKey(const TableDefinition& table, const Key& key);

// Why rows cannot be matched by these two columns; empty when they can.
std::string WhyNotComparable(const mysql::ColumnType& source, const mysql::ColumnType& target);

}  // namespace osc::ddl
