// Applying one migration file after the other.
#pragma once

#include <string>
#include <vector>

#include "cli/apply_files.h"
#include "cli/ledger_run.h"
#include "cli/migration_run.h"

namespace osc::cli {

// What is to be done with a file.
enum class FileAction {
  kSkip,      // it is applied
  kApply,     // nothing of it is done
  kContinue,  // it was begun: behind what is done
  kReapply,   // it was reverted: its migrations go forward again
};
std::string_view ActionName(FileAction action);  // "skip"

// The file of the ledger with this name; null: none.
state::LedgerFile* FindRow(LedgerRun& run, const std::string& name);

// The migration of the table whose revert window is open, by its id; empty: none. It is ended by
// --complete-previous.
std::string FindPrevious(LedgerRun& run, const std::string& table);

// Throws kRefused for a file that has been changed since something of it was applied, and for one
// whose interrupted run left a statement behind of which nobody knows (see --unfinished).
FileAction DecideAction(LedgerRun& run, const PlannedFile& planned);

// What CheckChange or CheckObject says of the step. previous: a migration of its table that will be
// completed before it begins, or empty.
CheckedChange CheckStep(LedgerRun& run, const ddl::FileStep& step, const std::string& previous);

// Throws kRefused where a later file of the run would find the revert window of an earlier one's
// migration open, or could not be run with what --wait or a postponed cutover leaves undone.
void RequireInSequence(const std::vector<const PlannedFile*>& pending);

// How far the file's migrations are waited for.
Until WaitFor(const Options& options);

// Runs a file to its end. The ledger has each step before it is begun and when it is done, so that
// the process may die anywhere. Returns kInterrupted after Ctrl-C: the migration goes on. Throws
// when a step fails; the ledger then says so.
class FileRun {
 public:
  FileRun(LedgerRun& run, const PlannedFile& planned, FileAction action);
  End Run();
  const state::LedgerFile& row() const { return row_; }

  // What Run() does, step by step, for files whose tables are swapped together.
  // Throws what preflight refuses.
  void CheckAhead();
  // Writes the migrations that have to be begun into the ledger, and returns what the store is to
  // have of them. False: interrupted.
  bool Register(std::vector<state::Migration>* migrations);
  // Every step has been done.
  void FinishAll();
  // Tells the ledger why the run has ended.
  void NoteFailure(const Error& error);
  const PlannedFile& planned() const { return planned_; }

 private:
  using Migrations = std::vector<std::optional<CheckedChange>>;

  End RunSteps();
  bool HasToStart(size_t number);
  CheckedChange Check(const ddl::FileStep& step);
  void RunStatement(size_t index);
  void EndTransaction(size_t done);
  End RunMigration(const ddl::FileStep& step, size_t number);
  // Completes the table's earlier migration where that is wanted; none: interrupted.
  std::optional<state::Migration> MakeMigration(const ddl::FileStep& step, size_t number);
  End Start(const ddl::FileStep& step, size_t number);
  End CompletePrevious(const std::string& id);
  End Follow(const std::string& id);
  void Finish();
  void Put();

  LedgerRun& run_;
  const PlannedFile& planned_;
  FileAction action_;
  state::LedgerFile row_;
  std::string engine_before_;  // that began it; empty: nobody did
  Migrations checked_;         // of the migration steps, in order
};

}  // namespace osc::cli
