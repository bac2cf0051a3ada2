#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/change_plan.h"
#include "cli/commands.h"
#include "cli/engine.h"
#include "cli/engine_lock.h"
#include "cli/follow.h"
#include "cli/text.h"
#include "src/base/log.h"
#include "src/mysql/connection_json.h"

namespace osc::cli {
namespace {

state::Migration NewMigration(const Context& context, const CheckedChange& change) {
  state::Migration migration;
  migration.server = change.server;
  migration.connection = mysql::SaveConnection(context.options.connection);
  migration.database = change.plan.forward.source.name.database;
  migration.table = change.plan.forward.source.name.name;
  migration.alter = change.plan.alter.clauses;
  migration.settings = context.options.settings;
  migration.notes = ddl::SaveNotes(change.plan.notes);
  migration.require_revertible = context.options.require_revertible;
  migration.revert_defaults = ddl::SaveRevertDefaults(change.plan.revert_defaults);
  return migration;
}

// Live, or as far as it goes by itself. Throws when it has failed.
bool IsThere(const state::Migration& migration) {
  ThrowIfFailed(migration);
  if (migration.state == state::MigrationState::kReady) {
    return migration.settings.postpone_cutover && !migration.cutover_asked;
  }
  return !state::IsBeforeCutover(migration.state) &&
         migration.state != state::MigrationState::kCuttingOver;
}

// The command's result, once the migration IsThere.
void Announce(const Context& context, state::Store& store, const std::string& id) {
  const Snapshot snapshot = TakeSnapshot(store, id, true);
  if (context.out.json()) {
    context.out.Document(MigrationJson(snapshot));
  } else if (snapshot.migration.state == state::MigrationState::kReady) {
    context.out.Line(Printable(snapshot.migration.table) +
                     " is copied and follows every write. To swap: " +
                     CommandLine(context.options, "cutover " + id));
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
    if (!announced && IsThere(now)) {
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
  for (const std::string& caution : Cautions(change.plan)) context.out.Note(caution);

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
  const state::Migration migration = store->Create(NewMigration(context, change));
  context.id = migration.id;
  if (engine) {
    context.out.Note("migration " + migration.id);
    engine->start();
    return RunInForeground(context, interrupt, *store, migration.id);
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
  if (FollowMigration(interrupt, &keeper, *store, migration.id, IsThere) == End::kInterrupted) {
    return Detached(context, *store, migration.id);
  }
  Announce(context, *store, migration.id);
  return kExitDone;
}

}  // namespace osc::cli
