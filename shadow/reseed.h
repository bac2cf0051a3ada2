// Begins to fill the off-stage table anew after a swap, when the stream cannot go on from where it
// stands. The copy and the stream then do what they do before the cutover, in the present
// direction.
#pragma once

#include <string>
#include <vector>

#include "shadow/tables.h"

namespace osc::shadow {

// Throws kRefused when one of the tables is not what the migration has made.
void CheckReseed(const Tables& tables, int swaps_done);

// Empties the off-stage table and puts the stream at the binlog's present end, in the direction
// that it has after so many swaps. May be repeated as long as nothing has been copied. Throws
// kRetryable when another session uses one of the tables.
void PrepareReseed(const Tables& tables, int swaps_done, int lanes);

// Once all is copied and the stream has passed it.
void FinishReseed(const Tables& tables);

// The columns of the off-stage table that nothing fills: what they held is gone.
std::vector<std::string> LostColumns(const Tables& tables, int swaps_done);

}  // namespace osc::shadow
