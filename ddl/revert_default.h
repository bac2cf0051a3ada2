// Values for columns that only one of the two tables has, where a row comes without one and the
// column takes neither NULL nor a default.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ddl/projection.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

// Indexes of the target's columns that nothing feeds and that the server does not fill by itself.
std::vector<size_t> ColumnsWithoutValue(const Projection& projection);

// What the server's own ALTER puts into such a column ('' or 0), as a literal.
std::string ImplicitDefault(const mysql::ColumnType& type);

// The value that a column of the old table, NOT NULL without a default and dropped by the ALTER,
// gets in rows inserted after the cutover.
struct RevertDefault {
  std::string column;      // as the old table writes it, once resolved
  std::string expression;  // what the operator gave; empty: the type's implicit default
  std::string literal;     // its value, as SQL
  std::string violates;    // a CHECK of the old table that refuses the implicit default, else empty
};

// "column=expression" each, as --revert-default takes it. Throws kInvalidArgument, also for a
// column that is given twice.
std::vector<RevertDefault> ParseRevertDefaults(const std::vector<std::string>& texts);

// One for each column that needs one. Each given expression is evaluated once, on a TEMPORARY table
// of that column. Throws kRefused for an unknown column, one that needs no value, an expression
// that is not constant, and a value that the column or its CHECK constraints refuse.
std::vector<RevertDefault> ResolveRevertDefaults(mysql::Connection& connection,
                                                 const Projection& forward,
                                                 const std::vector<RevertDefault>& given);

// JSON text of those that were given; what is loaded can be resolved again.
std::string SaveRevertDefaults(const std::vector<RevertDefault>& defaults);
std::vector<RevertDefault> LoadRevertDefaults(const std::string& text);  // empty for empty text

}  // namespace osc::ddl
