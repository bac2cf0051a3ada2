// What the operator should know in time: a window that ends soon, binary logs that the stream may
// lose.
#pragma once

#include <string>
#include <vector>

#include "src/state/migration.h"

namespace osc::inverse {

struct Warning {
  std::string kind;    // window_ends_soon, binlog_expiry, binlog_space
  std::string detail;  // a sentence for people
};

// As of `now`, also while no engine runs. The window ends soon in the last tenth of the retention.
// A binary log's age is counted from the oldest commit that the stream lacks, which is never
// younger than the file that has it: the warning comes when half of the time is gone for which the
// server keeps its logs, or half of the space is used.
std::vector<Warning> Warnings(const state::Migration& migration, const state::Progress& progress,
                              state::Time now);

}  // namespace osc::inverse
