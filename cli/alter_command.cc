#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/change_plan.h"
#include "cli/commands.h"
#include "cli/engine.h"
#include "cli/engine_lock.h"
#include "cli/follow.h"
#include "cli/migration_run.h"
#include "cli/text.h"
#include "src/base/log.h"

namespace osc::cli {
namespace {

std::string InstantMessage(const Snapshot& snapshot) {
  std::string text = Printable(snapshot.migration.table) +
                     " has the new definition: the server made the change itself, instantly";
  if (!snapshot.swaps.empty()) {
    text += " (writes waited " +
            FormatMillis(static_cast<int64_t>(snapshot.swaps.back().lock_ms + 0.5)) + " at most)";
  }
  return text + ". It cannot be taken back";
}

// Why the choice fell on osc's own way, where it was left to the engine.
void TellChoice(const Context& context, const Snapshot& snapshot) {
  if (context.options.settings.algorithm != state::Algorithm::kAuto) return;
  for (const state::Event& event : snapshot.events) {
    if (event.text.starts_with("auto: ")) context.out.Note(Printable(event.text));
  }
}

// The command's result, once the migration IsThere.
void Announce(const Context& context, state::Store& store, const std::string& id) {
  const Snapshot snapshot = TakeSnapshot(store, id, true);
  TellChoice(context, snapshot);
  if (context.out.json()) {
    context.out.Document(MigrationJson(snapshot));
  } else if (snapshot.migration.state == state::MigrationState::kReady) {
    context.out.Line(Printable(snapshot.migration.table) +
                     " is copied and follows every write. To swap: " +
                     CommandLine(context.options, "cutover " + id));
  } else if (state::IsDoneByServer(snapshot.migration)) {
    context.out.Line(InstantMessage(snapshot));
  } else {
    context.out.Line(SwapMessage(context.options, snapshot));
  }
}

int RunInForeground(Context& context, Interrupt& interrupt, state::Store& store,
                    const std::string& id) {
  context.stage = Stage::kPreflight;
  bool announced = false;
  const End end = FollowMigration(interrupt, nullptr, store, id, [&](const state::Migration& now) {
    if (state::IsFinal(now.state) && announced) return true;
    if (!announced) ThrowIfDifferent(context, store, id);
    if (!announced && IsThere(now, Until::kLive)) {
      Announce(context, store, id);
      if (!context.out.json() && !state::IsFinal(now.state)) {
        context.out.Note("this process keeps the stream running; Ctrl-C ends it, and " +
                         CommandLine(context.options, "serve") + " goes on from there");
      }
      announced = true;
    }
    return announced && state::IsFinal(now.state);
  });
  if (end == End::kReached) return kExitDone;
  context.out.Note("stopped. The migration goes on where it is when an engine runs: " +
                   CommandLine(context.options, "serve"));
  if (context.out.json() && !announced) {
    context.out.Document(MigrationJson(TakeSnapshot(store, id, false)));
  }
  return announced ? kExitDone : kExitDetached;
}

}  // namespace

int RunAlter(Context& context) {
  if (context.options.dry_run) return RunPlan(context);
  const Options& options = context.options;
  std::optional<state::Store> store(state::Store::Open(options.state_directory));
  if (options.foreground) {
    if (const auto pid = FindEngine(options.state_directory)) {
      throw Error(ErrorCode::kRefused,
                  "an engine (process " + *pid + ") serves " + options.state_directory.string() +
                      " already",
                  "leave out --foreground to use it, or name another --state-dir");
    }
  }
  const CheckedChange change = CheckChange(context, store);
  TellCautions(context, change);

  // From here on a Ctrl-C detaches. In the foreground it stops the engine, whose threads are made
  // after this and so never see the signal.
  Interrupt interrupt;
  std::optional<Engine> engine;
  EngineKeeper keeper(options);
  if (options.foreground) {
    std::signal(SIGPIPE, SIG_IGN);
    base::SetUpLog((options.state_directory / "engine.log").string(), options.log_level);
    engine.emplace(options.state_directory, std::nullopt);
  }
  if (!engine) {
    context.stage = Stage::kEngine;
    keeper.Ensure();  // first: without an engine nothing is left in the store
    context.stage = Stage::kPreflight;
  }
  const state::Migration migration = store->Create(NewMigration(context.options, change));
  context.id = migration.id;
  if (engine) {
    context.out.Note("migration " + migration.id);
    engine->start();
    const int exit_code = RunInForeground(context, interrupt, *store, migration.id);
    engine->Stop(interrupt, exit_code);
    return exit_code;
  }

  context.stage = Stage::kEngine;
  keeper.Ensure();  // it may have ended, being idle, just before it could see the migration
  if (options.detach) {
    context.out.Line(migration.id);
    if (context.out.json()) {
      context.out.Document(MigrationJson(TakeSnapshot(*store, migration.id, true)));
    }
    return kExitDone;
  }
  context.out.Note("migration " + migration.id + "; Ctrl-C detaches, the migration goes on");
  context.stage = Stage::kPreflight;  // the engine looks again at what preflight looked at
  if (FollowUntilThere(context, interrupt, keeper, *store, migration.id, Until::kLive) ==
      End::kInterrupted) {
    return Detached(context, *store, migration.id);
  }
  Announce(context, *store, migration.id);
  return kExitDone;
}

}  // namespace osc::cli
