// The part of Conductor that ends a migration and drops what it has kept on the server.
#include <string>
#include <utility>

#include "inverse/conductor.h"
#include "shadow/object_swap.h"
#include "shadow/off_stage.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/retry.h"

namespace osc::inverse {
namespace {

using base::Clock;
using state::MigrationState;
using std::chrono::milliseconds;

// A session that reads the off-stage table for minutes has to wait for none of the attempts longer
// than one of them takes.
constexpr base::RetryPolicy kDropPolicy{.first_delay = milliseconds(1000),
                                        .longest_delay = milliseconds(60000)};

constexpr std::chrono::seconds kClockInterval{5};

std::string CommandOf(MigrationState end) {
  return end == MigrationState::kCompleted ? "complete" : "cancel";
}

}  // namespace

bool Conductor::IsOver() {
  const MigrationState state = store_.Get(id_).state;
  return state::IsFinal(state) || state::IsEnding(state);
}

// What the end drops does not come back when a clock that went wrong is mended.
bool Conductor::HasWindowEnded() {
  const auto expires_at = store_.Get(id_).expires_at;
  const auto now = std::chrono::system_clock::now();
  if (!expires_at || now < *expires_at || Clock::now() < next_clock_look_) return false;
  next_clock_look_ = Clock::now() + kClockInterval;
  auto connection = mysql::Connection::Open(tables_.connection);
  const state::Time servers{std::chrono::seconds(
      std::stoll(connection.QueryValue("SELECT UNIX_TIMESTAMP()").value_or("0")))};
  if (servers >= std::chrono::floor<std::chrono::seconds>(*expires_at)) return true;
  if (!std::exchange(clocks_told_, true)) {
    const std::string text = "the revert window would have ended by this machine's clock, " +
                             base::FormatTime(now) + ", but not by the server's, " +
                             base::FormatTime(servers) + ": it stays open until both say so";
    spdlog::warn("{} {}", id_, text);
    store_.AddEvent(id_, text);
  }
  return false;
}

void Conductor::BeginEnd(MigrationState state, const std::string& readiness) {
  StopWork();
  state::Progress progress = store_.GetProgress(id_);
  progress.readiness = readiness;
  progress.reasons.clear();
  progress.note.clear();
  note_.clear();
  store_.SetProgress(id_, progress);
  store_.SetExpiry(id_, std::nullopt);
  OSC_FAULT_POINT("end.before_decision");
  store_.SetState(id_, state);
  OSC_FAULT_POINT("end.decided");
}

void Conductor::Fail(const Error& error) {
  if (inspection_ && inspection_->is_open()) {
    inspection_->Abandon(error.message(), error.code() == ErrorCode::kPositionLost
                                              ? LostHint(error)
                                              : "osc show " + id_ + " tells what has happened");
  }
  StopWork();
  if (error.code() == ErrorCode::kPositionLost) {  // a copy from the beginning mends it
    state::Progress progress = store_.GetProgress(id_);
    progress.readiness = "stopped";
    progress.reasons = {{"stream_stopped", "", 0, error.message()}};
    store_.SetProgress(id_, progress);
    store_.AddEvent(id_, "the stream has stopped: " + error.message());
    throw Error(error.code(), error.message(), LostHint(error));
  }
  // A person has to look at tables that are not what they should be.
  const bool keep_tables = error.code() == ErrorCode::kDiverged;
  state::StoredError stored{std::string(ErrorCodeName(error.code())), error.message(),
                            error.hint()};
  if (stored.hint.empty()) {
    stored.hint = keep_tables ? "look at both tables; the off-stage table " +
                                    mysql::Quote(tables_.off_stage) + " is kept"
                              : "the original table is untouched; mend the cause and run it again";
  }
  store_.AddEvent(id_, "failed: " + error.message());
  spdlog::error("{} failed: {}", id_, error.message());
  note_.clear();
  OSC_FAULT_POINT("fail.before_decision");
  store_.SetFailed(id_, keep_tables ? MigrationState::kFailed : MigrationState::kFailing, stored);
  OSC_FAULT_POINT("fail.decided");
  Report();
}

void Conductor::FinishEnd(std::stop_token stop) {
  const state::Migration migration = store_.Get(id_);
  if (!state::IsEnding(migration.state)) return;
  StopWork();
  Report();
  OSC_FAULT_POINT("end.begun");
  const bool completes = migration.state == MigrationState::kCompleting;
  const bool keep = completes && migration.keep_table;
  for (int attempt = 1;; ++attempt) {
    try {
      if (!tables_.object) {
        shadow::DropArtefacts(tables_.connection, id_, tables_.live, tables_.off_stage, keep);
      } else if (completes || tables_.object->creates()) {  // before it nothing else has been made
        shadow::DropObject(tables_, keep);
      }
      break;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRetryable) throw;
      WaitBeforeDrop(stop, error, attempt);
    }
  }
  if (migration.state == MigrationState::kCompleting) {
    OSC_FAULT_POINT("complete.dropped");
  } else {
    OSC_FAULT_POINT("cancel.dropped");
  }
  note_.clear();
  Report();
  const MigrationState end = state::EndOf(migration.state);
  if (end != MigrationState::kFailed) store_.AddEvent(id_, std::string(state::StateName(end)));
  OSC_FAULT_POINT("end.before_final");
  store_.End(id_, end, CommandOf(end));
  OSC_FAULT_POINT("end.final");
}

void Conductor::WaitBeforeDrop(std::stop_token stop, const Error& error, int attempt) {
  const auto delay = base::BackoffDelay(kDropPolicy, attempt);
  note_ = "attempt " + std::to_string(attempt) + " to drop a table gave up: " + error.message() +
          "; next in " + base::FormatDuration(std::chrono::ceil<std::chrono::seconds>(delay));
  spdlog::warn("{} {}", id_, note_);
  if (attempt == 1) store_.AddEvent(id_, note_);
  Report();
  const auto until = Clock::now() + delay;
  HandleIntents(stop);
  while (Clock::now() < until) {
    base::SleepFor(stop, milliseconds(20));
    base::ThrowIfStopped(stop);
    claim_->Check();
    if (store_.HasChanged()) HandleIntents(stop);
  }
}

}  // namespace osc::inverse
