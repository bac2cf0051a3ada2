// Following a migration until something has happened to it.
#pragma once

#include <functional>

#include "cli/context.h"
#include "cli/engine_keeper.h"
#include "cli/interrupt.h"
#include "cli/migration_json.h"
#include "cli/progress_view.h"
#include "src/state/store.h"

namespace osc::cli {

enum class End { kReached, kInterrupted };

// Calls `step` whenever the store has changed, and several times a second besides, until it returns
// true or a signal comes. keeper: kept asked whether an engine runs; may be null.
End Follow(Interrupt& interrupt, EngineKeeper* keeper, state::Store& store,
           const std::function<bool()>& step);

// Follows one migration with its progress on stderr until `reached` says so.
End FollowMigration(Interrupt& interrupt, EngineKeeper* keeper, state::Store& store,
                    const std::string& id,
                    const std::function<bool(const state::Migration&)>& reached);

// The stored error as an exception, about this migration.
Error AsError(const state::Migration& migration, const state::StoredError& error);

// Throws when the migration has failed and is cleaned up, was cancelled, or waits for a person
// after an error.
void ThrowIfFailed(const state::Migration& migration);

// The verification of a migration has found differences: kDiverged, which names the first of them.
// The command's stage becomes kVerdict, for its exit code.
void ThrowIfDifferent(Context& context, state::Store& store, const std::string& id);

// After Ctrl-C: how to watch again. Returns the exit code.
int Detached(const Context& context, state::Store& store, const std::string& id);

// "users is live on the new definition. To take it back: ...", after a cutover or reapply, and its
// counterpart after a revert.
std::string SwapMessage(const Options& options, const Snapshot& snapshot);

}  // namespace osc::cli
