#include "inverse/conductor.h"

#include "shadow/off_stage.h"
#include "shadow/prepare.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
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
constexpr base::RetryPolicy kSwingPolicy{.first_delay = milliseconds(1000),
                                         .longest_delay = milliseconds(60000)};

state::StoredError Stored(const Error& error) {
  return {std::string(ErrorCodeName(error.code())), error.message(), error.hint()};
}

// For a swap that cannot be done: something is not as it must be, which the command did not cause.
state::StoredError Refused(const std::string& id, const Error& error) {
  return {
      "refused", "the tables cannot be swapped: " + error.message(),
      error.hint().empty() ? "osc show " + id + " tells more; both tables are kept" : error.hint()};
}

}  // namespace

Conductor::Conductor(std::filesystem::path state_directory, std::string id)
    : state_directory_(std::move(state_directory)),
      id_(std::move(id)),
      store_(state::Store::Open(state_directory_)) {}

Conductor::~Conductor() { StopWork(); }

void Conductor::StopWork() {
  copy_thread_ = {};  // asks it to stop and waits
  copier_.reset();
  stream_.reset();
}

void Conductor::Run(std::stop_token stop) {
  // What ends the migration needs no stream, which may no longer be able to start.
  tables_ = shadow::LoadTables(store_.Get(id_));
  if (!HandleIntents(stop, true)) return;
  Begin(stop);
  HandleIntents(stop);
  while (Step(stop)) {
    base::SleepFor(stop, milliseconds(10));
    base::ThrowIfStopped(stop);
  }
}

void Conductor::Begin(std::stop_token stop) {
  state::Migration migration = store_.Get(id_);
  ApplySettings(migration);
  if (migration.state == MigrationState::kQueued || migration.state == MigrationState::kPreparing) {
    store_.SetState(id_, MigrationState::kPreparing);
    try {
      shadow::Prepare(store_, migration);
    } catch (const Error& error) {
      if (base::IsRetryable(error.code())) throw;
      Fail(error);
      return;
    }
    store_.SetState(id_, MigrationState::kCopying);
    OSC_FAULT_POINT("prepare.done");
    tables_ = shadow::LoadTables(store_.Get(id_));
  }
  door_.emplace(store_, tables_);
  readiness_.emplace(store_, id_, tables_.connection);
  if (door_->Settle(stop)) store_.AddEvent(id_, "an interrupted swap turned out to be done");
  frontier_ = std::make_shared<apply::CopyFrontier>();
  apply::StreamOptions stream_options = shadow::MakeStreamOptions(tables_);
  stream_options.row_memory.directory = state_directory_;
  stream_ = std::make_unique<apply::Stream>(std::move(stream_options), frontier_);
  shadow::CopyOptions options{id_,          state_directory_,  tables_.connection,
                              tables_.live, tables_.off_stage, tables_.forward};
  copier_ = std::make_unique<shadow::Copier>(std::move(options), frontier_, *stream_, pace_,
                                             [this] { return ThrottleReason(); });
  copier_->Restore();
  try {
    stream_->start(static_cast<int>(store_.Swaps(id_).size()));
  } catch (const Error& error) {
    if (base::IsRetryable(error.code()) || state::IsBeforeCutover(store_.Get(id_).state)) throw;
    // The window stays open for `complete`; CheckStream tells.
    spdlog::error("{} the stream cannot start: {}", id_, error.message());
    stream_->Refuse(error);
  }
  const state::Migration now = store_.Get(id_);
  if (now.state == MigrationState::kCopying) StartCopy();
  if (now.error && !state::IsBeforeCutover(now.state)) {
    auto connection = mysql::Connection::Open(tables_.connection);
    distrusted_until_ = binlog::CurrentGtidPosition(connection);
  }
}

void Conductor::StartCopy() {
  copy_ended_ = false;
  copy_error_.reset();
  copy_thread_ = std::jthread([this](std::stop_token stop) {
    try {
      copier_->Run(stop);
    } catch (const Error& error) {
      copy_error_ = error;
    } catch (const std::exception& error) {
      copy_error_ = Error(ErrorCode::kInternal, error.what());
    }
    copy_ended_ = true;
  });
}

bool Conductor::Step(std::stop_token stop) {
  if (store_.HasChanged() && !HandleIntents(stop)) return false;
  if (state::IsFinal(store_.Get(id_).state)) return false;
  if (CheckStream()) {
    switch (store_.Get(id_).state) {
      case MigrationState::kCopying:
        StepCopy();
        break;
      case MigrationState::kCatchingUp:
      case MigrationState::kReady:
        StepTowardsCutover(stop);
        break;
      default:
        StepWindow(stop);
    }
  }
  const state::Migration migration = store_.Get(id_);
  if (state::IsFinal(migration.state)) return false;
  if (migration.expires_at && !state::IsBeforeCutover(migration.state) &&
      *migration.expires_at <= std::chrono::system_clock::now()) {
    store_.AddEvent(id_, "the revert window has ended");
    Complete("expired", std::nullopt);
    return false;
  }
  if (Clock::now() >= next_report_) Report();
  return true;
}

bool Conductor::CheckStream() {
  const auto error = stream_->status().error;
  if (!error) return true;
  if (state::IsBeforeCutover(store_.Get(id_).state)) {
    Fail(*error);
    return false;
  }
  if (!stream_error_told_) {
    stream_error_told_ = true;
    Report();  // first: whoever sees the error is to see that the promise is withdrawn
    store_.SetError(id_, Stored(*error));
    store_.AddEvent(id_, "the stream has stopped: " + error->message());
  }
  if (swing_intent_) {
    AnswerSwing(state::StoredError{
        "refused", "the stream has stopped, the other table is not up to date: " + error->message(),
        "both tables are kept; `osc complete " + id_ + "` gives the other one up"});
  }
  return false;
}

void Conductor::StepCopy() {
  if (!copy_ended_) return;
  copy_thread_ = {};
  if (copy_error_) {
    if (copy_error_->code() == ErrorCode::kCancelled || base::IsRetryable(copy_error_->code())) {
      throw *copy_error_;
    }
    Fail(*copy_error_);
    return;
  }
  OSC_FAULT_POINT("copy.ended");
  Report();
  store_.SetState(id_, MigrationState::kCatchingUp);
  store_.AddEvent(id_, "all rows are copied");
}

void Conductor::StepTowardsCutover(std::stop_token stop) {
  if (!copied_at_) {
    auto connection = mysql::Connection::Open(tables_.connection);
    copied_at_ = binlog::CurrentGtidPosition(connection);
  }
  const auto status = stream_->status();
  if (!status.applied.Covers(*copied_at_) || status.lag > kSwingLag) {
    note_ = "waiting for the stream to catch up";
    return;
  }
  const state::Migration migration = store_.Get(id_);
  if (migration.settings.postpone_cutover && !migration.cutover_asked) {
    note_ = "waiting for `osc cutover " + id_ + "`";
    if (migration.state != MigrationState::kReady) store_.SetState(id_, MigrationState::kReady);
    return;
  }
  TrySwing(stop);
}

void Conductor::StepWindow(std::stop_token stop) {
  if (distrusted_until_) {
    if (!stream_->status().applied.Covers(*distrusted_until_)) return;
    distrusted_until_.reset();
    store_.SetError(id_, std::nullopt);
    store_.AddEvent(id_, "the stream has passed the place where it had stopped");
  }
  if (swing_intent_) TrySwing(stop);
}

void Conductor::TrySwing(std::stop_token stop) {
  if (Clock::now() < next_swing_) return;
  if (IsBehind() || IsBlocked()) return;
  if (swing_attempts_ == 0 && !note_.empty()) {  // what was waited for is there
    note_.clear();
    Report();  // before the state changes, so that nobody sees the one with the other
  }
  try {
    door_->Swing(stop, *stream_, swing_loss_report_);
    // The next swap, or the operator's next look, is to find the stream turned round.
    stream_->WaitForEpoch(stop, static_cast<int>(store_.Swaps(id_).size()),
                          Clock::now() + std::chrono::seconds(30));
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
  if (swing_intent_ && waited > milliseconds(1000)) {
    const milliseconds gained = *swing_lag_ - lag;
    behind += gained.count() <= 0
                  ? " and does not catch up"
                  : "; at this pace it has caught up in " +
                        base::FormatDuration(std::chrono::ceil<std::chrono::seconds>(
                            waited * (lag.count() / static_cast<double>(gained.count()))));
  }
  note_ = "waiting before the lock is asked for: " + behind;
  if (swing_intent_ && swing_max_drain_ && waited > *swing_max_drain_) {
    AnswerSwing(state::StoredError{"refused", behind,
                                   "try again later, or with --wait to wait as long as it takes"});
    note_.clear();
  }
  return true;
}

bool Conductor::IsBlocked() {
  if (!swing_loss_report_.empty() || state::IsBeforeCutover(store_.Get(id_).state)) return false;
  readiness_->Look(*stream_);
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
  if (swing_intent_) store_.FinishIntent(*swing_intent_, error);
  swing_intent_.reset();
}

void Conductor::Complete(const std::string& readiness, std::optional<int64_t> intent) {
  const state::Migration migration = store_.Get(id_);
  StopWork();
  auto connection = mysql::Connection::Open(tables_.connection);
  shadow::DropArtefacts(connection, id_, tables_.live, tables_.off_stage, migration.keep_table);
  OSC_FAULT_POINT("complete.dropped");
  state::Progress progress = store_.GetProgress(id_);
  progress.readiness = readiness;
  progress.reasons.clear();
  progress.stream_running = false;
  progress.stream_direction = "none";
  progress.note.clear();
  store_.SetProgress(id_, progress);
  store_.AddEvent(id_, "completed");
  store_.End(id_, MigrationState::kCompleted, intent);
}

void Conductor::Cancel(int64_t intent) {
  StopWork();
  auto connection = mysql::Connection::Open(tables_.connection);
  shadow::DropArtefacts(connection, id_, tables_.live, tables_.off_stage, false);
  OSC_FAULT_POINT("cancel.dropped");
  store_.AddEvent(id_, "cancelled");
  store_.End(id_, MigrationState::kCancelled, intent);
  Report();
}

void Conductor::Fail(const Error& error) {
  StopWork();
  // A person has to look at tables that are not what they should be.
  const bool keep_tables =
      error.code() == ErrorCode::kDiverged || error.code() == ErrorCode::kPositionLost;
  state::StoredError stored = Stored(error);
  if (stored.hint.empty()) {
    stored.hint = keep_tables ? "look at both tables; the off-stage table " +
                                    mysql::Quote(tables_.off_stage) + " is kept"
                              : "the original table is untouched; mend the cause and run it again";
  }
  if (!keep_tables) {
    auto connection = mysql::Connection::Open(tables_.connection);
    shadow::DropArtefacts(connection, id_, tables_.live, tables_.off_stage, false);
  }
  store_.SetFailed(id_, MigrationState::kFailed, stored);
  store_.AddEvent(id_, "failed: " + error.message());
  spdlog::error("{} failed: {}", id_, error.message());
  Report();
}

void Conductor::ApplySettings(const state::Migration& migration) {
  pace_.threads = migration.settings.copy_threads;
  pace_.chunk_time = migration.settings.chunk_time;
  max_lag_ = migration.settings.max_lag;
  paused_ = migration.paused;
}

std::string Conductor::ThrottleReason() const {
  if (paused_) return "paused by `osc pause`";
  const auto status = stream_->status();
  if (!status.retrying.empty()) return "the stream tries again: " + status.retrying;
  const milliseconds most = max_lag_;
  if (status.lag <= most) return "";
  return "stream lag " + base::FormatDuration(status.lag) + " is above max-lag " +
         base::FormatDuration(most);
}

}  // namespace osc::inverse
