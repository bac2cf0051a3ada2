#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/apply_run.h"
#include "cli/commands.h"
#include "cli/file_revert.h"
#include "cli/text.h"
#include "cli/together_run.h"
#include "ddl/name.h"

namespace osc::cli {
namespace {

using Json = nlohmann::ordered_json;
using state::LedgerFile;
using state::LedgerState;

struct Pending {
  const PlannedFile* planned;
  FileAction action;
};

std::string CountFiles(size_t count) {
  return std::to_string(count) + (count == 1 ? " file" : " files");
}

void TellRefusal(const Output& out, const std::string& message, const std::string& hint) {
  out.Note("as it is, the run would be refused: " + Printable(message));
  if (!hint.empty()) out.Note("hint: " + Printable(hint));
}

// What is to be done with each file; throws where one of them cannot be run, before any is. A dry
// run is told of it only (`refused`) when the plans can be shown all the same.
std::vector<Pending> Decide(LedgerRun& run, const PlannedFiles& planned, bool* refused) {
  std::vector<Pending> all;
  std::vector<const PlannedFile*> pending;
  for (const PlannedFile& file : planned.files) {
    const FileAction action = DecideAction(run, file);
    all.push_back({&file, action});
    if (action == FileAction::kSkip) continue;
    RequireRunnable(file, run.database);
    pending.push_back(&file);
  }
  try {
    RequireInSequence(pending);
  } catch (const Error& error) {
    if (!run.context.options.dry_run) throw;
    TellRefusal(run.context.out, error.message(), error.hint());
    *refused = true;
  }
  for (const PlannedFile* file : pending) {
    if (run.context.options.together) continue;
    if (file->options.together) RequireTogether({file});
  }
  if (run.context.options.together) RequireTogether(pending);
  const auto last_applied = std::find_if(all.rbegin(), all.rend(), [](const Pending& file) {
    return file.action == FileAction::kSkip;
  });
  for (auto file = all.begin(); file != last_applied.base() && last_applied != all.rend(); ++file) {
    if (file->action != FileAction::kApply) continue;
    run.context.out.Note("warning: " + Printable(file->planned->file.name) + " comes before " +
                         Printable(last_applied->planned->file.name) +
                         ", which is applied already");
  }
  return all;
}

LedgerFile RowOf(LedgerRun& run, const Pending& pending) {
  if (const LedgerFile* row = FindRow(run, pending.planned->file.name)) return *row;
  LedgerFile row;
  row.file = pending.planned->file.name;
  row.version = pending.planned->file.version;
  row.description = pending.planned->file.description;
  row.checksum = pending.planned->file.checksum;
  return row;
}

Json FilesJson(LedgerRun& run, const std::vector<Pending>& files) {
  Json list = Json::array();
  for (const Pending& file : files) {
    list.push_back(FileJson(run, RowOf(run, file), std::string(ActionName(file.action))));
  }
  return list;
}

std::string ResultText(LedgerRun& run, const LedgerFile& row) {
  std::string text = Printable(row.file);
  if (row.state == LedgerState::kApplied) {
    text += " is applied";
  } else if (row.state == LedgerState::kReady) {
    text += " is ready. To swap its tables: " +
            CommandLine(run.context.options, "cutover --file " + row.file);
  } else {
    text += " is on its way";
  }
  if (!row.migrations.empty()) text += " (" + state::JoinIds(row.migrations) + ")";
  return text;
}

// What is left to run, in order: one file, or those that go together.
std::vector<std::vector<const Pending*>> Steps(const Options& options,
                                               const std::vector<Pending>& files) {
  std::vector<std::vector<const Pending*>> steps;
  for (const Pending& file : files) {
    if (file.action == FileAction::kSkip) continue;
    if (steps.empty() || !options.together) steps.emplace_back();
    steps.back().push_back(&file);
  }
  return steps;
}

int Apply(LedgerRun& run, const std::vector<Pending>& files) {
  Context& context = run.context;
  const auto skipped = static_cast<size_t>(std::count_if(
      files.begin(), files.end(), [](const Pending& f) { return f.action == FileAction::kSkip; }));
  if (skipped > 0) context.out.Note(CountFiles(skipped) + " applied already");
  if (skipped < files.size()) run.ledger.Prepare();
  std::string last;
  bool several = false;
  for (const std::vector<const Pending*>& step : Steps(context.options, files)) {
    std::vector<FileRun> runs;
    for (const Pending* file : step) runs.emplace_back(run, *file->planned, file->action);
    const bool together = step.front()->planned->options.together;
    if ((together ? RunTogether(run, runs) : runs.front().Run()) == End::kInterrupted) {
      context.out.Note("detached; the migration goes on. The same command goes on with the files");
      if (context.out.json()) context.out.Document(FilesJson(run, files));
      return kExitDetached;
    }
    for (const FileRun& one : runs) context.out.Line(ResultText(run, one.row()));
    last = runs.back().row().file;
    several = runs.size() > 1;
  }
  if (context.out.json()) {
    context.out.Document(FilesJson(run, files));
  } else if (last.empty()) {
    context.out.Line("nothing is left to apply");
  } else {
    context.out.Line((several ? "To take them back: " : "To take the last one back: ") +
                     CommandLine(context.options, "revert --file " + Printable(last)));
  }
  return kExitDone;
}

// Plans what is not applied yet. A table that an earlier file changes cannot be looked at before.
class DryRun {
 public:
  // refused: the run would be.
  DryRun(LedgerRun& run, const std::vector<Pending>& files, bool refused)
      : run_(run), files_(files), refused_(refused) {}

  int Run() {
    for (const Pending& file : files_) Plan(file);
    if (run_.context.out.json()) run_.context.out.Document(list_);
    return refused_ ? kExitRefused : kExitDone;
  }

 private:
  void Plan(const Pending& file) {
    const Output& out = run_.context.out;
    Json json = FileJson(run_, RowOf(run_, file), std::string(ActionName(file.action)));
    Json plans = Json::array();
    std::string text = Printable(file.planned->file.name) + ": " +
                       (file.action == FileAction::kSkip ? "is applied already"
                                                         : std::string(ActionName(file.action)));
    if (file.action == FileAction::kSkip || file.action == FileAction::kReapply) {
      out.Line(text);
    } else {
      out.Line(text);
      number_ = 0;
      for (const ddl::FileStep& step : file.planned->file.steps) PlanStep(file, step, &plans);
    }
    json["plan"] = std::move(plans);
    list_.push_back(std::move(json));
  }

  void PlanStep(const Pending& file, const ddl::FileStep& step, Json* plans) {
    const Output& out = run_.context.out;
    const std::string place = ddl::Place(file.planned->file.name, step.line);
    if (!step.migration) {
      out.Line(place + ": " + step.kind + " is run as it is, and cannot be taken back");
      plans->push_back({{"line", step.line}, {"statement", step.text}, {"reversible", false}});
      others_ = true;
      return;
    }
    const LedgerFile row = RowOf(run_, file);
    const size_t number = number_++;
    if (file.action == FileAction::kContinue && number < row.migrations.size()) {
      const std::string& id = row.migrations[number];
      out.Line(place + ": is begun, migration " + id);
      plans->push_back({{"line", step.line}, {"table", step.alter.table}, {"migration", id}});
      return;
    }
    const std::string table = ddl::FoldName(step.alter.table);
    if (others_ || !changed_.insert(table).second) {
      out.Line(place + ": " + Printable(step.alter.table + ": " + ddl::TextOf(step)) +
               ": can be planned when what is before it has been applied");
      plans->push_back({{"line", step.line},
                        {"table", step.alter.table},
                        {"alter", ddl::TextOf(step)},
                        {"planned", false}});
      return;
    }
    const Options before = run_.context.options;
    run_.context.options = file.planned->options;
    try {
      const std::string previous = FindPrevious(run_, step.alter.table);
      const CheckedChange checked = CheckStep(run_, step, previous);
      run_.context.options = before;
      if (!previous.empty() && !before.complete_previous) {
        TellRefusal(
            out, "migration " + previous + " of " + step.alter.table + " can still be taken back",
            "--complete-previous ends its revert window first");
        refused_ = true;
      }
      out.Text(PlanText(checked));
      Json plan = PlanJson(checked);
      plan["line"] = step.line;
      plans->push_back(std::move(plan));
    } catch (const Error& error) {
      run_.context.options = before;
      throw error.Within(place);
    }
  }

  LedgerRun& run_;
  const std::vector<Pending>& files_;
  bool refused_;
  Json list_ = Json::array();
  std::set<std::string> changed_;  // tables
  bool others_ = false;            // ran before
  size_t number_ = 0;              // of the file's migrations
};

}  // namespace

int RunApply(Context& context) {
  if (!context.options.back_to.empty()) return RunRevertFiles(context);
  const PlannedFiles planned = ReadMigrationFiles(context.options);
  for (const std::string& note : planned.notes) context.out.Note(note);
  ServerTarget target = ConnectToTarget(context);
  const std::string database = TargetDatabase(context, target);
  LedgerRun run(context, std::move(target), database);
  bool refused = false;
  const std::vector<Pending> files = Decide(run, planned, &refused);
  if (context.options.dry_run) return DryRun(run, files, refused).Run();
  try {
    return Apply(run, files);
  } catch (const Error& error) {
    if (!context.out.json()) throw;
    context.out.Fail(error, context.id, {{"files", FilesJson(run, files)}});
    return ExitCodeOf(error.code(), context.stage);
  }
}

}  // namespace osc::cli
