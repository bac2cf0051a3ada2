#include "inverse/conductor.h"

#include "shadow/copy_record.h"
#include "shadow/names.h"
#include "shadow/object_swap.h"
#include "shadow/prepare.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/retry.h"
#include "src/mysql/table_exists.h"

namespace osc::inverse {

using base::Clock;
using state::MigrationState;
using std::chrono::milliseconds;

Conductor::Conductor(std::filesystem::path state_directory, std::string id, Describe describe)
    : state_directory_(std::move(state_directory)),
      id_(std::move(id)),
      describe_(std::move(describe)),
      store_(state::Store::Open(state_directory_)) {}

Conductor::~Conductor() { StopWork(); }

void Conductor::StopWork() {
  hook_.reset();
  inspection_.reset();
  copy_thread_ = {};  // asks it to stop and waits
  is_building_ = false;
  copier_.reset();
  pace_.reset();
  throttle_.reset();
  stream_.reset();
}

void Conductor::Run(std::stop_token stop) {
  // What ends the migration needs no stream, which may no longer be able to start.
  FindServer(stop);
  const state::Migration migration = store_.Get(id_);
  if (!state::IsEnding(migration.state)) {
    if (migration.restored && !CompareWithServer(stop)) return;
    if (!ChangeInstantly(stop) && HandleIntents(stop, true)) {
      do {
        begin_again_ = false;
        Begin(stop);
        HandleIntents(stop);
        while (!begin_again_ && Step(stop)) {
          base::SleepFor(stop, milliseconds(10));
          base::ThrowIfStopped(stop);
        }
      } while (begin_again_);
    }
  }
  FinishEnd(stop);
}

bool Conductor::CompareWithServer(std::stop_token stop) {
  auto connection = mysql::Connection::Open(tables_.connection);
  const bool exists = mysql::TableExists(
      connection, tables_.object ? tables_.off_stage : shadow::CheckpointName(id_, tables_.live));
  const bool is_prepared = !store_.Get(id_).new_definition.empty();
  if ((!exists && !(tables_.object && is_prepared)) || !is_prepared) {
    const std::string what = exists ? "the backup is older than its tables"
                                    : "the server has no trace of it any more, so that it was "
                                      "completed, cancelled or never begun";
    store_.SetFailed(id_, MigrationState::kFailed,
                     {"refused", "its record was restored from a backup: " + what,
                      "look at " + mysql::Quote(tables_.live) + " and at what is left as " +
                          mysql::Quote(tables_.off_stage) + ", then run it again if need be"});
    return false;
  }
  const int swaps = Door(store_, tables_).AgreeWithServer(stop);
  if (tables_.object) {
    store_.ClearRestored(id_);
    return true;
  }
  if (!store_.Swaps(id_).empty()) store_.FinishCopy(id_);
  // The backup may be of before the latest copy: what it says is copied went with the one before.
  const auto record = shadow::CopyRecord(id_, tables_.live).Load(connection);
  state::Progress progress = store_.GetProgress(id_);
  if (record && record->number != progress.copy_number) {
    progress.copy_number = record->number;
    store_.SetProgress(id_, progress);
    store_.SetSeededEpoch(id_, record->epoch);
    LoadTables();
  }
  const MigrationState state = store_.Get(id_).state;
  if (state::IsBeforeCutover(state) && state != MigrationState::kPreparing) {
    store_.SetCopyState(id_, record ? record->copy : state::Store::CopyState{});
    store_.SetState(id_, MigrationState::kCopying);
  }
  store_.ClearRestored(id_);
  // The backup may be of before its beginning.
  if (!store_.Swaps(id_).empty() &&
      mysql::TableExists(connection, shadow::HandedOverName(id_, tables_.live))) {
    CopyAnew(MigrationState::kReseeding);
  }
  store_.AddEvent(id_, "restored from a backup and compared with the server, where " +
                           std::to_string(swaps) + " swaps had been made since");
  return true;
}

void Conductor::Begin(std::stop_token stop) {
  StopWork();
  stream_error_told_ = reseed_error_told_ = is_reseeded_ = false;
  reseed_error_.reset();
  state::Migration migration = store_.Get(id_);
  ApplySettings(migration);
  if (!migration.together.empty() && !state::ChangesNothing(migration)) {
    together_ = Together::Named(migration.together);
    // Of the others the one that was asked tells again.
    joins_ = false;
    if (state::IsBeforeCutover(migration.state) && !swing_intent_) {
      store_.SetCutoverAsked(id_, false);
    }
  }
  if (migration.state == MigrationState::kQueued || migration.state == MigrationState::kPreparing) {
    NoteFirstPosition();
    store_.SetState(id_, MigrationState::kPreparing);
    OSC_FAULT_POINT("prepare.begun");
    try {
      if (tables_.object) {
        shadow::PrepareObject(store_, migration, tables_.connection);
      } else {
        shadow::Prepare(store_, migration, tables_.connection);
      }
    } catch (const Error& error) {
      if (base::IsRetryable(error.code())) throw;
      Fail(error);
      return;
    }
    store_.SetState(id_, tables_.object ? MigrationState::kCatchingUp : MigrationState::kCopying);
    OSC_FAULT_POINT("prepare.done");
    LoadTables();
    if (state::ChangesNothing(store_.Get(id_))) together_.reset();
  }
  door_.emplace(store_, tables_);
  readiness_.emplace(store_, tables_);
  binlog_watch_.emplace(tables_.connection);
  if (door_->Settle(stop)) store_.AddEvent(id_, "an interrupted swap turned out to be done");
  if (tables_.object) return;  // no rows go from one to the other
  if (migration.state == MigrationState::kReseeding) PrepareReseed();
  frontier_ = std::make_shared<apply::CopyFrontier>();
  apply::StreamOptions stream_options = shadow::MakeStreamOptions(tables_);
  stream_options.row_memory.directory = state_directory_;
  changed_chunks_ =
      std::make_shared<shadow::ChangedChunks>(state_directory_, id_, tables_.forward, store_);
  stream_ = std::make_unique<apply::Stream>(std::move(stream_options), frontier_, changed_chunks_);
  throttle_.emplace(tables_.connection, *stream_);
  pace_.emplace(tables_.connection, id_, tables_.live, *stream_);
  ApplySettings(store_.Get(id_));
  shadow::CopyOptions options{id_,
                              state_directory_,
                              tables_.connection,
                              {tables_.live, tables_.off_stage, tables_.forward}};
  if (tables_.seeded_epoch % 2 == 1) {
    options.rows.projection = ddl::Invert(tables_.forward);
    options.rows.values = tables_.revert_defaults;
  }
  options.number = store_.GetProgress(id_).copy_number;
  options.epoch = tables_.seeded_epoch;
  if (tables_.seeded_epoch > 0) {
    options.rows.hand_over = shadow::HandedOverName(id_, tables_.live);
    // All is applied from the beginning: the quarantine cannot be searched for the rows of a chunk
    // that a store which went back in time has forgotten, see Copier::DropForgottenRows.
    frontier_->Finish();
  }
  copier_ = std::make_unique<shadow::Copier>(std::move(options), frontier_, *stream_, *pace_,
                                             [this] { return throttle_->Reason(); });
  copier_->Restore();
  inspection_ =
      std::make_unique<Inspection>(store_, state_directory_, tables_, *stream_, *changed_chunks_,
                                   *pace_, [this] { return throttle_->Reason(); });
  try {
    stream_->start(static_cast<int>(store_.Swaps(id_).size()));
  } catch (const Error& error) {
    if (base::IsRetryable(error.code())) throw;
    if (state::IsBeforeCutover(store_.Get(id_).state)) {
      if (error.code() == ErrorCode::kPositionLost) Fail(error);
      throw;
    }
    // The window stays open for `complete`; CheckStream tells.
    spdlog::error("{} the stream cannot start: {}", id_, error.message());
    stream_->Refuse(error);
  }
  const state::Migration now = store_.Get(id_);
  if (now.state == MigrationState::kCopying || now.state == MigrationState::kReseeding) {
    StartCopying([this](std::stop_token asked) { copier_->Run(asked); });
  } else if (now.state > MigrationState::kIndexing && state::IsBeforeCutover(now.state) &&
             AfterCopy() == MigrationState::kIndexing) {
    // A promoted replica may have had the last rows, but not yet the indexes.
    store_.SetState(id_, MigrationState::kIndexing);
  }
  if (now.error && !state::IsBeforeCutover(now.state)) {
    auto connection = mysql::Connection::Open(tables_.connection);
    distrusted_until_ = binlog::CurrentGtidPosition(connection);
  }
}

bool Conductor::Step(std::stop_token stop) {
  claim_->Check();
  if (store_.HasChanged() && !HandleIntents(stop)) return false;
  if (begin_again_) return true;
  if (IsOver()) return false;
  FollowOthers();
  if (throttle_) PauseAtCriticalLoad();
  if (!stream_ || CheckStream()) {
    if (inspection_ && store_.Get(id_).state >= MigrationState::kCatchingUp) inspection_->Step();
    switch (store_.Get(id_).state) {
      case MigrationState::kCopying:
        StepCopy();
        break;
      case MigrationState::kIndexing:
        StepIndexing();
        break;
      case MigrationState::kCatchingUp:
      case MigrationState::kVerifying:
      case MigrationState::kReady:
        StepTowardsCutover(stop);
        break;
      case MigrationState::kReseeding:
        StepReseed();
        break;
      default:
        StepWindow(stop);
    }
  }
  TellReseedError();
  if (IsOver()) return false;
  // A swap that was asked for in time moves the deadline, or is refused.
  if (!IsSwingAsked() && HasWindowEnded()) {
    store_.AddEvent(id_, "the revert window has ended");
    BeginEnd(MigrationState::kCompleting, "expired");
    return false;
  }
  if (Clock::now() >= next_report_) Report();
  return true;
}

bool Conductor::CheckStream() {
  const auto error = stream_->status().error;
  if (!error) return true;
  // First: whoever sees the error is to see that the promise is withdrawn.
  if (!stream_error_told_) Report();
  if (state::IsBeforeCutover(store_.Get(id_).state)) {
    Fail(*error);
    return false;
  }
  if (!stream_error_told_) {
    stream_error_told_ = true;
    const bool lost = error->code() == ErrorCode::kPositionLost || error->hint().empty();
    store_.SetError(id_,
                    state::StoredError{std::string(ErrorCodeName(error->code())), error->message(),
                                       lost ? LostHint(*error) : error->hint()});
    store_.AddEvent(id_, "the stream has stopped: " + error->message());
  }
  if (inspection_->is_open()) {
    inspection_->Abandon("the stream has stopped: " + error->message(), LostHint(*error));
  }
  if (IsSwingAsked()) {
    AnswerSwing(state::StoredError{
        "refused", "the stream has stopped, the other table is not up to date: " + error->message(),
        LostHint(*error)});
  }
  return false;
}

void Conductor::StepWindow(std::stop_token stop) {
  if (distrusted_until_) {
    if (!stream_->status().applied.Covers(*distrusted_until_)) return;
    Trust();
  }
  if (IsSwingAsked()) TrySwing(stop);
}

void Conductor::Trust() {
  distrusted_until_.reset();
  store_.SetError(id_, std::nullopt);
  store_.AddEvent(id_, "the stream has passed the place where it had stopped");
}

void Conductor::ApplySettings(const state::Migration& migration) {
  if (!throttle_) return;
  pace_->Set(migration.settings);
  stream_->Pause(migration.settings.pause_stream || is_building_);
  throttle_->Set(migration.settings);
  ApplyPause(migration);
}

void Conductor::ApplyPause(const state::Migration& migration) {
  const std::string why = store_.GetProgress(id_).pause_reason;
  throttle_->Pause(!migration.paused ? ""
                   : why.empty()     ? "paused by `osc pause`"
                                     : "paused until `osc resume " + id_ + "`: " + why);
}

bool Conductor::HasStepsToHoldBack(const state::Migration& migration) {
  const MigrationState state = migration.state;
  return state == MigrationState::kCopying || state == MigrationState::kIndexing ||
         (state == MigrationState::kReseeding && !is_reseeded_) || inspection_->is_open();
}

void Conductor::PauseAtCriticalLoad() {
  const auto critical = throttle_->TakeCritical();
  const state::Migration migration = store_.Get(id_);
  if (!critical || migration.paused || !HasStepsToHoldBack(migration)) return;
  state::Progress progress = store_.GetProgress(id_);
  progress.pause_reason = *critical;
  store_.SetProgress(id_, progress);
  store_.SetPaused(id_, true);
  spdlog::warn("{} paused: {}", id_, *critical);
  store_.AddEvent(id_, "paused: " + *critical);
  ApplyPause(store_.Get(id_));
}

}  // namespace osc::inverse
