// Applying one migration file after the other.
#pragma once

#include <string>
#include <vector>

#include "cli/file_plan.h"
#include "cli/migration_run.h"

namespace osc::cli {

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
