// Whether a row of the live table waits in the stream's quarantine, see src/apply/quarantine.h.
#pragma once

#include "shadow/comparison_sql.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

enum class InQuarantine {
  kNo,
  kYes,
  kUnknown,  // it is none of those that are described, but there are others
};

// quarantine: the table of entries; need not be there. live_side: of the comparison.
InQuarantine FindInQuarantine(mysql::Connection& connection, const ComparisonSql& sql,
                              const mysql::TableName& quarantine, const mysql::TableName& live,
                              ComparisonSql::Side live_side, const RowKey& key);

}  // namespace osc::shadow
