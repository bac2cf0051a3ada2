// The part of Conductor that has the rows copied, and the indexes built behind them.
#include "inverse/conductor.h"
#include "shadow/deferred_indexes.h"
#include "src/base/fault_point.h"
#include "src/base/retry.h"

namespace osc::inverse {

using state::MigrationState;

void Conductor::StartCopying(std::function<void(std::stop_token)> work) {
  copy_ended_ = false;
  copy_error_.reset();
  copy_thread_ = std::jthread([this, work = std::move(work)](std::stop_token stop) {
    try {
      work(stop);
    } catch (const Error& error) {
      copy_error_ = error;
    } catch (const std::exception& error) {
      copy_error_ = Error(ErrorCode::kInternal, error.what());
    }
    copy_ended_ = true;
  });
}

bool Conductor::HasCopyEnded() {
  if (!copy_ended_) return false;
  copy_thread_ = {};
  if (copy_error_ &&
      (copy_error_->code() == ErrorCode::kCancelled || base::IsRetryable(copy_error_->code()))) {
    throw *copy_error_;
  }
  return true;
}

void Conductor::StepCopy() {
  if (!HasCopyEnded()) return;
  if (copy_error_) {
    Fail(*copy_error_);
    return;
  }
  OSC_FAULT_POINT("copy.ended");
  Report();
  store_.SetState(id_, AfterCopy());
  OSC_FAULT_POINT("copy.recorded");
  store_.AddEvent(id_, "all rows are copied");
}

MigrationState Conductor::AfterCopy() {
  auto connection = mysql::Connection::Open(tables_.connection);
  return shadow::MissingKeys(connection, tables_).empty() ? MigrationState::kCatchingUp
                                                          : MigrationState::kIndexing;
}

void Conductor::StepIndexing() {
  if (copy_thread_.joinable()) {
    if (!HasCopyEnded()) return;
    note_.clear();
    is_building_ = false;
    ApplySettings(store_.Get(id_));
    Report();
    if (copy_error_) {
      Fail(*copy_error_);
      return;
    }
    store_.SetState(id_, MigrationState::kCatchingUp);
    OSC_FAULT_POINT("index.recorded");
    store_.AddEvent(id_, "all indexes are built");
    return;
  }
  // Before, a unique value may stand on two rows: the one that had it and the one that got it.
  if (!index_from_) {
    auto connection = mysql::Connection::Open(tables_.connection);
    index_from_ = binlog::CurrentGtidPosition(connection);
  }
  if (!stream_->status().applied.Covers(*index_from_)) {
    note_ = "waiting for the stream to catch up before indexes are built";
    return;
  }
  if (!is_building_) {
    note_ = throttle_->Reason();
    if (!note_.empty()) return;
    note_ = "building indexes; the stream waits until they are built";
    is_building_ = true;
    stream_->Pause(true);
  }
  // What it still wrote would wait for the lock of the build, and be told as a conflict.
  if (!stream_->IsStill()) return;
  StartCopying([this, gently = pace_->IsShared()](std::stop_token stop) {
    shadow::BuildMissingKeys(stop, tables_, gently);
  });
}

}  // namespace osc::inverse
