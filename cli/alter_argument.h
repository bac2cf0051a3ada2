// Which table and which change the command line means.
#pragma once

#include <string_view>

#include "cli/options.h"
#include "ddl/alter_statement.h"
#include "src/mysql/quote.h"

namespace osc::cli {

struct Change {
  mysql::TableName table;  // database empty: the connection's own
  ddl::AlterStatement alter;
};

// t, d.t, or either part in backticks. Throws kInvalidArgument.
mysql::TableName ParseTableArgument(std::string_view text);

// From --table and --alter, or the whole statement. Throws kInvalidArgument, and what
// ddl::ParseAlter throws.
Change ReadChange(const Options& options);

}  // namespace osc::cli
