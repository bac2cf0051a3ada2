// The part of Conductor that tells how it goes.
#include <algorithm>

#include "inverse/conductor.h"
#include "inverse/warnings.h"
#include "src/base/log.h"

namespace osc::inverse {

using state::MigrationState;

void Conductor::Report() {
  next_report_ = base::Clock::now() + std::chrono::milliseconds(200);
  const state::Migration migration = store_.Get(id_);
  state::Progress progress = store_.GetProgress(id_);
  progress.note = note_;
  NoteThrottle(migration, &progress);
  const bool reseeding = migration.state == MigrationState::kReseeding && !is_reseeded_;
  if (copier_ && (migration.state == MigrationState::kCopying || reseeding)) {
    const auto copied = copier_->progress(progress.rows_estimated);
    meter_.Note(base::Clock::now(), copied.rows, copied.percent);
    progress.rows_copied = copied.rows;
    progress.percent = copied.percent;
    progress.rows_per_second = meter_.RowsPerSecond();
    progress.eta_seconds = meter_.EtaSeconds();
    if (!copied.retrying.empty()) progress.note = "trying again: " + copied.retrying;
  } else if (copier_ && migration.state != MigrationState::kPreparing) {
    progress.rows_copied = std::max(progress.rows_copied, copier_->progress(0).rows);
    progress.percent = 100;
    progress.rows_per_second = 0;
    progress.eta_seconds.reset();
  }
  progress.stream_running = false;
  progress.stream_direction = "none";
  const bool window = !state::IsBeforeCutover(migration.state) && !IsOver();
  if (tables_.object && !IsOver()) {
    progress.readiness = window ? "ready" : "none";
    progress.percent = 100;
  }
  if (stream_) {
    const auto status = stream_->status();
    progress.stream_running = status.running && !migration.settings.pause_stream;
    progress.stream_direction = shadow::StreamDirection(status.epoch);
    // Of one that could not start the last word stays.
    if (status.applied.gtids || !status.applied.file.empty()) {
      progress.stream_gtid = progress.seen_gtid = status.applied.ToString();
    }
    progress.lag_ms = status.lag.count();
    progress.rows_applied = status.rows_applied;
    if (binlog_watch_) binlog_watch_->Look(status, &progress);
    if (!status.retrying.empty()) progress.note = "trying again: " + status.retrying;
    progress.readiness = window ? "ready" : "none";
    progress.reasons.clear();
    if (window && (status.error || distrusted_until_)) {
      const std::string detail = status.error      ? status.error->message()
                                 : migration.error ? migration.error->message
                                                   : "";
      progress.readiness = "stopped";
      progress.reasons.push_back({"stream_stopped", "", 0, detail});
    } else if (window && migration.settings.pause_stream) {
      progress.readiness = "stopped";
      progress.reasons.push_back(
          {"stream_paused", "", 0,
           "the stream is paused; `osc resume " + id_ + "` goes on with it"});
    } else if (reseeding) {
      progress.readiness = "stopped";
      progress.reasons.push_back({"reseeding", "", 0, "the off-stage table is being rebuilt"});
    } else if (window) {
      readiness_->Look(*stream_, false);
      progress.readiness = readiness_->Verdict();
      progress.reasons = readiness_->reasons();
    }
  }
  store_.SetProgress(id_, progress);
  TellWarnings(migration, progress);
}

void Conductor::NoteThrottle(const state::Migration& migration, state::Progress* progress) {
  const bool has_steps = throttle_ && HasStepsToHoldBack(migration) && !is_building_;
  progress->throttle_reason = has_steps ? throttle_->Reason() : "";
  progress->throttled = !progress->throttle_reason.empty();
  progress->pace.reset();
  if (has_steps && migration.state != MigrationState::kIndexing && !progress->throttled) {
    progress->pace = pace_->status();
  }
  if (!progress->throttled) {
    progress->throttled_since.reset();
  } else if (!progress->throttled_since) {
    progress->throttled_since = std::chrono::system_clock::now();
  }
}

// `osc show` and `osc list` work them out by themselves; the log and the history are told once.
void Conductor::TellWarnings(const state::Migration& migration, const state::Progress& progress) {
  std::set<std::string> kinds;
  for (const Warning& warning : Warnings(migration, progress, std::chrono::system_clock::now())) {
    kinds.insert(warning.kind);
    if (told_warnings_.count(warning.kind) > 0) continue;
    spdlog::warn("{} {}", id_, warning.detail);
    store_.AddEvent(id_, "warning: " + warning.detail);
  }
  told_warnings_ = std::move(kinds);
}

}  // namespace osc::inverse
