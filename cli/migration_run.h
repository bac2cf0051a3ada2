// From a checked change to a migration on its way, as alter and apply both run it.
#pragma once

#include "cli/change_plan.h"
#include "cli/follow.h"

namespace osc::cli {

// What a person should know before it begins.
void TellCautions(Context& context, const CheckedChange& change);

// What the store is to keep; not yet in it.
state::Migration NewMigration(const Options& options, const CheckedChange& change);

// How far a migration is waited for.
enum class Until {
  kAccepted,  // the engine has it
  kReady,     // the new table is copied, compared and follows every write
  kLive,      // or ready, where the cutover is postponed
};

// Whether it is as far as that, or as far as it goes by itself. Throws when it has failed.
bool IsThere(const state::Migration& migration, Until until);

// Follows it with its progress on stderr until it IsThere. still_there, when given, is called all
// the while, and may throw.
End FollowUntilThere(Context& context, Interrupt& interrupt, EngineKeeper& keeper,
                     state::Store& store, const std::string& id, Until until,
                     const std::function<void()>& still_there = {});

}  // namespace osc::cli
