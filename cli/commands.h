// The commands. Each returns the exit code or throws osc::Error.
#pragma once

#include "cli/context.h"

namespace osc::cli {

int RunAlter(Context& context);
int RunPlan(Context& context);
int RunApply(Context& context);
int RunList(Context& context);
int RunShow(Context& context);
int RunWatch(Context& context);
int RunIntent(Context& context);  // cutover revert reapply complete cancel pause resume set verify
int RunDoctor(Context& context);
int RunConfig(Context& context);
int RunServe(Context& context);

}  // namespace osc::cli
