// What is to be done with migration files, before any is run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/apply_files.h"
#include "cli/change_plan.h"
#include "cli/ledger_run.h"

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

// Whether it is over, and its table has the old definition.
bool CameToNothing(const state::Migration& migration);

// Throws kRefused for what cannot be swapped together: statements that are no changes of tables and
// views, two changes of one, changes that the server makes itself.
void RequireTogether(const std::vector<const PlannedFile*>& files);

}  // namespace osc::cli
