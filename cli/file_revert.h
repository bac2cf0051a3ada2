// Taking migration files back.
#pragma once

#include "cli/context.h"

namespace osc::cli {

// `osc revert --file NAME` and `osc apply --back-to NAME`: reverts the migrations of the file, or
// of every file begun after it, in reverse order. Refused, before anything is done, when one of
// them cannot be reverted, or a file has run other statements.
int RunRevertFiles(Context& context);

}  // namespace osc::cli
