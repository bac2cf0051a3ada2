// Releasing several postponed cutovers at once.
#pragma once

#include "cli/context.h"

namespace osc::cli {

// `osc cutover --all` and `osc cutover --file NAME`: one after the other, in the order in which
// they were begun. Then the ledger of their files says so.
int RunCutovers(Context& context);

}  // namespace osc::cli
