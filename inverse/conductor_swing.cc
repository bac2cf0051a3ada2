// The part of Conductor that decides when tables are swapped, and what comes before the first time.
#include "inverse/conductor.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"
#include "src/base/retry.h"

namespace osc::inverse {
namespace {

using base::Clock;
using state::MigrationState;
using std::chrono::milliseconds;

// A lock is never asked for while the stream is further behind than this.
constexpr milliseconds kSwingLag{500};
// How long a row that another one kept from its place may take to be noticed as mended.
constexpr milliseconds kMending{600};
// For so long nobody needs to be told who is waited for.
constexpr milliseconds kSnapshotsUntold{300};
constexpr base::RetryPolicy kSwingPolicy{.first_delay = milliseconds(1000),
                                         .longest_delay = milliseconds(60000)};

// For a swap that cannot be done: something is not as it must be, which the command did not cause.
state::StoredError Refused(const std::string& id, const Error& error) {
  return {
      "refused", "the tables cannot be swapped: " + error.message(),
      error.hint().empty() ? "osc show " + id + " tells more; both tables are kept" : error.hint()};
}

}  // namespace

void Conductor::StepTowardsCutover(std::stop_token stop) {
  if (stream_ && !AreTablesEqual()) return;
  const state::Migration migration = store_.Get(id_);
  if ((migration.settings.postpone_cutover || together_) && !migration.cutover_asked) {
    note_ = "waiting for `osc cutover " + id_ + "`";
    if (migration.state != MigrationState::kReady) store_.SetState(id_, MigrationState::kReady);
    return;
  }
  if (stream_) NoteUnverified();
  if (!WaitsForSnapshots()) TrySwing(stop);
}

bool Conductor::AreTablesEqual() {
  NoteCopied();
  const auto status = stream_->status();
  if (!status.applied.Covers(*copied_at_) || status.lag > kSwingLag) {
    note_ = "waiting for the stream to catch up";
    return false;
  }
  return IsVerified();
}

void Conductor::NoteCopied() {
  if (copied_at_) return;
  auto connection = mysql::Connection::Open(tables_.connection);
  copied_at_ = binlog::CurrentGtidPosition(connection);
  snapshots_.emplace(tables_.connection);
}

bool Conductor::WaitsForSnapshots() {
  if (!snapshots_) return false;
  auto open = snapshots_->StillOpen();
  if (open && open->empty()) *open = "the server to list its open transactions";
  const milliseconds longest = store_.Get(id_).settings.snapshot_wait;
  const bool is_over = Clock::now() >= snapshots_->since() + longest;
  if (open && !is_over) {
    if (Clock::now() < snapshots_->since() + kSnapshotsUntold) return true;
    note_ = "waiting for " + *open +
            ": what began before the copy was whole would see only a part of it; `osc set " + id_ +
            " snapshot-wait=0s` does not wait";
    return true;
  }
  if (open) {
    store_.AddEvent(id_, "no longer waits for " + *open +
                             ": what began before the copy was whole sees a part of the table, if "
                             "it reads it");
  }
  snapshots_.reset();
  return false;
}

bool Conductor::IsVerified() {
  const state::Migration migration = store_.Get(id_);
  using state::VerifyState;
  // Its thread may have written a verdict that Step has not taken up yet.
  const bool is_running = inspection_->is_running();
  if (!is_running && store_.GetVerifyState(id_) == VerifyState::kPassed) return true;
  const state::Verification verification = inspection_->verification();
  const bool is_open = is_running || verification.state == VerifyState::kPending ||
                       verification.state == VerifyState::kRunning;
  if (!migration.settings.verify && !is_open) {
    // Differences that were found stay to be seen until the swap.
    if (verification.state != VerifyState::kFailed) NoteUnverified();
    return true;
  }
  if (migration.state != MigrationState::kVerifying) {
    store_.SetState(id_, MigrationState::kVerifying);
  }
  if (!is_open && verification.state == VerifyState::kFailed) {
    note_ = inspection_->Refusal().message + "; no cutover before that is mended";
    // What was asked for before does not count once the difference is mended.
    if (migration.cutover_asked) store_.SetCutoverAsked(id_, false);
    if (IsSwingAsked()) AnswerSwing(inspection_->Refusal());
    return false;
  }
  note_.clear();  // the verification's own account says more
  if (!is_open) {
    inspection_->Ask({});
    inspection_->Step();
  }
  return false;
}

void Conductor::NoteUnverified() {
  state::Verification verification = inspection_->verification();
  using state::VerifyState;
  if (verification.state == VerifyState::kPassed || verification.state == VerifyState::kSkipped) {
    return;
  }
  if (verification.state != VerifyState::kNone) {
    verification.note = "it was " + std::string(state::VerifyStateName(verification.state));
  }
  verification.state = VerifyState::kSkipped;
  store_.SetVerification(id_, verification);
  store_.AddEvent(id_, "the tables are not verified before the cutover: verify=off");
}

void Conductor::TrySwing(std::stop_token stop) {
  if (Clock::now() < next_swing_) return;
  if (stream_ && (IsBehind() || IsBlocked())) return;
  if (WaitsForHook()) return;
  try {
    RequireOnlyPrimary();
    if (WaitsForOthers(stop)) return;
    if (inspection_ && inspection_->is_running()) {
      inspection_->Abandon("the tables are being swapped");
    }
    if (swing_attempts_ == 0) note_.clear();  // what was waited for is there
    Report();  // before the state changes, so that nobody sees the one with the other
    const auto swap_tables = [this](std::stop_token asked, const shadow::SwapMember& member) {
      return together_ ? together_->Swap(asked, member) : shadow::Swap(asked, {member});
    };
    door_->Swing(stop, stream_.get(), swap_tables, swing_loss_report_);
    // The next swap, or the operator's next look, is to find the stream turned round.
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    const int swaps = static_cast<int>(store_.Swaps(id_).size());
    while (stream_ && !stream_->WaitForEpoch(stop, swaps, Clock::now() + milliseconds(500)) &&
           stream_->status().running && Clock::now() < deadline) {
      claim_->Check();  // the server may have vanished just now
    }
    swing_attempts_ = 0;
    note_.clear();
    Report();
    AnswerSwing(std::nullopt);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    if (error.code() == ErrorCode::kOutcomeUnknown || error.code() == ErrorCode::kConnectionLost) {
      throw Error(ErrorCode::kConnectionLost, error.message(), error.hint());
    }
    if (base::IsRetryable(error.code())) {
      const auto delay = base::BackoffDelay(kSwingPolicy, ++swing_attempts_);
      next_swing_ = Clock::now() + delay;
      note_ = "attempt " + std::to_string(swing_attempts_) +
              " to swap gave up: " + error.message() + "; next in " +
              base::FormatDuration(std::chrono::ceil<std::chrono::seconds>(delay));
      store_.AddEvent(id_, note_);
      return;
    }
    if (state::IsBeforeCutover(store_.Get(id_).state)) {
      Fail(error);
    } else {
      AnswerSwing(Refused(id_, error));
    }
  }
}

bool Conductor::IsBehind() {
  const auto status = stream_->status();
  const milliseconds lag = status.lag;
  // After a restart right behind a swap the stream may not have turned round yet.
  const bool has_turned = status.epoch >= static_cast<int>(store_.Swaps(id_).size());
  if (has_turned && lag <= kSwingLag) return false;
  if (!swing_lag_) swing_lag_ = lag;
  const auto waited = std::chrono::duration_cast<milliseconds>(Clock::now() - swing_asked_at_);
  std::string behind = "the stream is " + base::FormatDuration(lag) + " behind";
  if (IsSwingAsked() && waited > milliseconds(1000)) {
    const milliseconds gained = *swing_lag_ - lag;
    behind += gained.count() <= 0
                  ? " and does not catch up"
                  : "; at this pace it has caught up in " +
                        base::FormatDuration(std::chrono::ceil<std::chrono::seconds>(
                            waited * (lag.count() / static_cast<double>(gained.count()))));
  }
  note_ = "waiting before the lock is asked for: " + behind;
  if (IsSwingAsked() && swing_max_drain_ && waited > *swing_max_drain_) {
    AnswerSwing(state::StoredError{"refused", behind,
                                   "try again later, or with --wait to wait as long as it takes"});
    note_.clear();
  }
  return true;
}

bool Conductor::IsBlocked() {
  if (!swing_loss_report_.empty() || state::IsBeforeCutover(store_.Get(id_).state)) return false;
  readiness_->Look(*stream_, true);
  if (!readiness_->is_blocked()) return false;
  // What has been mended before the command is to count.
  if (!swing_asked_up_to_) {
    auto connection = mysql::Connection::Open(tables_.connection);
    swing_asked_up_to_ = binlog::CurrentGtidPosition(connection);
  }
  if (!stream_->status().applied.Covers(*swing_asked_up_to_) ||
      Clock::now() < swing_asked_at_ + kMending) {
    return true;
  }
  AnswerSwing(readiness_->Refusal());
  return true;
}

void Conductor::AnswerSwing(const std::optional<state::StoredError>& error) {
  hook_passed_.reset();
  if (together_) TellOthers(error);
  if (swing_intent_) {
    OSC_FAULT_POINT("intent.before_answer");
    store_.FinishIntent(*swing_intent_, error);
    OSC_FAULT_POINT("intent.answered");
  }
  swing_intent_.reset();
}

int Conductor::SwapNumber() { return static_cast<int>(store_.Swaps(id_).size()) + 1; }

void Conductor::BeginSwing(const Together::Wish& wish) {
  if (wish.number == 1) {
    store_.SetError(id_, std::nullopt);  // what a hook has said before
    store_.SetCutoverAsked(id_, true);
  }
  hook_.reset();
  hook_passed_.reset();
  next_swing_ = {};
  swing_attempts_ = 0;
  swing_loss_report_ = wish.loss_report;
  swing_lag_.reset();
  swing_max_drain_ = wish.max_drain;
  swing_asked_at_ = Clock::now();
  swing_asked_up_to_.reset();
}

}  // namespace osc::inverse
