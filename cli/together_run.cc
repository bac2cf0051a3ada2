#include "cli/together_run.h"

#include <algorithm>
#include <optional>

#include "cli/engine_request.h"
#include "cli/text.h"
#include "src/base/fault_point.h"

namespace osc::cli {
namespace {

using state::Migration;

std::vector<std::string> Ids(const std::vector<FileRun>& files) {
  std::vector<std::string> ids;
  for (const FileRun& file : files) {
    const auto& of_file = file.row().migrations;
    ids.insert(ids.end(), of_file.begin(), of_file.end());
  }
  return ids;
}

// A migration is begun together with others, or never.
void RequireBegunTogether(LedgerRun& run, const std::vector<FileRun>& files,
                          const std::vector<Migration>& new_ones) {
  std::optional<std::string> together;
  std::string first;
  for (const FileRun& file : files) {
    for (const std::string& id : file.row().migrations) {
      const bool is_new = std::any_of(new_ones.begin(), new_ones.end(),
                                      [&](const Migration& other) { return other.id == id; });
      const std::string its = is_new ? new_ones.front().id : run.store().Get(id).together;
      const std::string& name = file.planned().file.name;
      if (!together) {
        together = its;
        first = name;
      }
      if (its == *together && !its.empty()) continue;
      throw Error(ErrorCode::kRefused,
                  first + " and " + name +
                      " were not begun together, so that their tables cannot "
                      "be swapped in one step",
                  "leave out --together, or apply them in two runs");
    }
  }
}

End RunAll(LedgerRun& run, std::vector<FileRun>& files) {
  Context& context = run.context;
  for (FileRun& file : files) file.CheckAhead();
  std::vector<Migration> migrations;
  for (FileRun& file : files) {
    if (!file.Register(&migrations)) return End::kInterrupted;
  }
  RequireBegunTogether(run, files, migrations);
  OSC_FAULT_POINT("files.id_recorded");
  if (!migrations.empty()) {
    const std::string together = migrations.front().id;
    for (Migration& migration : migrations) migration.together = together;
    migrations = run.store().CreateAll(std::move(migrations));
    OSC_FAULT_POINT("files.migration_created");
    for (const Migration& migration : migrations) {
      context.out.Note(Printable(migration.table + ": " + migration.alter) + " (migration " +
                       migration.id + ")");
    }
  }
  context.stage = Stage::kEngine;
  run.keeper.Ensure();
  context.stage = Stage::kPreflight;
  const Options& options = files.front().planned().options;
  const auto check = [&run] { run.session.Check(); };
  const bool swaps = WaitFor(options) == Until::kLive && !options.settings.postpone_cutover;
  const std::vector<std::string> ids = Ids(files);
  for (const std::string& id : ids) {
    context.id = id;
    const Until until = swaps ? Until::kReady : WaitFor(options);
    if (FollowUntilThere(context, run.interrupt, run.keeper, run.store(), id, until, check) ==
        End::kInterrupted) {
      return End::kInterrupted;
    }
  }
  for (const std::string& id : ids) {
    if (!swaps) break;
    context.id = id;
    const Migration migration = run.store().Get(id);
    if (IsSwapped("cutover", migration)) continue;  // with the first one
    const bool again = migration.state == state::MigrationState::kReverted;
    if (AskEngine(context, run.interrupt, run.keeper, run.store(), migration,
                  again ? "reapply" : "cutover", "{}", false, check) == End::kInterrupted) {
      return End::kInterrupted;
    }
  }
  for (FileRun& file : files) file.FinishAll();
  return End::kReached;
}

}  // namespace

End RunTogether(LedgerRun& run, std::vector<FileRun>& files) {
  try {
    return RunAll(run, files);
  } catch (const Error& error) {
    const std::string id = run.context.id;
    for (FileRun& file : files) file.NoteFailure(error);
    run.context.id = id;
    throw;
  }
}

}  // namespace osc::cli
