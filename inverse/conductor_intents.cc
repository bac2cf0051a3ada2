// The part of Conductor that answers the operator.
#include <nlohmann/json.hpp>

#include "inverse/conductor.h"
#include "src/base/log.h"

namespace osc::inverse {

using state::MigrationState;

namespace {

bool EndsMigration(const std::string& command) {
  return command == "complete" || command == "cancel";
}

// The swap was done and only its answer is missing, because the engine was interrupted.
bool IsAlreadyDone(const std::string& command, MigrationState state) {
  if (command == "revert") return state == MigrationState::kReverted;
  return (command == "cutover" || command == "reapply") && state == MigrationState::kLive;
}

}  // namespace

bool Conductor::HandleIntents(std::stop_token stop, bool only_ends) {
  for (const state::Intent& intent : store_.OpenIntents(id_)) {
    base::ThrowIfStopped(stop);
    if (swing_intent_ == intent.number || (only_ends && !EndsMigration(intent.command))) continue;
    const state::Migration migration = store_.Get(id_);
    if (IsAlreadyDone(intent.command, migration.state)) {
      store_.FinishIntent(intent.number, std::nullopt);
      continue;
    }
    if (const auto refusal = state::RefuseCommand(intent.command, migration.state, id_)) {
      store_.FinishIntent(intent.number,
                          state::StoredError{"refused", refusal->message, refusal->hint});
      continue;
    }
    spdlog::info("{} the operator asks: {}", id_, intent.command);
    store_.AddEvent(id_, "asked for: " + intent.command);
    try {
      if (!HandleIntent(intent)) return false;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidArgument) throw;
      store_.FinishIntent(intent.number,
                          state::StoredError{std::string(ErrorCodeName(error.code())),
                                             error.message(), error.hint()});
    }
  }
  return true;
}

// False when the migration has ended.
bool Conductor::HandleIntent(const state::Intent& intent) {
  const auto arguments = nlohmann::json::parse(intent.arguments.empty() ? "{}" : intent.arguments);
  if (intent.command == "cutover" || intent.command == "revert" || intent.command == "reapply") {
    if (intent.command == "cutover") store_.SetCutoverAsked(id_);
    if (swing_intent_) AnswerSwing(state::StoredError{"refused", "another swap was asked for", ""});
    swing_intent_ = intent.number;
    next_swing_ = {};
    swing_attempts_ = 0;
    swing_loss_report_ = arguments.value("loss_report", "");
    swing_lag_.reset();
    swing_max_drain_.reset();
    if (arguments.contains("max_drain_ms")) {
      swing_max_drain_ = std::chrono::milliseconds(arguments["max_drain_ms"].get<int64_t>());
    }
    swing_asked_at_ = base::Clock::now();
    swing_asked_up_to_.reset();
    return true;
  }
  if (intent.command == "complete") {
    store_.SetKeepTable(id_, arguments.value("keep_table", false));
    Complete("none", intent.number);
    return false;
  }
  if (intent.command == "cancel") {
    Cancel(intent.number);
    return false;
  }
  if (intent.command == "pause" || intent.command == "resume") {
    store_.SetPaused(id_, intent.command == "pause");
  } else if (intent.command == "set") {
    state::Settings settings = store_.Get(id_).settings;
    for (const auto& [name, value] : arguments.items()) {
      state::ApplySetting(&settings, name, value.get<std::string>());
    }
    store_.SetSettings(id_, settings);
    const auto swaps = store_.Swaps(id_);
    if (arguments.contains("retention") && !swaps.empty()) {
      store_.SetExpiry(id_, *swaps.back().at + settings.retention);
    }
  }
  ApplySettings(store_.Get(id_));
  Report();
  store_.FinishIntent(intent.number, std::nullopt);
  return true;
}

}  // namespace osc::inverse
