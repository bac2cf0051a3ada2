#include "cli/file_plan.h"

#include <algorithm>
#include <array>
#include <map>

#include "ddl/name.h"

namespace osc::cli {
namespace {

using state::LedgerFile;
using state::LedgerState;
using state::LiveTable;
using state::Migration;
using state::MigrationState;

// Nothing of the file is on the server, so that it may begin anew.
bool LeftNothing(LedgerRun& run, const LedgerFile& row) {
  return row.as_they_are.empty() && row.step_begun == 0 &&
         std::all_of(row.migrations.begin(), row.migrations.end(), [&](const std::string& id) {
           const auto migration = run.Lookup(id);
           return migration ? CameToNothing(*migration)
                            : row.engine == EngineName(run.context.options);
         });
}

[[noreturn]] void RefuseChanged(const LedgerFile& row, const ddl::MigrationFile& file) {
  const bool reverted = row.state == LedgerState::kReverted;
  throw Error(ErrorCode::kRefused,
              file.name + " is not what it was when it was applied: its checksum is " +
                  file.checksum + ", that of the ledger " + row.checksum,
              reverted
                  ? "restore the file, or complete its reverted migrations (osc complete ID: " +
                        state::JoinIds(row.migrations) + "), after which it is a new one"
                  : "restore the file as it was, and write the change into a new one; osc revert "
                    "--file " +
                        file.name + " takes it back first");
}

}  // namespace

bool CameToNothing(const Migration& migration) {
  return state::IsFinal(migration.state) &&
         (migration.state != MigrationState::kCompleted || migration.live == LiveTable::kOld);
}

std::string_view ActionName(FileAction action) {
  constexpr std::array<std::string_view, 4> kNames{"skip", "apply", "continue", "reapply"};
  return kNames[static_cast<size_t>(action)];
}

LedgerFile* FindRow(LedgerRun& run, const std::string& name) {
  const auto row = std::find_if(run.files.begin(), run.files.end(),
                                [&](const LedgerFile& file) { return file.file == name; });
  return row == run.files.end() ? nullptr : &*row;
}

std::string FindPrevious(LedgerRun& run, const std::string& table) {
  if (!run.has_store()) return "";
  for (const Migration& other : run.store().List()) {
    if (other.server == run.target.choice.identity && other.database == run.database &&
        other.table == table && !state::RefuseCommand("complete", other)) {
      return other.id;
    }
  }
  return "";
}

FileAction DecideAction(LedgerRun& run, const PlannedFile& planned) {
  LedgerFile* row = FindRow(run, planned.file.name);
  if (row == nullptr) return FileAction::kApply;
  const bool changed = row->checksum != planned.file.checksum;
  if (row->state == LedgerState::kApplied) {
    if (changed) RefuseChanged(*row, planned.file);
    return FileAction::kSkip;
  }
  if (LeftNothing(run, *row)) return FileAction::kApply;
  if (changed) RefuseChanged(*row, planned.file);
  if (row->state == LedgerState::kReverted || row->state == LedgerState::kReverting) {
    return FileAction::kReapply;
  }
  if (row->step_begun == 0) return FileAction::kContinue;

  const std::string& unfinished = run.context.options.unfinished;
  const auto index = static_cast<size_t>(row->step_begun - 1);
  if (index >= planned.file.steps.size() || unfinished.empty()) {
    const size_t line = index < planned.file.steps.size() ? planned.file.steps[index].line : 0;
    throw Error(ErrorCode::kRefused,
                ddl::Place(planned.file.name, line) +
                    ": a run was interrupted in this statement, and it is not known whether the "
                    "server has run it",
                "look at the server; then --unfinished done goes on behind it, --unfinished again "
                "runs it again" +
                    std::string(row->step_begun - 1 > row->steps_done
                                    ? ", with the transaction that it was part of"
                                    : ""));
  }
  return FileAction::kContinue;
}

void RequireInSequence(const std::vector<const PlannedFile*>& pending) {
  std::map<std::string, std::string> changed;  // table, and where
  std::string undone;  // a migration that may not be live when the next step comes
  for (const PlannedFile* planned : pending) {
    const Options& options = planned->options;
    const bool waits = options.wait_for == "live" && !options.settings.postpone_cutover;
    for (const ddl::FileStep& step : planned->file.steps) {
      const std::string place = ddl::Place(planned->file.name, step.line);
      if (!step.migration) {
        if (undone.empty()) continue;
        throw Error(
            ErrorCode::kRefused,
            place + ": " + step.kind + " would run before the migration of " + undone + " is live",
            "leave out --postpone-cutover and --wait, or apply this file later");
      }
      const auto [before, first] = changed.emplace(ddl::FoldName(step.alter.table), place);
      if (!first && (!options.complete_previous || !undone.empty())) {
        throw Error(ErrorCode::kRefused,
                    before->second + " and " + place + " both change table " + step.alter.table +
                        ", and a table has one revert window at a time",
                    undone.empty() ? "--complete-previous ends the first one's window, so that it "
                                     "cannot be taken back any more; or apply the files one by one"
                                   : "wait until the first one is live before the next is applied");
      }
      before->second = place;
      if (!waits) undone = place;
    }
  }
}

CheckedChange CheckStep(LedgerRun& run, const ddl::FileStep& step, const std::string& previous) {
  state::Store* store = run.has_store() ? &run.store() : nullptr;
  const mysql::TableName table{run.database, step.alter.table};
  if (step.object) {
    return CheckObject(run.context, run.target, table, *step.object, store, previous);
  }
  return CheckChange(run.context, run.target, {table, step.alter}, store, previous);
}

void RequireTogether(const std::vector<const PlannedFile*>& files) {
  std::map<std::string, std::string> changed;  // table, and where
  for (const PlannedFile* planned : files) {
    for (const ddl::FileStep& step : planned->file.steps) {
      const std::string place = ddl::Place(planned->file.name, step.line);
      std::string why;
      if (!step.migration) {
        why = step.kind + " is no change of a table";
      } else if (planned->options.settings.algorithm != state::Algorithm::kOsc) {
        why = "only with --algorithm osc is there a swap";
      } else if (const auto [before, is_new] =
                     changed.emplace(ddl::FoldName(step.alter.table), place);
                 !is_new) {
        why = before->second + " changes table " + step.alter.table + " too";
      }
      if (why.empty()) continue;
      throw Error(ErrorCode::kRefused, place + ": cannot be swapped together with others: " + why,
                  "apply it in a run of its own, before or after, without --together");
    }
  }
}

}  // namespace osc::cli
