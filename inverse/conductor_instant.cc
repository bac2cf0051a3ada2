// The part of Conductor that lets the server make the change itself, ALGORITHM=INSTANT: no stream,
// no copy, no off-stage table, and no way back. The attempt is kept as a swap of the direction
// "instant", so that its intent and its outcome are recorded like those of any other.
#include "ddl/alter_statement.h"
#include "ddl/preflight.h"
#include "ddl/server_algorithms.h"
#include "inverse/conductor.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/retry.h"

namespace osc::inverse {

using base::Clock;
using state::Algorithm;
using state::MigrationState;
using std::chrono::milliseconds;

namespace {

constexpr base::RetryPolicy kInstantPolicy{.first_delay = milliseconds(1000),
                                           .longest_delay = milliseconds(60000)};

}  // namespace

bool Conductor::ChangeInstantly(std::stop_token stop) {
  if (store_.Get(id_).settings.algorithm == Algorithm::kOsc) return false;
  try {
    if (SettleInstant(stop)) return true;
    if (!HandleIntents(stop, true)) return true;
    begin_again_ = false;  // there is nothing yet to begin anew
    if (state::IsBeforeCutover(store_.Get(id_).state) && !PrepareInstant()) return IsOver();
    while (!IsOver()) {
      claim_->Check();
      if (store_.HasChanged() && !HandleIntents(stop)) return true;
      if (Clock::now() >= next_swing_ && !TryInstant(stop)) return IsOver();
      if (Clock::now() >= next_report_) Report();
      base::SleepFor(stop, milliseconds(10));
      base::ThrowIfStopped(stop);
    }
    // What was asked for too late is answered.
    if (store_.Get(id_).state == MigrationState::kCompleted) HandleIntents(stop);
  } catch (const Error& error) {
    if (base::IsRetryable(error.code()) || error.code() == ErrorCode::kOutcomeUnknown ||
        error.code() == ErrorCode::kCancelled) {
      throw;
    }
    if (const auto open = store_.OpenSwap(id_)) store_.DropSwapIntent(id_, open->number);
    Fail(error);
  }
  return true;
}

bool Conductor::PrepareInstant() {
  NoteFirstPosition();
  store_.SetState(id_, MigrationState::kPreparing);
  OSC_FAULT_POINT("instant.preparing");
  const state::Migration migration = store_.Get(id_);
  auto connection = mysql::Connection::Open(tables_.connection);
  const ddl::ChangePlan plan =
      ddl::Preflight(connection, tables_.live, ddl::ParseAlter(migration.alter));
  const ddl::InstantTrial trial = ddl::TryInstant(connection, plan.forward.source, plan.alter);
  if (!trial.possible) return GiveInstantUp(trial.note);
  store_.SetPrepared(id_, ddl::SaveDefinition(plan.forward.source),
                     ddl::SaveDefinition(trial.altered), ddl::SaveNotes({}), "");
  OSC_FAULT_POINT("instant.prepared");
  state::Progress progress = store_.GetProgress(id_);
  progress.rows_estimated = plan.estimated_rows;
  store_.SetProgress(id_, progress);
  return true;
}

bool Conductor::GiveInstantUp(const std::string& reason) {
  state::Settings settings = store_.Get(id_).settings;
  if (settings.algorithm == Algorithm::kInstant) {
    throw Error(ErrorCode::kRefused,
                "the server does not make this change of " + mysql::Quote(tables_.live) +
                    " instantly: " + reason,
                "leave out --algorithm: osc's own way makes it, and can take it back");
  }
  store_.SetState(id_, MigrationState::kPreparing);
  OSC_FAULT_POINT("instant.given_up");
  settings.algorithm = Algorithm::kOsc;
  store_.SetSettings(id_, settings);
  store_.AddEvent(
      id_, "auto: osc's own way, because the server does not make the change instantly: " + reason);
  note_.clear();
  return false;
}

shadow::InstantAlter Conductor::InstantPlan() {
  const state::Migration migration = store_.Get(id_);
  return {id_,
          tables_.live,
          migration.alter,
          tables_.connection,
          migration.settings.cutover_lock_timeout,
          [this] { return store_.Get(id_).settings.force_cutover; },
          [this](const shadow::Blocker& blocker) {
            const std::string text = "ended, for the change: " + blocker.Describe();
            spdlog::warn("{} {}", id_, text);
            store_.AddEvent(id_, text);
          }};
}

bool Conductor::TryInstant(std::stop_token stop) {
  try {
    RequireOnlyPrimary();
    state::Swap swap = store_.RecordSwapIntent(id_, "instant", "{}");
    OSC_FAULT_POINT("instant.intent_recorded");
    store_.SetState(id_, MigrationState::kCuttingOver);
    OSC_FAULT_POINT("instant.begun");
    try {
      swap.lock_ms = shadow::AlterInstantly(InstantPlan());
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutcomeUnknown ||
          error.code() == ErrorCode::kConnectionLost || !SettleInstant(stop)) {
        throw;
      }
      return true;  // although the server has said that it had not
    }
    OSC_FAULT_POINT("instant.altered");
    FinishInstant(swap);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutcomeUnknown) {
      throw Error(ErrorCode::kConnectionLost, error.message(), error.hint());
    }
    if (error.code() == ErrorCode::kConnectionLost) throw;
    if (ddl::IsAlgorithmRefused(error)) return GiveInstantUp(error.message());
    if (!base::IsRetryable(error.code())) throw;
    const auto delay = base::BackoffDelay(kInstantPolicy, ++swing_attempts_);
    next_swing_ = Clock::now() + delay;
    note_ = "attempt " + std::to_string(swing_attempts_) + " gave up: " + error.message() +
            "; next in " + base::FormatDuration(std::chrono::ceil<std::chrono::seconds>(delay));
    store_.AddEvent(id_, note_);
    Report();
  }
  return true;
}

bool Conductor::SettleInstant(std::stop_token stop) {
  auto swap = store_.OpenSwap(id_);
  if (!swap) return false;
  const state::Migration migration = store_.Get(id_);
  auto connection = mysql::Connection::Open(tables_.connection);
  const bool happened = shadow::DidAlterHappen(stop, connection, InstantPlan(),
                                               ddl::LoadDefinition(migration.old_definition),
                                               ddl::LoadDefinition(migration.new_definition));
  OSC_FAULT_POINT("instant.outcome_known");
  if (happened) {
    FinishInstant(*swap);
    return true;
  }
  store_.DropSwapIntent(id_, swap->number);
  OSC_FAULT_POINT("instant.intent_dropped");
  return false;
}

void Conductor::FinishInstant(state::Swap swap) {
  swap.at = std::chrono::system_clock::now();
  state::Progress progress = store_.GetProgress(id_);
  progress.readiness = "none";
  progress.reasons = {{"instant", "", 0,
                       "the server has made the change itself (ALGORITHM=INSTANT): there is no "
                       "other table to go back to"}};
  progress.note.clear();
  note_.clear();
  store_.SetProgress(id_, progress);
  state::Settings settings = store_.Get(id_).settings;
  settings.algorithm = Algorithm::kInstant;
  settings.force_cutover = false;
  store_.SetSettings(id_, settings);
  OSC_FAULT_POINT("instant.decided");
  store_.FinishSwap(id_, swap, MigrationState::kCompleted, state::LiveTable::kNew, std::nullopt);
  OSC_FAULT_POINT("instant.finished");
  store_.AddEvent(id_, "the server has made the change itself, ALGORITHM=INSTANT");
  spdlog::info("{} changed instantly, in {:.1f} ms", id_, swap.lock_ms);
}

}  // namespace osc::inverse
