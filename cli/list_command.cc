#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/engine_lock.h"
#include "cli/migration_json.h"
#include "cli/progress_view.h"
#include "cli/text.h"

namespace osc::cli {
namespace {

std::vector<std::string> Row(const Snapshot& snapshot) {
  const state::Migration& migration = snapshot.migration;
  const state::Progress& progress = snapshot.progress;
  const bool copying = migration.state == state::MigrationState::kCopying ||
                       migration.state == state::MigrationState::kReseeding;
  const bool window = migration.expires_at && !state::IsFinal(migration.state);
  std::string lag = StreamRuns(snapshot) ? FormatMillis(progress.lag_ms) : "-";
  std::string state(state::StateName(migration.state));
  if (migration.paused && state::IsBeforeCutover(migration.state)) state += " (paused)";
  if (migration.error && !state::IsFinal(migration.state)) state += " (error)";
  return {migration.id,
          Printable(migration.database + "." + migration.table),
          state,
          copying ? FormatPercent(progress.percent) : "-",
          lag,
          state::IsFinal(migration.state) ? "-" : Printable(progress.readiness),
          window ? FormatMinute(*migration.expires_at) : "-",
          Printable(migration.alter)};
}

}  // namespace

int RunList(Context& context) {
  state::Store store = state::Store::Open(context.options.state_directory);
  const bool engine = FindEngine(context.options.state_directory).has_value();
  std::vector<Snapshot> snapshots;
  for (const state::Migration& migration : store.List()) {
    snapshots.push_back(TakeSnapshot(store, migration.id, engine));
  }
  if (context.out.json()) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Snapshot& snapshot : snapshots) list.push_back(MigrationJson(snapshot));
    context.out.Document(list);
    return kExitDone;
  }
  if (snapshots.empty()) {
    context.out.Note("there are no migrations in " + context.options.state_directory.string());
    return kExitDone;
  }
  std::vector<std::vector<std::string>> rows{
      {"ID", "TABLE", "STATE", "COPIED", "LAG", "REVERT", "UNTIL", "CHANGE"}};
  bool unfinished = false;
  for (const Snapshot& snapshot : snapshots) {
    rows.push_back(Row(snapshot));
    unfinished |= !state::IsFinal(snapshot.migration.state);
  }
  const Terminal terminal = LookAtTerminal(STDOUT_FILENO);
  context.out.Text(FormatTable(rows, terminal.is_terminal ? terminal.width : 0));
  for (const Snapshot& snapshot : snapshots) {
    for (const inverse::Warning& warning : snapshot.warnings) {
      context.out.Line("warning: " + snapshot.migration.id + ": " + Printable(warning.detail));
    }
  }
  if (unfinished && !engine) {
    context.out.Note(
        "no engine runs, so nothing goes on: " + CommandLine(context.options, "watch") + " or " +
        CommandLine(context.options, "serve") + " starts one");
  }
  return kExitDone;
}

}  // namespace osc::cli
