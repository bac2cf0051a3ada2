// What tells one row of the live table from all others, across the changes of its other columns.
#pragma once

#include <string>

#include "src/apply/row_mapping.h"

namespace osc::apply {

// The bytes of the row's key.
std::string RowIdentity(const RowMapping& mapping, const binlog::RowImage& image);
// SQL for BINARY(32): keys may be longer than what an index of the server takes.
std::string RowHash(const std::string& identity);

}  // namespace osc::apply
