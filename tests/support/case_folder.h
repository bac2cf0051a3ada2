// A folder of tests/cases: what is done to one table. tests/cases/README.md says what its files
// mean.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace osc::testing {

struct CaseFolder {
  std::filesystem::path folder;

  std::string name() const { return folder.filename().string(); }
  bool Has(const std::string& file) const { return std::filesystem::exists(folder / file); }
  // nullopt when there is no such file.
  std::optional<std::string> Read(const std::string& file) const;
  // Without the end of its last line; empty when there is no such file.
  std::string Trimmed(const std::string& file) const;
  std::vector<std::string> Lines(const std::string& file) const;
  // A statement ends with a semicolon at the end of a line; a line of -- is a comment. Throws
  // std::runtime_error when the last one has no end.
  std::vector<std::string> Statements(const std::string& file) const;
  // What is run on the old definition may need other words than on the new one: FILE.old.sql or
  // FILE.new.sql, else FILE.sql.
  std::vector<std::string> StatementsFor(const std::string& file,
                                         const std::string& definition) const;
  // create.sql in two parts: up to the last statement that makes or alters the table, and the rows.
  struct Creation {
    std::vector<std::string> table;
    std::vector<std::string> rows;
  };
  Creation Create() const;
  bool RunsOn(const std::string& server) const;
};

// In the order of their names.
std::vector<CaseFolder> CaseFolders(const std::filesystem::path& directory);

}  // namespace osc::testing
