#include "cli/file_revert.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/engine_request.h"
#include "cli/ledger_run.h"
#include "cli/text.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"

namespace osc::cli {
namespace {

using state::LedgerFile;
using state::LedgerState;
using state::LiveTable;
using state::Migration;
using state::MigrationState;

// The last one first.
std::vector<LedgerFile*> Chosen(LedgerRun& run) {
  const Options& options = run.context.options;
  if (!options.file.empty()) return {&run.Find(options.file)};
  const int64_t after = run.Find(options.back_to).number;
  std::vector<LedgerFile*> files;
  for (LedgerFile& file : run.files) {
    if (file.number > after) files.push_back(&file);
  }
  std::reverse(files.begin(), files.end());
  return files;
}

// Whether there is anything to revert of this migration. Throws kRefused when it cannot be.
bool IsToRevert(LedgerRun& run, const LedgerFile& file, const std::string& id) {
  const auto migration = run.Lookup(id);
  if (!migration) {
    throw Error(
        ErrorCode::kRefused,
        file.file + ": its migration " + id + " is in another state directory, " + file.engine,
        "revert it there");
  }
  const bool on_old = migration->live == LiveTable::kOld;
  if (migration->state == MigrationState::kReverted ||
      (on_old && state::IsFinal(migration->state))) {
    return false;
  }
  try {
    RequireAllowed("revert", *migration);
  } catch (const Error& error) {
    throw error.Within(file.file);
  }
  const std::string readiness = run.store().GetProgress(id).readiness;
  if (readiness == "blocked" || readiness == "stopped") {
    throw Error(ErrorCode::kRefused,
                file.file + ": the revert of " + id + " (" + migration->table + ") is " + readiness,
                "osc show " + id + " tells why");
  }
  return true;
}

struct Work {
  LedgerFile* file;
  std::vector<std::string> migrations;  // in the order in which they are reverted
};

std::vector<Work> Plan(LedgerRun& run) {
  std::vector<Work> plan;
  for (LedgerFile* file : Chosen(run)) {
    if (!file->as_they_are.empty()) {
      throw Error(
          ErrorCode::kRefused,
          file->file + " has run statements that osc cannot take back: " + file->as_they_are,
          "revert its migrations by their ids: " +
              (file->migrations.empty() ? "it has none" : "osc revert " + file->migrations.back()));
    }
    Work work{file, {}};
    for (auto id = file->migrations.rbegin(); id != file->migrations.rend(); ++id) {
      if (IsToRevert(run, *file, *id)) work.migrations.push_back(*id);
    }
    if (!work.migrations.empty() || file->state != LedgerState::kReverted) plan.push_back(work);
  }
  return plan;
}

// Files that go back although they were not named, because their tables are swapped in one step
// with those of the files that were.
void TellOthers(LedgerRun& run, const std::vector<Work>& plan) {
  std::set<std::string> chosen;
  std::set<std::string> companions;
  for (const Work& work : plan) {
    chosen.insert(work.file->migrations.begin(), work.file->migrations.end());
    for (const std::string& id : work.migrations) {
      for (const Migration& other : run.store().Companions(run.store().Get(id))) {
        if (!state::IsFinal(other.state)) companions.insert(other.id);
      }
    }
  }
  for (const LedgerFile& file : run.files) {
    const bool goes_too = std::any_of(
        file.migrations.begin(), file.migrations.end(),
        [&](const std::string& id) { return companions.count(id) > 0 && chosen.count(id) == 0; });
    if (!goes_too) continue;
    const std::string& back_to = run.context.options.back_to;
    if (!back_to.empty()) {
      throw Error(ErrorCode::kRefused,
                  file.file + " was applied in one step with a file after " + back_to +
                      ", and would go back with it",
                  "name a file before both");
    }
    run.context.out.Note(Printable(file.file) + " goes with it, as it came");
  }
}

}  // namespace

int RunRevertFiles(Context& context) {
  ServerTarget target = ConnectToTarget(context);
  const std::string database = TargetDatabase(context, target);
  LedgerRun run(context, std::move(target), database);
  const std::vector<Work> plan = Plan(run);
  TellOthers(run, plan);
  nlohmann::json arguments = nlohmann::json::object();
  if (context.options.max_drain) arguments["max_drain_ms"] = context.options.max_drain->count();
  if (context.options.force) arguments["force"] = true;

  for (const Work& work : plan) {
    work.file->state = LedgerState::kReverting;
    work.file->finished_at.clear();
    run.Put(work.file);
    OSC_FAULT_POINT("files.revert_recorded");
    for (const std::string& id : work.migrations) {
      if (IsSwapped("revert", run.store().Get(id))) continue;  // with another one
      context.id = id;
      context.out.Note(Printable(work.file->file) + ": reverting " + id);
      if (AskEngine(context, run.interrupt, run.keeper, run.store(), run.store().Get(id), "revert",
                    arguments.dump(), false,
                    [&run] { run.session.Check(); }) == End::kInterrupted) {
        return Detached(context, run.store(), id);
      }
    }
    work.file->state = LedgerState::kReverted;
    work.file->finished_at = base::FormatTime(std::chrono::system_clock::now());
    run.Put(work.file);
    context.out.Line(Printable(work.file->file) + " is taken back" +
                     (work.migrations.empty() ? "" : " (" + state::JoinIds(work.migrations) + ")"));
  }
  context.id.clear();
  run.Refresh();  // files that went with them
  if (plan.empty()) context.out.Line("nothing is left to take back");
  if (context.out.json()) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Work& work : plan) list.push_back(FileJson(run, *work.file, "revert"));
    context.out.Document(list);
  }
  return kExitDone;
}

}  // namespace osc::cli
