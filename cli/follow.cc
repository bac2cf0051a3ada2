#include "cli/follow.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/engine_lock.h"
#include "cli/text.h"

namespace osc::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
constexpr milliseconds kPoll{10};
constexpr milliseconds kRefresh{200};
constexpr milliseconds kEngineCheck{500};

}  // namespace

End Follow(Interrupt& interrupt, EngineKeeper* keeper, state::Store& store,
           const std::function<bool()>& step) {
  Clock::time_point stepped{};
  Clock::time_point checked = Clock::now();
  while (true) {
    const bool changed = store.HasChanged();
    if (changed || Clock::now() - stepped >= kRefresh) {
      if (step()) return End::kReached;
      stepped = Clock::now();
    }
    if (keeper && Clock::now() - checked >= kEngineCheck) {
      keeper->Check();
      checked = Clock::now();
    }
    if (interrupt.Wait(kPoll)) return End::kInterrupted;
  }
}

End FollowMigration(Interrupt& interrupt, EngineKeeper* keeper, state::Store& store,
                    const std::string& id,
                    const std::function<bool(const state::Migration&)>& reached) {
  ProgressView view(STDERR_FILENO);
  const End end = Follow(interrupt, keeper, store, [&] {
    const state::Migration migration = store.Get(id);
    view.Show({{migration, store.GetProgress(id), store.GetVerification(id)}});
    return reached(migration);
  });
  view.Finish();
  return end;
}

Error AsError(const state::Migration& migration, const state::StoredError& error) {
  return Error(ParseErrorCode(error.code), migration.table + ": " + error.message, error.hint);
}

void ThrowIfFailed(const state::Migration& migration) {
  if (migration.state == state::MigrationState::kFailing) return;  // not yet
  if (migration.state == state::MigrationState::kCancelled) {
    throw Error(ErrorCode::kCancelled, "migration " + migration.id + " was cancelled",
                migration.table + " is as it was");
  }
  if (migration.error) throw AsError(migration, *migration.error);
  if (migration.state == state::MigrationState::kFailed) {
    throw Error(ErrorCode::kInternal, "migration " + migration.id + " has failed",
                "osc show " + migration.id + " has its history");
  }
}

void ThrowIfDifferent(Context& context, state::Store& store, const std::string& id) {
  const state::Verification found = store.GetVerification(id);
  if (found.state != state::VerifyState::kFailed) return;
  const uint64_t count = found.counts.differences();
  if (count == 0) {
    throw Error(ErrorCode::kInternal, "the verification failed: " + found.note,
                "osc verify " + id + " tries again");
  }
  constexpr size_t kMostNamed = 20;
  std::string message = "the verification found " + FormatRows(count) +
                        (count == 1 ? " that differs:" : " that differ:");
  const std::vector<state::Difference> differences = store.Differences(id);
  size_t named = 0;
  for (const state::Difference& difference : differences) {
    if (difference.kind == "quarantined" || difference.repaired || ++named > kMostNamed) continue;
    message += "\n  " + DifferenceText(difference);
  }
  if (!found.note.empty()) message += "\n  " + found.note;
  context.stage = Stage::kVerdict;
  throw Error(ErrorCode::kDiverged, message,
              "`osc show " + id + " --json` has up to 100 of them; osc verify " + id +
                  " looks again, with --repair it mends the off-stage table; before the cutover "
                  "osc cancel " +
                  id + " gives the migration up");
}

int Detached(const Context& context, state::Store& store, const std::string& id) {
  context.out.Note("detached; the migration goes on. To watch it again: " +
                   CommandLine(context.options, "watch " + id));
  if (context.out.json()) {
    const bool engine = FindEngine(context.options.state_directory).has_value();
    context.out.Document(MigrationJson(TakeSnapshot(store, id, engine)));
  }
  return kExitDetached;
}

std::string SwapMessage(const Options& options, const Snapshot& snapshot) {
  const state::Migration& migration = snapshot.migration;
  const bool on_new = migration.live == state::LiveTable::kNew;
  const std::string command =
      CommandLine(options, (on_new ? "revert " : "reapply ") + migration.id);
  std::string text =
      Printable(migration.table) +
      (!migration.object.empty()
           ? (on_new ? ": done: " : ": taken back: ") + Printable(migration.alter)
           : (on_new ? " is live on the new definition" : " is back on the old definition"));
  if (!snapshot.companions.empty()) {
    text += ", in one step with " + Printable(CompanionsText(snapshot));
  }
  if (!snapshot.swaps.empty()) {
    text += " (writes waited " +
            FormatMillis(static_cast<int64_t>(snapshot.swaps.back().lock_ms + 0.5)) + ")";
  }
  text += std::string(". To ") + (on_new ? "take it back: " : "go forward again: ") + command;
  if (migration.expires_at) text += " (until " + FormatMinute(*migration.expires_at) + ")";
  return text;
}

}  // namespace osc::cli
