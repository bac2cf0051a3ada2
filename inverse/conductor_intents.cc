// The part of Conductor that answers the operator.
#include <nlohmann/json.hpp>

#include "ddl/privileges.h"
#include "inverse/conductor.h"
#include "inverse/hook_runner.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"

namespace osc::inverse {

using state::MigrationState;

namespace {

nlohmann::json Parse(const state::Intent& intent) {
  return nlohmann::json::parse(intent.arguments.empty() ? "{}" : intent.arguments);
}

// What needs no stream, which may no longer be able to start. A reseed without leave is looked at
// once it has been started.
bool ComesFirst(const state::Intent& intent) {
  const std::string& command = intent.command;
  if (command == "reseed") return Parse(intent).value("accept_loss", false);
  return command == "complete" || command == "cancel" || command == "resume";
}

// The swap was done and only its answer is missing, because the engine was interrupted.
bool IsAlreadyDone(const std::string& command, MigrationState state) {
  if (command == "revert") return state == MigrationState::kReverted;
  return (command == "cutover" || command == "reapply") && state == MigrationState::kLive;
}

}  // namespace

bool Conductor::HandleIntents(std::stop_token stop, bool only_first) {
  for (const state::Intent& intent : store_.OpenIntents(id_)) {
    base::ThrowIfStopped(stop);
    if (TakeHosts(intent)) throw Error(ErrorCode::kConnectionLost, "its hosts have been changed");
    if (inspection_ && inspection_->IsFor(intent.number)) continue;
    const state::Migration migration = store_.Get(id_);
    if (swing_intent_ == intent.number) continue;
    // What an interrupted swap has come to has to be known first: an end would drop the wrong
    // table.
    if (only_first && (!ComesFirst(intent) || store_.OpenSwap(id_))) continue;
    if (IsAlreadyDone(intent.command, migration.state)) {
      store_.FinishIntent(intent.number, std::nullopt);
      continue;
    }
    const auto arguments = Parse(intent);
    const std::string command = arguments.value("restart_copy", false) ? "restart-copy"
                                : arguments.value("stream", false)     ? "pause-stream"
                                                                       : intent.command;
    if (const auto refusal = state::RefuseCommand(command, migration)) {
      store_.FinishIntent(intent.number,
                          state::StoredError{"refused", refusal->message, refusal->hint});
      continue;
    }
    if (state::IsEnding(migration.state)) {
      WaitForEnd(intent, migration);
      continue;
    }
    spdlog::info("{} the operator asks: {}", id_, intent.command);
    store_.AddEvent(id_, "asked for: " + intent.command);
    try {
      if (!HandleIntent(intent)) return false;
      if (begin_again_) return true;  // the others are for the new stream
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidArgument && error.code() != ErrorCode::kRefused) throw;
      store_.FinishIntent(intent.number,
                          state::StoredError{std::string(ErrorCodeName(error.code())),
                                             error.message(), error.hint()});
    }
  }
  return true;
}

// A slip of the pen must not cost the way back.
void Conductor::RequireFuture(state::Time expires_at) const {
  if (expires_at > std::chrono::system_clock::now()) return;
  throw Error(ErrorCode::kRefused,
              "the revert window would have ended at " + base::FormatTime(expires_at) +
                  ": the retention is counted from the last swap",
              "osc complete " + id_ + " ends the window now");
}

// The end that is asked for has begun already; it answers the intent.
void Conductor::WaitForEnd(const state::Intent& intent, const state::Migration& migration) {
  const auto arguments = Parse(intent);
  if (!arguments.value("keep_table", false) || migration.keep_table) return;
  store_.FinishIntent(
      intent.number,
      state::StoredError{"refused", "the off-stage table cannot be kept: it is being dropped",
                         "osc watch " + id_ + " shows when"});
}

void Conductor::RequireKillPrivilege() {
  auto connection = mysql::Connection::Open(tables_.connection);
  ddl::RequireKillPrivilege(connection);
}

void Conductor::SetPaused(bool paused, bool stream) {
  const state::Migration migration = store_.Get(id_);
  if (migration.settings.pause_stream != stream) {
    state::Settings settings = migration.settings;
    settings.pause_stream = stream;
    store_.SetSettings(id_, settings);
  }
  // In the window there is nothing else to pause.
  store_.SetPaused(id_, paused && !state::RefuseCommand("pause", migration));
  state::Progress progress = store_.GetProgress(id_);
  progress.pause_reason.clear();
  store_.SetProgress(id_, progress);
  if (paused) return;
  if (state::IsBeforeCutover(migration.state)) store_.SetError(id_, std::nullopt);
  if (stream_ && stream_->status().error) begin_again_ = true;
}

void Conductor::SetForce() {
  RequireKillPrivilege();
  state::Settings settings = store_.Get(id_).settings;
  settings.force_cutover = true;
  store_.SetSettings(id_, settings);
}

// False when the migration is to end.
bool Conductor::HandleIntent(const state::Intent& intent) {
  auto arguments = Parse(intent);
  if (intent.command == "cutover" || intent.command == "revert" || intent.command == "reapply") {
    Together::Wish wish{SwapNumber(), arguments.value("force", false),
                        arguments.value("loss_report", ""), std::nullopt};
    if (arguments.contains("max_drain_ms")) {
      wish.max_drain = std::chrono::milliseconds(arguments["max_drain_ms"].get<int64_t>());
    }
    if (wish.force) {
      SetForce();
      // From here on the settings say it, and can be changed.
      arguments.erase("force");
      store_.SetIntentArguments(intent.number, arguments.dump());
    }
    // First: it takes back what that one has asked of those that go with it.
    if (swing_intent_) AnswerSwing(state::StoredError{"refused", "another swap was asked for", ""});
    BeginSwing(wish);
    OSC_FAULT_POINT("intent.taken");
    swing_intent_ = intent.number;
    if (together_) together_->Ask(wish);
    return true;
  }
  if (intent.command == "verify") {
    inspection_->Ask({intent.number, arguments.value("since_last", false),
                      arguments.value("repair", false), arguments.value("replica", "")});
    return true;
  }
  if (intent.command == "complete") {
    store_.SetKeepTable(id_, arguments.value("keep_table", false));
    OSC_FAULT_POINT("complete.begun");
    BeginEnd(MigrationState::kCompleting, "none");
    return false;
  }
  if (intent.command == "cancel") {
    BeginEnd(MigrationState::kCancelling, "none");
    return false;
  }
  if (intent.command == "reseed") RequireStopped(arguments.value("accept_loss", false));
  if (intent.command == "reseed" || arguments.value("restart_copy", false)) {
    CopyAnew(intent.command == "reseed" ? MigrationState::kReseeding : MigrationState::kPreparing);
    store_.FinishIntent(intent.number, std::nullopt);
    begin_again_ = true;
    return true;
  }
  if (intent.command == "pause" || intent.command == "resume") {
    SetPaused(intent.command == "pause", arguments.value("stream", false));
  } else if (intent.command == "set") {
    state::Settings settings = store_.Get(id_).settings;
    state::Settings changed;  // what does not change may have come to be refused meanwhile
    for (const auto& [name, value] : arguments.items()) {
      state::ApplySetting(&settings, name, value.get<std::string>());
      state::ApplySetting(&changed, name, value.get<std::string>());
    }
    const auto swaps = store_.Swaps(id_);
    std::optional<state::Time> expires_at;
    if (arguments.contains("retention") && !swaps.empty()) {
      expires_at = *swaps.back().at + settings.retention;
      RequireFuture(*expires_at);
    }
    if (settings.force_cutover) RequireKillPrivilege();
    if (shadow::AsksServer(changed)) {
      auto connection = mysql::Connection::Open(tables_.connection);
      shadow::RequireMeasurable(connection, changed);
    }
    if (!changed.hooks.empty()) HookRunner::BeginHere(store_, id_);
    store_.SetSettings(id_, settings);
    OSC_FAULT_POINT("intent.settings_written");
    if (expires_at) store_.SetExpiry(id_, expires_at);
  }
  ApplySettings(store_.Get(id_));
  Report();
  store_.FinishIntent(intent.number, std::nullopt);
  return true;
}

}  // namespace osc::inverse
