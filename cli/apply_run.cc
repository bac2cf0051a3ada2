#include "cli/apply_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/engine_request.h"
#include "cli/text.h"
#include "cli/version.h"
#include "ddl/name.h"
#include "src/base/duration.h"
#include "src/base/fault_point.h"
#include "src/mysql/open_transaction.h"
#include "src/state/migration_id.h"

namespace osc::cli {
namespace {

using state::LedgerFile;
using state::LedgerState;
using state::Migration;
using state::MigrationState;

std::string Now() { return base::FormatTime(std::chrono::system_clock::now()); }

// The options of a file, while it is its turn.
class WithOptions {
 public:
  WithOptions(Context& context, const Options& options) : context_(context), before_(options) {
    std::swap(context_.options, before_);
  }
  ~WithOptions() { std::swap(context_.options, before_); }
  WithOptions(const WithOptions&) = delete;
  WithOptions& operator=(const WithOptions&) = delete;

 private:
  Context& context_;
  Options before_;
};

}  // namespace

FileRun::FileRun(LedgerRun& run, const PlannedFile& planned, FileAction action)
    : run_(run), planned_(planned), action_(action) {
  const ddl::MigrationFile& file = planned.file;
  if (const LedgerFile* row = FindRow(run, file.name)) row_ = *row;
  engine_before_ = row_.engine;
  if (action == FileAction::kApply) {
    row_ = LedgerFile{};
    row_.started_at = Now();
  } else if (row_.step_begun > 0) {
    if (run.context.options.unfinished == "done") row_.steps_done = row_.step_begun;
    row_.step_begun = 0;
  }
  row_.file = file.name;
  row_.version = file.version;
  row_.description = file.description;
  row_.checksum = file.checksum;
  row_.engine = EngineName(run.context.options);
  row_.osc_version = Version();
  row_.applied_by = run.session.connection().QueryValue("SELECT USER()").value_or("");
  row_.error.clear();
}

Until WaitFor(const Options& options) {
  const std::string& wait = options.wait_for;
  return wait == "live" ? Until::kLive : wait == "ready" ? Until::kReady : Until::kAccepted;
}

void FileRun::Put() {
  run_.Put(&row_);
  if (LedgerFile* row = FindRow(run_, row_.file)) {
    *row = row_;
  } else {
    run_.files.push_back(row_);
  }
}

End FileRun::Run() {
  const WithOptions with_options(run_.context, planned_.options);
  try {
    CheckAhead();
    const End end = RunSteps();
    if (end == End::kReached) Finish();
    return end;
  } catch (const Error& error) {
    NoteFailure(error);
    throw;
  }
}

void FileRun::NoteFailure(const Error& error) {
  run_.context.id.clear();
  if (row_.number == 0) return;  // nothing of it was begun
  row_.error = error.message();
  // Without the server or the engine its migration may still be on its way.
  if (error.code() != ErrorCode::kConnectionLost && error.code() != ErrorCode::kOutcomeUnknown) {
    row_.state = LedgerState::kFailed;
    row_.finished_at = Now();
  }
  try {
    Put();
  } catch (const Error& second) {
    run_.context.out.Note("warning: the ledger could not be told: " + Printable(second.message()));
  }
}

// Refuses what preflight refuses before anything of the file is run, as far as it can be known: not
// behind a statement that osc does not understand.
void FileRun::CheckAhead() {
  const WithOptions with_options(run_.context, planned_.options);
  size_t number = 0;
  for (const ddl::FileStep& step : planned_.file.steps) {
    if (!step.migration) break;
    checked_.emplace_back();
    if (HasToStart(number)) checked_.back() = Check(step);
    ++number;
  }
}

bool FileRun::HasToStart(size_t number) {
  if (number >= row_.migrations.size()) return true;
  const auto migration = run_.Lookup(row_.migrations[number]);
  if (migration) return CameToNothing(*migration);
  if (engine_before_ != row_.engine) {
    throw Error(ErrorCode::kRefused,
                planned_.file.name + ": its migration " + row_.migrations[number] +
                    " is in another state directory, " + engine_before_,
                "go on there");
  }
  return true;
}

CheckedChange FileRun::Check(const ddl::FileStep& step) {
  try {
    run_.context.stage = Stage::kPreflight;
    const std::string previous = FindPrevious(run_, step.alter.table);
    if (!previous.empty() && !planned_.options.complete_previous) {
      throw Error(
          ErrorCode::kRefused,
          "migration " + previous + " of " + step.alter.table +
              " can still be taken back, and a table has one revert window at a time",
          "--complete-previous ends that window first; osc show " + previous + " tells what it is");
    }
    return CheckStep(run_, step, previous);
  } catch (const Error& error) {
    throw error.Within(ddl::Place(planned_.file.name, step.line));
  }
}

End FileRun::RunSteps() {
  size_t number = 0;
  const std::vector<ddl::FileStep>& steps = planned_.file.steps;
  for (size_t index = 0; index < steps.size(); ++index) {
    run_.session.Check();
    if (!steps[index].migration) {
      if (static_cast<int64_t>(index) >= row_.steps_done) RunStatement(index);
      continue;
    }
    EndTransaction(index);
    if (RunMigration(steps[index], number++) == End::kInterrupted) return End::kInterrupted;
    row_.steps_done = std::max(row_.steps_done, static_cast<int64_t>(index + 1));
    Put();
  }
  EndTransaction(steps.size());
  return End::kReached;
}

// As an ALTER TABLE would do, and the end of the file.
void FileRun::EndTransaction(size_t done) {
  if (!mysql::IsInTransaction(run_.session.connection())) return;
  run_.session.connection().Commit();
  row_.steps_done = static_cast<int64_t>(done);
  row_.step_begun = 0;
  Put();
}

void FileRun::RunStatement(size_t index) {
  constexpr size_t kMostNamed = 20;
  const ddl::FileStep& step = planned_.file.steps[index];
  const std::string named = step.kind + " (line " + std::to_string(step.line) + ")";
  const auto count = std::count(row_.as_they_are.begin(), row_.as_they_are.end(), '(');
  if (row_.as_they_are.find(named) == std::string::npos && !row_.as_they_are.ends_with("others")) {
    row_.as_they_are += (row_.as_they_are.empty() ? "" : ", ") +
                        (count < static_cast<int64_t>(kMostNamed) ? named : "and others");
  }
  row_.state = LedgerState::kApplying;
  row_.step_begun = static_cast<int64_t>(index + 1);
  Put();
  OSC_FAULT_POINT("files.statement_recorded");
  mysql::Connection& session = run_.session.connection();
  run_.context.out.Note(Printable(ddl::Place(planned_.file.name, step.line)) + ": " + step.kind +
                        " is run as it is");
  try {
    session.Execute(step.text);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnectionLost || error.code() == ErrorCode::kOutcomeUnknown) {
      throw error.Within(ddl::Place(planned_.file.name, step.line));
    }
    if (mysql::IsInTransaction(session)) session.Execute("ROLLBACK");
    row_.step_begun = 0;
    // A run that fails on the way is no refusal, whatever the server's reason.
    const bool failed =
        error.code() == ErrorCode::kUnprojectable || error.code() == ErrorCode::kRetryable;
    throw Error(failed ? error.code() : ErrorCode::kInternal,
                ddl::Place(planned_.file.name, step.line) + ": " + error.message(),
                error.hint().empty() ? "mend it on the server; the same command goes on with it"
                                     : error.hint(),
                error.server_errno());
  }
  OSC_FAULT_POINT("files.statement_run");
  // Within a transaction nothing is done yet: an error would roll all of it back.
  if (mysql::IsInTransaction(session)) return;
  row_.steps_done = static_cast<int64_t>(index + 1);
  row_.step_begun = 0;
  Put();
}

End FileRun::RunMigration(const ddl::FileStep& step, size_t number) {
  if (HasToStart(number)) return Start(step, number);
  const std::string id = row_.migrations[number];
  const Migration migration = run_.store().Get(id);
  run_.context.id = id;
  if (migration.state != MigrationState::kReverted) return Follow(id);
  run_.context.out.Note(Printable(planned_.file.name + ": " + migration.table) +
                        " goes forward again (migration " + id + ")");
  row_.state = LedgerState::kApplying;
  Put();
  return AskEngine(run_.context, run_.interrupt, run_.keeper, run_.store(), migration, "reapply",
                   "{}", false, [this] { run_.session.Check(); });
}

std::optional<Migration> FileRun::MakeMigration(const ddl::FileStep& step, size_t number) {
  Context& context = run_.context;
  if (number >= checked_.size()) checked_.resize(number + 1);
  const CheckedChange change = checked_[number] ? *checked_[number] : Check(step);
  TellCautions(context, change);
  const std::string previous = FindPrevious(run_, step.alter.table);
  if (!previous.empty() && CompletePrevious(previous) == End::kInterrupted) return std::nullopt;
  context.stage = Stage::kEngine;
  run_.keeper.Ensure();  // first: without an engine nothing is left behind
  context.stage = Stage::kPreflight;
  Migration migration = NewMigration(context.options, change);
  migration.id = state::NewMigrationId();
  row_.migrations.resize(std::max(row_.migrations.size(), number + 1));
  row_.migrations[number] = migration.id;
  row_.state = LedgerState::kApplying;
  row_.finished_at.clear();
  return migration;
}

End FileRun::Start(const ddl::FileStep& step, size_t number) {
  Context& context = run_.context;
  auto migration = MakeMigration(step, number);
  if (!migration) return End::kInterrupted;
  // Its name first: a run that finds it begun knows where it is.
  Put();
  OSC_FAULT_POINT("files.id_recorded");
  migration = run_.store().Create(*migration);
  OSC_FAULT_POINT("files.migration_created");
  context.id = migration->id;
  context.stage = Stage::kEngine;
  run_.keeper.Ensure();  // it may have ended, being idle, just before it could see the migration
  context.out.Note(
      Printable(planned_.file.name + ": " + migration->table + ": " + migration->alter) +
      " (migration " + migration->id + ")");
  return Follow(migration->id);
}

bool FileRun::Register(std::vector<Migration>* migrations) {
  const WithOptions with_options(run_.context, planned_.options);
  for (size_t number = 0; number < planned_.file.steps.size(); ++number) {
    if (!HasToStart(number)) continue;
    auto migration = MakeMigration(planned_.file.steps[number], number);
    if (!migration) return false;
    migrations->push_back(std::move(*migration));
  }
  row_.state = LedgerState::kApplying;
  Put();
  return true;
}

void FileRun::FinishAll() {
  row_.steps_done = static_cast<int64_t>(planned_.file.steps.size());
  Finish();
}

End FileRun::Follow(const std::string& id) {
  run_.context.stage = Stage::kPreflight;  // the engine looks again at what preflight looked at
  return FollowUntilThere(run_.context, run_.interrupt, run_.keeper, run_.store(), id,
                          WaitFor(planned_.options), [this] { run_.session.Check(); });
}

End FileRun::CompletePrevious(const std::string& id) {
  const Migration other = run_.store().Get(id);
  RequireAllowed("complete", other);
  run_.context.out.Note("completing " + id + " of " + Printable(other.table) + ": " +
                        Printable(other.alter) + "; it cannot be taken back any more");
  return AskEngine(run_.context, run_.interrupt, run_.keeper, run_.store(), other, "complete", "{}",
                   false, [this] { run_.session.Check(); });
}

void FileRun::Finish() {
  bool live = true;
  bool postponed = true;
  for (const std::string& id : row_.migrations) {
    const Migration migration = run_.store().Get(id);
    const bool there = IsThere(migration, Until::kLive);
    const bool ready = migration.state == MigrationState::kReady;
    live &= there && !ready;
    postponed &= there;
  }
  row_.state = live        ? LedgerState::kApplied
               : postponed ? LedgerState::kReady
                           : LedgerState::kApplying;
  row_.finished_at = live ? Now() : "";
  row_.error.clear();
  OSC_FAULT_POINT("files.before_end");
  Put();
  run_.context.id.clear();
}

}  // namespace osc::cli
