// Hooks: programs in a directory of the operator's, by the name of the step that they belong to.
//   before-cutover, before-revert, before-reapply: the step waits for it, and is not made when it
//     fails; run by the conductor.
//   on-start, on-ready, after-cutover, after-revert, after-reapply, on-blocked, on-stopped,
//     on-complete, on-cancel, on-failure, on-status (once a minute): told afterwards, at least once
//     each; run by HookRunner.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "src/base/program.h"
#include "src/state/store.h"

namespace osc::inverse {

// What a hook reads on its standard input: the migration as `osc show --json` has it.
using Describe = std::function<std::string(state::Store& store, const std::string& id)>;

// The hook `name` of this migration, with its context in OSC_HOOK, OSC_ID, OSC_DATABASE, OSC_TABLE,
// OSC_STATE, OSC_LIVE, OSC_READINESS and OSC_STATE_DIR. None where the directory has none of this
// name. Throws kInternal for a directory that is not there.
std::optional<base::ProgramCall> FindHook(const std::string& name, state::Store& store,
                                          const std::string& id, const Describe& describe,
                                          const std::filesystem::path& state_directory);

}  // namespace osc::inverse
