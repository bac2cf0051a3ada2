#include "cli/migration_run.h"

#include "src/mysql/connection_json.h"

namespace osc::cli {

namespace {

// What only osc's own way gives, where the choice is left to osc.
std::optional<std::string> WhyOwnWay(const Options& options) {
  if (options.settings.algorithm != state::Algorithm::kAuto) return std::nullopt;
  if (options.settings.postpone_cutover) return "--postpone-cutover";
  if (options.require_revertible) return "--require-revertible";
  if (!options.revert_defaults.empty()) return "--revert-default";
  return std::nullopt;
}

}  // namespace

void TellCautions(Context& context, const CheckedChange& change) {
  if (change.object) {
    for (const std::string& caution : Cautions(change)) context.out.Note(caution);
    return;
  }
  const state::Algorithm algorithm = context.options.settings.algorithm;
  if (algorithm == state::Algorithm::kInstant) {
    context.out.Note("the server makes this change itself: it cannot be taken back");
    return;
  }
  if (const auto why = WhyOwnWay(context.options)) {
    context.out.Note("auto: osc's own way, because of " + *why);
  } else if (algorithm == state::Algorithm::kAuto) {
    context.out.Note("auto: if the server makes this change instantly, it cannot be taken back");
  }
  for (const std::string& caution : Cautions(change)) context.out.Note(caution);
}

state::Migration NewMigration(const Options& options, const CheckedChange& change) {
  state::Migration migration;
  migration.server = change.server;
  migration.connection = mysql::SaveConnection(options.connection);
  migration.settings = options.settings;
  migration.require_revertible = options.require_revertible;
  if (change.object) {
    migration.database = change.object->name.database;
    migration.table = change.object->name.name;
    migration.alter = change.object->statement.text;
    migration.object = ddl::SaveObject(change.object->statement);
    migration.settings.algorithm = state::Algorithm::kOsc;
    migration.notes = ddl::SaveNotes({});
    return migration;
  }
  migration.database = change.plan.forward.source.name.database;
  migration.table = change.plan.forward.source.name.name;
  migration.alter = change.plan.alter.clauses;
  if (WhyOwnWay(options)) migration.settings.algorithm = state::Algorithm::kOsc;
  migration.notes = ddl::SaveNotes(change.plan.notes);
  migration.revert_defaults = ddl::SaveRevertDefaults(change.plan.revert_defaults);
  return migration;
}

bool IsThere(const state::Migration& migration, Until until) {
  ThrowIfFailed(migration);
  if (until == Until::kAccepted) return true;
  if (migration.state == state::MigrationState::kReady) {
    if (until == Until::kReady) return true;
    return migration.settings.postpone_cutover && !migration.cutover_asked;
  }
  return !state::IsBeforeCutover(migration.state) &&
         (migration.state != state::MigrationState::kCuttingOver || until == Until::kReady) &&
         migration.state != state::MigrationState::kCancelling &&
         migration.state != state::MigrationState::kFailing;
}

End FollowUntilThere(Context& context, Interrupt& interrupt, EngineKeeper& keeper,
                     state::Store& store, const std::string& id, Until until,
                     const std::function<void()>& still_there) {
  return FollowMigration(interrupt, &keeper, store, id, [&](const state::Migration& now) {
    if (still_there) still_there();
    ThrowIfDifferent(context, store, id);
    return IsThere(now, until);
  });
}

}  // namespace osc::cli
