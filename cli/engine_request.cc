#include "cli/engine_request.h"

#include <algorithm>

namespace osc::cli {
namespace {

using state::Migration;
using state::MigrationState;

// Watches an intent from the moment it was written.
class Outcome {
 public:
  Outcome(state::Store& store, const std::string& command, const Migration& before)
      : store_(store),
        command_(command),
        error_before_(before.error ? before.error->message : ""),
        swaps_before_(store.Swaps(before.id).size()) {}

  void Ask(const std::string& id, const std::string& arguments) {
    number_ = store_.AddIntent(id, command_, arguments);
  }

  bool IsThere(const Migration& now) {
    // The effect first: it counts even if the engine died before it could close the intent.
    if (HasEffect(now)) return true;
    const state::Intent intent = store_.GetIntent(number_);
    if (intent.error) throw AsError(now, *intent.error);
    if (intent.done && now.error && now.error->message != error_before_) {
      throw AsError(now, *now.error);
    }
    if (state::IsFinal(now.state)) ThrowFinal(now);
    return false;
  }

 private:
  bool HasEffect(const Migration& now) {
    if (command_ == "complete") return now.state == MigrationState::kCompleted;
    if (command_ == "cancel") return now.state == MigrationState::kCancelled;
    if (!IsSwap(command_)) {
      if (!store_.GetIntent(number_).done.value_or(false)) return false;
      // `now` may be of before the engine took it up.
      return command_ != "reseed" || store_.Get(now.id).state != MigrationState::kReseeding;
    }
    const auto swaps = store_.Swaps(now.id);
    if (swaps.size() <= swaps_before_ || swaps.back().direction != command_) return false;
    // Each of those that go with it keeps its own account.
    const std::vector<Migration> all = store_.Companions(now);
    return std::all_of(all.begin(), all.end(), [&](const Migration& other) {
      return state::IsFinal(other.state) || state::IsEnding(other.state) ||
             store_.Swaps(other.id).size() >= swaps.size();
    });
  }

  // It came to its end another way than was asked for.
  void ThrowFinal(const Migration& now) {
    if (command_ != "cancel") ThrowIfFailed(now);
    if (const auto refusal = state::RefuseCommand(command_, now)) {
      throw Error(ErrorCode::kRefused, refusal->message, refusal->hint);
    }
  }

  state::Store& store_;
  std::string command_;
  std::string error_before_;
  size_t swaps_before_;
  int64_t number_ = 0;
};

}  // namespace

bool IsSwap(const std::string& command) {
  return command == "cutover" || command == "revert" || command == "reapply";
}

bool IsSwapped(const std::string& command, const Migration& migration) {
  return migration.state ==
         (command == "revert" ? MigrationState::kReverted : MigrationState::kLive);
}

void RequireAllowed(const std::string& command, const Migration& migration) {
  if (const auto refusal = state::RefuseCommand(command, migration)) {
    throw Error(ErrorCode::kRefused, refusal->message, refusal->hint);
  }
}

End AskEngine(Context& context, Interrupt& interrupt, EngineKeeper& keeper, state::Store& store,
              const Migration& before, const std::string& command, const std::string& arguments,
              bool detach, const std::function<void()>& still_there) {
  context.stage = Stage::kEngine;
  keeper.Ensure();  // first: without an engine nothing is left in the store
  Outcome outcome(store, command, before);
  outcome.Ask(before.id, arguments);
  keeper.Ensure();  // it may have ended, being idle, just before it could see the intent
  if (detach) return End::kReached;
  return FollowMigration(interrupt, &keeper, store, before.id, [&](const Migration& now) {
    if (still_there) still_there();
    return outcome.IsThere(now);
  });
}

}  // namespace osc::cli
