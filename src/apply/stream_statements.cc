// The part of Stream that deals with what the binlog has as text: the swap, TRUNCATE, foreign DDL.
// And with what is done while all lanes stand still.
#include <algorithm>

#include "src/apply/accepted_loss.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"
#include "src/mysql/statement_tables.h"
#include "src/mysql/triggers.h"

namespace osc::apply {
namespace {

// How often, and at most how many, rows are tried again that another row keeps from their place.
constexpr base::Clock::duration kReleaseInterval = std::chrono::milliseconds(200);
constexpr int kMostReleased = 500;

}  // namespace

void Stream::HandleStatement(std::stop_token stop, const binlog::Transaction& transaction) {
  const mysql::StatementEffect effect =
      mysql::ClassifyStatement(transaction.statement, transaction.schema);
  for (const std::string& marker : effect.markers) {
    if (!marker.starts_with(Marker(options_.id, ""))) continue;
    const std::string swap = Marker(options_.id, "swap:");
    if (marker.starts_with(swap)) PassSwap(stop, std::atoi(marker.c_str() + swap.size()));
    return;
  }
  if (effect.temporary) return;
  bool on_live = false;
  bool on_off_stage = false;
  for (const mysql::TableName& table : effect.tables) {
    const bool whole_database = table.name.empty();
    if (table.database != options_.live.database) continue;
    on_live = on_live || whole_database || table.name == options_.live.name;
    on_off_stage = on_off_stage || whole_database || table.name == options_.off_stage.name;
  }
  if (!on_live && !on_off_stage) return;
  using Kind = mysql::StatementKind;
  if (effect.kind == Kind::kTruncateTable && on_live) return Truncate(stop);
  // What it does to rows is in their images; a swap takes it along.
  if (effect.kind == Kind::kCreateTrigger && !on_off_stage) return;
  // The name exists, so that CREATE can only have been one that did nothing (IF NOT EXISTS).
  if (effect.kind == Kind::kCreateTable || effect.kind == Kind::kOther) return;
  const std::string text = transaction.statement.substr(0, 200);
  if (effect.kind == Kind::kDml) {
    throw Error(ErrorCode::kDiverged,
                "a session wrote " + mysql::Quote(options_.live) +
                    " in statement format, which cannot be carried over: " + text,
                "every session must use binlog_format=ROW");
  }
  throw Error(ErrorCode::kDiverged,
              "somebody else changed " +
                  mysql::Quote(on_live ? options_.live : options_.off_stage) + ": " + text,
              "both tables are kept as they are");
}

void Stream::Truncate(std::stop_token stop) {
  // DDL cannot commit with the checkpoint. Doing it twice is harmless: no row that came after it in
  // the binlog can have been applied before the checkpoint has passed it.
  WaitForAllLanes(stop);
  for (const LaneCheckpoint& lane : lane_start_) {
    if (lane.position.Covers(read_)) return;
  }
  HoldDuringSwap(stop);
  if (observer_) {
    noted_number_ = next_number_;  // what Dispatch() will give it
    observer_->NoteAll(stop);
  }
  const std::string truncate = "TRUNCATE TABLE " + mysql::Quote(options_.off_stage) + " /* " +
                               Marker(options_.id, "truncate") + " */";
  const CheckpointUpdate advance = checkpoint_.SetAllLanes(read_.Encode(), epoch_);
  RunOnOwnConnection(stop, [&](mysql::Connection& connection) {
    checkpoint_.RequireOwned(connection);
    connection.Execute(truncate);
    OSC_FAULT_POINT("apply.truncated");
    connection.Execute("BEGIN");
    Quarantine* const unfit = direction().quarantine;
    DefaultedRows* const defaulted = direction().defaulted;
    if (unfit != nullptr) {
      unfit->Clear(connection);
      if (defaulted != nullptr) defaulted->Clear(connection);
    }
    advance.Run(connection);
    connection.Execute("COMMIT");
    OSC_FAULT_POINT("apply.truncate_recorded");
    if (unfit != nullptr) {
      unfit->NoteCommit();
      if (defaulted != nullptr) defaulted->NoteCommit();
    }
  });
}

// A row that only another one kept from its place can have it once that one has been changed or
// deleted, without a change of its own.
void Stream::ReleaseDuplicates(std::stop_token stop) {
  Quarantine* const unfit = direction().quarantine;
  const auto now = base::Clock::now();
  if (unfit == nullptr || !unfit->exists() || !rows_since_release_ || now < next_release_ ||
      swap_phase_ != SwapPhase::kNone) {
    return;
  }
  // Asked first: what a lane has not committed is not seen yet, and has to be looked for again.
  rows_since_release_ = !AreLanesIdle();
  RunOnOwnConnection(stop, [&](mysql::Connection& connection) {
    if (!unfit->HasDuplicates(connection)) return;
    rows_since_release_ = false;
    WaitForAllLanes(stop);
    connection.Execute("BEGIN");
    const bool went_round = unfit->ReleaseDuplicates(connection, kMostReleased, IsSeeded());
    OSC_FAULT_POINT("apply.duplicates_released");
    connection.Execute("COMMIT");
    unfit->NoteCommit();
    if (!went_round) rows_since_release_ = true;
  });
  // Lanes that find nothing to do meanwhile are to be the exception.
  constexpr int kShare = 5;
  next_release_ = now + std::max(kReleaseInterval, kShare * (base::Clock::now() - now));
}

void Stream::PassSwap(std::stop_token stop, int number) {
  if (number <= epoch_) return;  // replayed after a restart
  if (number != epoch_ + 1) {
    throw Error(ErrorCode::kDiverged, "the binlog holds swap " + std::to_string(number) +
                                          " where swap " + std::to_string(epoch_ + 1) +
                                          " was expected");
  }
  WaitForAllLanes(stop);
  OSC_FAULT_POINT("apply.before_turn");
  RunOnOwnConnection(stop, [&](mysql::Connection& connection) {
    checkpoint_.RequireOwned(connection);
    DropTriggers(connection);
    Quarantine* const unfit = direction().quarantine;
    const RowMapping& back = number % 2 == 1 ? options_.inverse : options_.forward;
    // An accepted loss changes rows, maybe their keys, that no event of theirs tells of.
    if (observer_ && unfit != nullptr && unfit->exists() && unfit->Count(connection) > 0) {
      noted_number_ = next_number_;  // what Dispatch() will give it
      observer_->NoteAll(stop);
    }
    connection.Execute("BEGIN");
    if (unfit != nullptr) {
      SettleLoss(connection, *unfit, back);
      // They are the live rows now.
      if (direction().defaulted != nullptr) direction().defaulted->Clear(connection);
    }
    checkpoint_.SetAllLanes(read_.Encode(), number).Run(connection);
    OSC_FAULT_POINT("apply.turn_written");
    connection.Execute("COMMIT");
    if (unfit != nullptr) unfit->NoteCommit();
  });
  OSC_FAULT_POINT("apply.after_turn");
  value_holders_.clear();
  const std::lock_guard lock(mutex_);
  swap_phase_ = SwapPhase::kNone;
  epoch_ = number;
}

void Stream::DropTriggers(mysql::Connection& connection) {
  if (!mysql::DropTriggers(connection, options_.off_stage, Marker(options_.id, "trigger"))) return;
  OSC_FAULT_POINT("apply.triggers_dropped");
}

// The stream may have met the swap in the binlog before its session got the answer.
void Stream::ConfirmSwap(int number) {
  const std::lock_guard lock(mutex_);
  if (epoch_ < number) swap_phase_ = SwapPhase::kDone;
}

}  // namespace osc::apply
