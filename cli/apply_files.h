// From the PATHs of osc apply to files in their order, each with its options.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/options.h"
#include "ddl/migration_file.h"

namespace osc::cli {

struct PlannedFile {
  ddl::MigrationFile file;
  Options options;  // of the command, with the file's directives
};

struct PlannedFiles {
  std::vector<PlannedFile> files;
  std::vector<std::string> notes;  // files that are known and not run, a line each
};

// A folder gives the *.sql files right in it. Throws kInvalidArgument for a path that cannot be
// read or gives no file, a directive that is not known, and what the parser and the order throw.
PlannedFiles ReadMigrationFiles(const Options& options);

// Throws kRefused where a step of the file cannot be run: it names another database than
// `database`, or is no change of a table and --allow-other was not given, or breaks what osc relies
// on.
void RequireRunnable(const PlannedFile& file, const std::string& database);

}  // namespace osc::cli
