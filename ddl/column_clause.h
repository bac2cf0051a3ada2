// What SHOW CREATE TABLE says about one column beyond its type.
#pragma once

#include <string>
#include <string_view>

#include "ddl/table_definition.h"

namespace osc::ddl {

// The column's definition after its name, without the comma at the end; empty when the column is
// not in the text.
std::string ColumnClause(const TableDefinition& table, const Column& column);

// The function in a column's DEFAULT that gives another value each time or in each session ("uuid",
// "nextval"), in lower case; empty when there is none.
std::string ChangingDefault(std::string_view column_clause);

// True for the name of a function that gives another value each time or in each session.
bool CallsForAnotherValue(std::string_view word);

// The first column in the clauses of an ALTER whose default is an expression in parentheses with a
// function that MySQL holds for unsafe to replicate, and that function; both empty when there is
// none.
struct UnsafeDefault {
  std::string column;
  std::string function;
};
UnsafeDefault FindUnsafeDefault(std::string_view alter_clauses);

// True when both are generated from the same expression, as the server prints it, and both VIRTUAL
// or both STORED.
bool IsGeneratedAlike(const TableDefinition& one, const Column& column,
                      const TableDefinition& other, const Column& other_column);

}  // namespace osc::ddl
