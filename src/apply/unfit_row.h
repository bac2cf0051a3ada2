// Says which row, which column and which value the off-stage table does not take, and why, in words
// for the operator. Everything is asked of the server: what it complains of, and how a value reads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "src/apply/row_mapping.h"
#include "src/mysql/connection.h"

namespace osc::apply {

// Where a row's values are to be had: as literals, or in a table.
struct RowValues {
  std::function<std::string(size_t)> expression;  // SQL for RowMapping::columns[i]
  std::string from;  // " FROM ... WHERE ..." of one row, or empty for literals
  // The bytes of a value that may be too large for a statement, 0 for all others. Null: there is
  // none.
  std::function<size_t(size_t)> large_bytes = nullptr;
};

// The values of a change as the binlog has them: the row that it leaves, or that it deletes.
RowValues ValuesOfChange(const RowMapping& mapping, const Change& change);
// Of a row that is only known by its key: one literal for each of RowMapping::key. No other value
// of it can be asked for.
RowValues ValuesOfKey(const RowMapping& mapping, const std::vector<std::string>& key);

// What a row does not fit for, in words for people.
struct UnfitRow {
  std::string key;     // "id=5"; empty when the row has gone meanwhile
  std::string column;  // empty where the server names none (a duplicate key, a CHECK constraint)
  std::string value;   // its beginning
  std::string reason;  // the server's
};
// SQL for UnfitRow::key of a row that exists.
std::string KeyTextSql(const RowMapping& mapping, const RowValues& values);
UnfitRow DescribeUnfit(mysql::Connection& connection, const RowMapping& mapping,
                       const RowValues& values, const Error& error);

// "row id=5 of `shop`.`users`"; long values are shortened, bytes are written in hex. Throws
// osc::Error when the connection is lost.
std::string NameRow(mysql::Connection& connection, const RowMapping& mapping,
                    const RowValues& values);

// The same error (code and number) with a message of this shape:
//   row id=5 of `shop`.`users` does not fit the new definition: column `name`, value 'Some...'
//   (300 characters): Data too long for column 'name' at row 1 (error 1406)
// other: what the row does not fit. Without column and value where the server names no column (a
// duplicate key, a CHECK constraint). Throws osc::Error when the connection is lost.
Error ExplainUnfit(mysql::Connection& connection, const RowMapping& mapping,
                   const RowValues& values, const std::string& other, const Error& error);

// The same error with the rows that are in the way before its message. rivals: their keys, as
// literals; none leaves the error as it is.
Error WithRivals(mysql::Connection& connection, const RowMapping& mapping,
                 const std::vector<std::vector<std::string>>& rivals, const Error& error);

}  // namespace osc::apply
