// The SQL by which the server makes one short value of a row, and one of all rows of a range, for
// two tables to be compared by.
//
// A value that differs is seen in its row's digest but for one chance in 2^64 (a number or a time
// on MariaDB from 10.8 on: in 2^32; two of the same length that differ in up to 32 bits in a row:
// always). The range's digest is the XOR of its rows'. A row's is therefore never a linear function
// of its values, or two rows that have exchanged a value would leave the XOR as it was.
#pragma once

#include <string>
#include <vector>

#include "src/mysql/column_type.h"
#include "src/mysql/server_info.h"

namespace osc::shadow {

struct DigestedValue {
  mysql::ColumnType type;
  std::string expression;  // of that type, the same on both sides but for names
  bool nullable = false;   // on either side
  bool is_key = false;
};

// NULL where it cannot be computed (max_allowed_packet).
std::string RowDigest(const std::vector<DigestedValue>& row, const mysql::ServerInfo& server);

// An aggregate. A row whose digest cannot be computed makes it unequal to every other, by chance.
std::string RangeDigest(const std::vector<DigestedValue>& row, const mysql::ServerInfo& server);

}  // namespace osc::shadow
