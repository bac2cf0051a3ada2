#include "inverse/door.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "inverse/loss_report.h"
#include "shadow/object_swap.h"
#include "shadow/swap_outcome.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"

namespace osc::inverse {
namespace {

using state::MigrationState;

constexpr const char* kNotRecorded = "not recorded: the engine was interrupted";

MigrationState StateWhile(int number) {
  if (number == 1) return MigrationState::kCuttingOver;
  return number % 2 == 0 ? MigrationState::kReverting : MigrationState::kReapplying;
}

}  // namespace

std::string SwapDirection(int number) {
  if (number == 1) return "cutover";
  return number % 2 == 0 ? "revert" : "reapply";
}

shadow::SwapPlan Door::Plan(int number) const {
  return {tables_.id,
          number,
          tables_.live,
          tables_.off_stage,
          tables_.connection,
          store_.Get(tables_.id).settings.cutover_lock_timeout,
          [this] { return store_.Get(tables_.id).settings.force_cutover; },
          [this](const shadow::Blocker& blocker) {
            const std::string text = "ended, for the swap: " + blocker.Describe();
            spdlog::warn("{} {}", tables_.id, text);
            store_.AddEvent(tables_.id, text);
          },
          {}};
}

void Door::Account(const state::Swap& swap) {
  const bool to_new = swap.number % 2 == 1;
  // Before the state, so that whoever sees the new state sees the promise that goes with it.
  state::Progress progress = store_.GetProgress(tables_.id);
  progress.readiness = "ready";
  progress.reasons.clear();
  progress.note.clear();  // nothing is waited for any more
  if (!tables_.object) progress.stream_direction = shadow::StreamDirection(swap.number);
  store_.SetProgress(tables_.id, progress);
  OSC_FAULT_POINT("swing.promised");
  state::Settings settings = store_.Get(tables_.id).settings;
  if (std::exchange(settings.force_cutover, false)) store_.SetSettings(tables_.id, settings);
  const auto expires_at =
      std::chrono::system_clock::now() + store_.Get(tables_.id).settings.retention;
  store_.FinishSwap(tables_.id, swap, to_new ? MigrationState::kLive : MigrationState::kReverted,
                    to_new ? state::LiveTable::kNew : state::LiveTable::kOld, expires_at);
  OSC_FAULT_POINT("swing.finished");
  store_.AddEvent(tables_.id, swap.direction + " done");
}

void Door::Swing(std::stop_token stop, apply::Stream* stream, const SwapTables& swap_tables,
                 const std::filesystem::path& loss_report) {
  const MigrationState before = store_.Get(tables_.id).state;
  const int number = 1 + (stream != nullptr ? stream->status().epoch
                                            : static_cast<int>(store_.Swaps(tables_.id).size()));
  nlohmann::json intent = nlohmann::json::object();
  if (!tables_.object) {
    auto connection = mysql::Connection::Open(tables_.connection);
    intent["off_stage_identity"] = shadow::OffStageIdentity(connection, tables_.id);
  }
  state::Swap swap = store_.RecordSwapIntent(tables_.id, SwapDirection(number), intent.dump());
  if (swap.number != number) {
    store_.DropSwapIntent(tables_.id, swap.number);
    throw Error(ErrorCode::kDiverged, "the stream stands before swap " + std::to_string(number) +
                                          ", the store before swap " + std::to_string(swap.number));
  }
  OSC_FAULT_POINT("swing.intent_recorded");
  store_.SetState(tables_.id, StateWhile(number));
  OSC_FAULT_POINT("swing.begun");
  try {
    shadow::SwapPlan plan = Plan(number);
    std::optional<LossReport> report;
    if (!loss_report.empty()) {
      plan.report_loss = [&](const std::optional<std::string>& line) {
        if (!report) report.emplace(loss_report);
        if (line) return report->Add(*line);
        report->Finish();
        store_.AddEvent(tables_.id, "rows that are changed or left out, as the operator accepts: " +
                                        std::to_string(report->lines()) + ", in " +
                                        loss_report.string());
      };
    }
    const shadow::SwapResult result =
        swap_tables(stop, {&plan, stream, tables_.object ? &tables_ : nullptr});
    swap.lock_ms = result.lock_ms;
    if (stream != nullptr) {
      swap.freeze_point = result.freeze_point.ToString();
    } else {
      NoteCommits();
    }
    swap.at = std::chrono::system_clock::now();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutcomeUnknown) throw;
    OSC_FAULT_POINT("swing.gave_up");
    store_.DropSwapIntent(tables_.id, number);
    OSC_FAULT_POINT("swing.intent_dropped");
    store_.SetState(tables_.id, before);
    throw;
  }
  OSC_FAULT_POINT("swing.swapped");
  Account(swap);
  OSC_FAULT_POINT("swing.accounted");
  spdlog::info("{} {} done, lock held {:.1f} ms", tables_.id, swap.direction, swap.lock_ms);
}

// The state between two swaps, for one that was interrupted or given up.
void Door::Rest() {
  const MigrationState state = store_.Get(tables_.id).state;
  if (state != MigrationState::kCuttingOver && state != MigrationState::kReverting &&
      state != MigrationState::kReapplying) {
    return;
  }
  const size_t done = store_.Swaps(tables_.id).size();
  MigrationState rest = MigrationState::kCatchingUp;
  if (done > 0) rest = done % 2 == 1 ? MigrationState::kLive : MigrationState::kReverted;
  store_.SetState(tables_.id, rest);
}

// Whoever takes over from this server is to have them.
void Door::NoteCommits() {
  auto connection = mysql::Connection::Open(tables_.connection);
  state::Progress progress = store_.GetProgress(tables_.id);
  progress.seen_gtid = binlog::CurrentGtidPosition(connection).ToString();
  store_.SetProgress(tables_.id, progress);
}

bool Door::DidHappen(std::stop_token stop, const state::Swap& swap) {
  auto connection = mysql::Connection::Open(tables_.connection);
  if (tables_.object) {
    return shadow::StandsNewObject(stop, connection, Plan(swap.number), tables_) ==
           (swap.number % 2 == 1);
  }
  const std::string identity = nlohmann::json::parse(swap.intent).at("off_stage_identity");
  return shadow::DidSwapHappen(stop, connection, Plan(swap.number), identity);
}

// By the parity: more cannot be told from where the objects stand.
int Door::AgreeOnObject(std::stop_token stop) {
  if (shadow::ChangesNothing(tables_)) return 0;
  const int next = static_cast<int>(store_.Swaps(tables_.id).size()) + 1;
  auto swap = store_.OpenSwap(tables_.id);
  if (!swap) swap = store_.RecordSwapIntent(tables_.id, SwapDirection(next), "{}");
  if (!DidHappen(stop, *swap)) {
    store_.DropSwapIntent(tables_.id, swap->number);
    Rest();
    return 0;
  }
  swap->at = std::chrono::system_clock::now();
  swap->freeze_point = kNotRecorded;
  Account(*swap);
  return 1;
}

int Door::AgreeWithServer(std::stop_token stop) {
  if (tables_.object) return AgreeOnObject(stop);
  auto connection = mysql::Connection::Open(tables_.connection);
  const int known = static_cast<int>(store_.Swaps(tables_.id).size());
  int done = 0;
  while (shadow::DoesBinlogHoldSwap(stop, connection, Plan(done + 1))) {
    if (++done <= known) continue;
    auto swap = store_.OpenSwap(tables_.id);
    if (!swap) swap = store_.RecordSwapIntent(tables_.id, SwapDirection(done), "{}");
    swap->at = std::chrono::system_clock::now();
    swap->freeze_point = kNotRecorded;
    Account(*swap);
  }
  if (done < known) TakeBack(done);
  return done - known;
}

void Door::TakeBack(int swaps_left) {
  const auto swaps = store_.Swaps(tables_.id);
  MigrationState state = MigrationState::kCatchingUp;
  if (swaps_left > 0) {
    state = swaps_left % 2 == 1 ? MigrationState::kLive : MigrationState::kReverted;
  }
  std::optional<state::Time> expires_at;
  if (swaps_left > 0) {
    expires_at = std::chrono::system_clock::now() + store_.Get(tables_.id).settings.retention;
  }
  store_.TakeBackSwaps(tables_.id, swaps_left, state,
                       swaps_left % 2 == 1 ? state::LiveTable::kNew : state::LiveTable::kOld,
                       expires_at);
  for (size_t i = swaps.size(); i > static_cast<size_t>(swaps_left); --i) {
    const std::string text = "the " + swaps[i - 1].direction + " (swap " + std::to_string(i) +
                             ") is lost: the server does not have it";
    spdlog::warn("{} {}", tables_.id, text);
    store_.AddEvent(tables_.id, text);
  }
}

bool Door::Settle(std::stop_token stop) {
  auto swap = store_.OpenSwap(tables_.id);
  if (!swap) {
    Rest();
    return false;
  }
  if (DidHappen(stop, *swap)) {
    swap->at = std::chrono::system_clock::now();
    if (swap->freeze_point.empty()) swap->freeze_point = kNotRecorded;
    OSC_FAULT_POINT("settle.happened");
    Account(*swap);
    return true;
  }
  OSC_FAULT_POINT("settle.not_happened");
  store_.DropSwapIntent(tables_.id, swap->number);
  OSC_FAULT_POINT("settle.intent_dropped");
  Rest();
  return false;
}

}  // namespace osc::inverse
