// The CHECK constraints in the text of SHOW CREATE TABLE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace osc::ddl {

struct CheckConstraint {
  std::string name;        // empty for one that stands in a column's definition
  std::string expression;  // with its parentheses, as the server prints it
  bool enforced = true;
  std::vector<std::string> tokens;    // of the expression; column names as they are
  std::vector<std::string> columns;   // each name in backticks, in order, with repetitions
  std::vector<size_t> column_tokens;  // their places in `tokens`
};

std::vector<CheckConstraint> ReadCheckConstraints(std::string_view create_statement);

}  // namespace osc::ddl
