// Asking the engine for something, and following it until it is done.
#pragma once

#include <functional>
#include <string>

#include "cli/follow.h"

namespace osc::cli {

bool IsSwap(const std::string& command);  // cutover, revert, reapply

// Whether a swap that was asked for stands already: another one that goes with it was asked first.
bool IsSwapped(const std::string& command, const state::Migration& migration);

// Throws kRefused in a state in which the command makes no sense.
void RequireAllowed(const std::string& command, const state::Migration& migration);

// Asks for the command with its arguments, a JSON object, and unless detached follows until it has
// its effect. Throws what the engine answers, and kConnectionLost, with nothing asked for, without
// one. Keeps context.stage. still_there, when given, is called all the while, and may throw.
End AskEngine(Context& context, Interrupt& interrupt, EngineKeeper& keeper, state::Store& store,
              const state::Migration& before, const std::string& command,
              const std::string& arguments, bool detach,
              const std::function<void()>& still_there = {});

}  // namespace osc::cli
