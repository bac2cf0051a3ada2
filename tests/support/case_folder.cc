#include "tests/support/case_folder.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace osc::testing {

std::optional<std::string> CaseFolder::Read(const std::string& file) const {
  std::ifstream stream(folder / file);
  if (!stream) return std::nullopt;
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string CaseFolder::Trimmed(const std::string& file) const {
  std::string text = Read(file).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<std::string> CaseFolder::Lines(const std::string& file) const {
  std::istringstream stream(Read(file).value_or(""));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> CaseFolder::Statements(const std::string& file) const {
  std::istringstream lines(Read(file).value_or(""));
  std::vector<std::string> statements;
  std::string statement;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("--") || (line.empty() && statement.empty())) continue;
    statement += (statement.empty() ? "" : "\n") + line;
    if (!line.ends_with(';')) continue;
    statement.pop_back();
    statements.push_back(std::exchange(statement, ""));
  }
  if (!statement.empty()) {
    throw std::runtime_error((folder / file).string() + ": the last statement has no end");
  }
  return statements;
}

std::vector<std::string> CaseFolder::StatementsFor(const std::string& file,
                                                   const std::string& definition) const {
  const std::string own = file + "." + definition + ".sql";
  return Statements(Has(own) ? own : file + ".sql");
}

CaseFolder::Creation CaseFolder::Create() const {
  const std::vector<std::string> all = Statements("create.sql");
  const auto last = std::find_if(all.rbegin(), all.rend(), [](const std::string& statement) {
    return statement.starts_with("CREATE ") || statement.starts_with("ALTER ");
  });
  return {{all.begin(), last.base()}, {last.base(), all.end()}};
}

bool CaseFolder::RunsOn(const std::string& server) const {
  const auto servers = Read("servers");
  if (!servers) return true;
  std::istringstream words(*servers);
  for (std::string word; words >> word;) {
    if (server.starts_with(word)) return true;
  }
  return false;
}

std::vector<CaseFolder> CaseFolders(const std::filesystem::path& directory) {
  std::vector<CaseFolder> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.is_directory()) found.push_back({entry.path()});
  }
  std::sort(found.begin(), found.end(),
            [](const CaseFolder& a, const CaseFolder& b) { return a.folder < b.folder; });
  return found;
}

}  // namespace osc::testing
