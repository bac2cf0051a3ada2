// The part of Conductor that copies anew what the stream can no longer follow: before the cutover
// all of it, after it the off-stage table.
#include "inverse/conductor.h"
#include "inverse/takeover.h"
#include "shadow/reseed.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"

namespace osc::inverse {

using state::MigrationState;

// How long a row that another one kept from its place may take to get there.
constexpr std::chrono::milliseconds kMending{600};

// Throws kRefused with nothing changed. From now on, also after a crash, Begin() starts from
// nothing.
void Conductor::CopyAnew(MigrationState state) {
  // Before the cutover the tables are made anew, but nobody knows what another server has made of
  // them.
  const std::string server = tables_.connection.expected_server;
  if (state == MigrationState::kReseeding || server != tables_.server_identity) {
    shadow::CheckReseed(tables_, static_cast<int>(store_.Swaps(id_).size()));
  }
  if (swing_intent_) {
    AnswerSwing(state::StoredError{"refused", "the off-stage table is being filled anew",
                                   "osc watch " + id_ + " shows when it is"});
  }
  StopWork();
  if (server != tables_.server_identity) {
    Takeover(store_, tables_).Leave();
    if (const auto open = store_.OpenSwap(id_)) store_.DropSwapIntent(id_, open->number);
    store_.AddEvent(id_, "another server answers, and is taken for the one to work on: " + server);
  }
  state::Progress progress = store_.GetProgress(id_);
  ++progress.copy_number;
  progress.rows_copied = 0;
  progress.percent = 0;
  progress.stream_current_at.reset();
  progress.readiness = state == MigrationState::kReseeding ? "stopped" : "none";
  progress.reasons.clear();
  store_.SetProgress(id_, progress);
  store_.MakeVerificationStale(id_, "the off-stage table has been filled anew since");
  OSC_FAULT_POINT("reseed.asked");
  store_.CopyAnew(id_, state, server);
  OSC_FAULT_POINT("reseed.decided");
  LoadTables();
  distrusted_until_.reset();
  index_from_.reset();
  copied_at_.reset();
  snapshots_.reset();
  note_.clear();
}

void Conductor::PrepareReseed() {
  const auto copy = store_.GetCopyState(id_);
  if (copy.all_handed_out || copy.next_number > 1) return;
  const state::Migration migration = store_.Get(id_);
  shadow::PrepareReseed(tables_, migration.seeded_epoch, migration.settings.apply_lanes);
}

void Conductor::StepReseed() {
  if (!HasCopyEnded()) return;
  if (copy_error_) reseed_error_ = std::exchange(copy_error_, std::nullopt);
  if (reseed_error_) return;
  if (!copied_at_) caught_up_at_.reset();
  NoteCopied();
  if (!stream_->status().applied.Covers(*copied_at_)) {
    note_ = "waiting for the stream to catch up";
    return;
  }
  const auto now = base::Clock::now();
  if (!caught_up_at_) caught_up_at_ = now;
  if (stream_->quarantine()->exists() && now < *caught_up_at_ + kMending) return;
  if (WaitsForSnapshots()) return;
  shadow::FinishReseed(tables_);
  OSC_FAULT_POINT("reseed.finished");
  note_.clear();
  is_reseeded_ = true;
  if (distrusted_until_) Trust();
  store_.AddEvent(id_, "the off-stage table is rebuilt");
  Report();  // first: whoever sees the state is to see the promise that goes with it
  store_.SetState(
      id_, store_.Swaps(id_).size() % 2 == 1 ? MigrationState::kLive : MigrationState::kReverted);
  OSC_FAULT_POINT("reseed.ended");
}

// The window stays open for another try, and for `complete`.
void Conductor::TellReseedError() {
  if (!reseed_error_ || reseed_error_told_) return;
  reseed_error_told_ = true;
  spdlog::error("{} the off-stage table cannot be rebuilt: {}", id_, reseed_error_->message());
  store_.AddEvent(id_, "the off-stage table cannot be rebuilt: " + reseed_error_->message());
  store_.SetError(
      id_, state::StoredError{std::string(ErrorCodeName(reseed_error_->code())),
                              "the off-stage table cannot be rebuilt: " + reseed_error_->message(),
                              LostHint(*reseed_error_)});
}

std::string Conductor::LostHint(const Error& error) {
  const std::string cause = error.hint().empty() ? "" : error.hint() + "; ";
  if (state::IsBeforeCutover(store_.Get(id_).state)) {
    return cause + "`osc resume " + id_ +
           "` tries again, with --restart-copy it copies anew; `osc cancel " + id_ +
           "` gives it up; both tables are kept";
  }
  const std::string lost = LostColumns();
  return cause + "`osc reseed " + id_ + "` rebuilds the off-stage table from the live one" +
         (lost.empty() ? "" : " (what only it has is lost: " + lost + ")") + "; `osc complete " +
         id_ + "` gives it up; both tables are kept";
}

std::string Conductor::LostColumns() {
  std::string lost;
  const int swaps = static_cast<int>(store_.Swaps(id_).size());
  for (const std::string& column : shadow::LostColumns(tables_, swaps)) {
    lost += (lost.empty() ? "" : ", ") + column;
  }
  return lost;
}

// Once started, a stream takes a while to find out that it cannot go on. Other errors than its own
// do not withdraw the promise.
bool Conductor::HadStopped() {
  return store_.Get(id_).error && store_.GetProgress(id_).readiness == "stopped";
}

void Conductor::RequireStopped(bool accept_loss) {
  if (accept_loss || store_.Get(id_).state == MigrationState::kReseeding) return;
  const std::string lost = LostColumns();
  if (lost.empty() || HadStopped() || (stream_ && stream_->status().error)) return;
  throw Error(
      ErrorCode::kRefused,
      "the stream runs, and to rebuild the off-stage table would lose what only it has: " + lost,
      "osc reseed " + id_ + " --accept-loss does it all the same");
}

}  // namespace osc::inverse
