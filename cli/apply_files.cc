#include "cli/apply_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "cli/text.h"
#include "src/base/error.h"

namespace osc::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Invalid(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::kInvalidArgument, message, hint);
}

std::string ReadAll(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream.is_open() || stream.bad()) {
    Invalid("cannot read " + path.string() + ": " + std::strerror(errno),
            "osc reads it as the user that runs this command");
  }
  return bytes;
}

std::vector<fs::path> FilesAt(const std::string& given) {
  const fs::path path(given);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_regular_file(status)) return {path};
  if (!fs::is_directory(status)) {
    Invalid("there is no file or folder " + given + (error ? ": " + error.message() : ""),
            "osc apply takes migration files and folders of them");
  }
  std::vector<fs::path> files;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".sql" && at->is_regular_file()) files.push_back(at->path());
  }
  if (error) Invalid("cannot read the folder " + given + ": " + error.message(), "");
  if (files.empty()) Invalid("there is no *.sql file in " + given, "is it the right folder?");
  std::sort(files.begin(), files.end());
  return files;
}

void ApplyDirective(const std::string& place, const ddl::ScriptDirective& directive,
                    Options* options) {
  try {
    if (directive.name == "require-revertible" && directive.value == "on") {
      options->require_revertible = true;
    } else if (directive.name == "together" && directive.value == "on") {
      options->together = true;
    } else if (directive.name == "revert-default") {
      options->revert_defaults.push_back(directive.value);
    } else {
      state::ApplySetting(&options->settings, directive.name, directive.value);
    }
  } catch (const Error& error) {
    throw error.Within(place);
  }
}

PlannedFile Plan(const Options& options, ddl::MigrationFile file) {
  PlannedFile planned{std::move(file), options};
  std::set<std::string> seen;
  for (const ddl::ScriptDirective& directive : planned.file.directives) {
    const std::string place = ddl::Place(planned.file.name, directive.line);
    if (directive.name != "revert-default" && !seen.insert(directive.name).second) {
      Invalid(place + ": " + directive.name + " is set twice", "leave one of them");
    }
    ApplyDirective(place, directive, &planned.options);
  }
  return planned;
}

}  // namespace

PlannedFiles ReadMigrationFiles(const Options& options) {
  PlannedFiles planned;
  std::vector<ddl::MigrationFile> files;
  for (const std::string& given : options.paths) {
    const std::vector<fs::path> paths = FilesAt(given);
    const bool folder = paths.size() != 1 || paths.front() != fs::path(given);
    for (const fs::path& path : paths) {
      const std::string name = path.filename().string();
      if (!ddl::IsUtf8(name)) {
        Invalid("the name of " + path.string() + " is no UTF-8", "give the file another name");
      }
      const std::string why = ddl::WhyNotRun(name);
      if (!why.empty() && !folder) Invalid(name + " is " + why, "leave it out");
      if (!why.empty()) {
        planned.notes.push_back(Printable(name) + " is left out: " + why);
        continue;
      }
      files.push_back(ddl::ParseMigrationFile(name, ReadAll(path)));
    }
  }
  if (files.empty()) Invalid("there is no migration file in what is given", "see the files above");
  ddl::SortMigrationFiles(&files);
  for (ddl::MigrationFile& file : files) {
    planned.files.push_back(Plan(options, std::move(file)));
  }
  return planned;
}

void RequireRunnable(const PlannedFile& planned, const std::string& database) {
  const std::string& name = planned.file.name;
  const Options& options = planned.options;
  if (options.settings.algorithm == state::Algorithm::kInstant &&
      (options.require_revertible || options.settings.postpone_cutover ||
       !options.revert_defaults.empty())) {
    throw Error(ErrorCode::kRefused,
                name +
                    ": algorithm=instant goes without postpone-cutover, require-revertible and "
                    "revert-default: the server makes the change at once, for good",
                "leave out algorithm=instant");
  }
  for (const ddl::FileStep& step : planned.file.steps) {
    const std::string place = ddl::Place(name, step.line) + ": ";
    if (step.migration) {
      if (step.alter.database.empty() || step.alter.database == database) continue;
      throw Error(ErrorCode::kRefused,
                  place + "the table is in the database " + step.alter.database +
                      ", this run is for " + database,
                  "put it into files of its own, applied with --database " + step.alter.database);
    }
    if (step.kind == "USE" || step.kind == "LOCK") {
      throw Error(ErrorCode::kRefused,
                  place + step.kind + " would act on the statements after it, which run elsewhere",
                  "leave it out; --database says which database the files are for");
    }
    if (planned.options.allow_other && !planned.options.require_revertible) continue;
    std::string why = " is no change of a table, an index or a view that can be taken back";
    throw Error(ErrorCode::kRefused, place + step.kind + why,
                planned.options.allow_other
                    ? "leave out --require-revertible"
                    : "--allow-other runs it as it is; it cannot be taken back by osc");
  }
}

}  // namespace osc::cli
