#include "src/base/error.h"
#include "src/binlog/json_expression.h"
#include "tests/fuzz/sql_check.h"
#include "tests/fuzz/target.h"

namespace osc::fuzz {

void RunJson(std::string_view input) {
  std::string expression;
  try {
    binlog::AppendJsonExpression(expression, input);
  } catch (const Error& error) {
    Require(error.code() == ErrorCode::kDiverged || error.code() == ErrorCode::kUnprojectable,
            "a damaged document is Diverged: " + error.message());
    return;
  }
  Require(!expression.empty(), "a document becomes an expression");
  RequireOneExpression(expression);
}

}  // namespace osc::fuzz
