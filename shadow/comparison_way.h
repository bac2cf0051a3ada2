// In which direction the rows of the two tables are compared, and by which columns.
#pragma once

#include "ddl/projection.h"
#include "shadow/tables.h"

namespace osc::shadow {

struct ComparisonWay {
  ddl::Projection projection;  // its source's values are converted to what they are in its target
  bool is_forward;             // from the old definition to the new one
};

// swaps: done before; 0: nothing has been written in the inverse direction yet.
ComparisonWay WayToCompare(const ddl::Projection& forward, int swaps);

// Whether a verification of the tables as they are now can go on with the chunks of one that was
// made after `last` swaps.
bool CanUseChunks(const Tables& tables, int last, int now);

}  // namespace osc::shadow
