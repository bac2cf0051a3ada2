// Applying files whose tables change places in one step.
#pragma once

#include <vector>

#include "cli/apply_run.h"

namespace osc::cli {

// Runs the files to their end, side by side: all of their migrations are begun at once, and swapped
// by one RENAME when the last one is ready. As FileRun::Run else.
End RunTogether(LedgerRun& run, std::vector<FileRun>& files);

}  // namespace osc::cli
