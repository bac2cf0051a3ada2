// Which migration files have been applied to a database: the rows of its ledger table, and the copy
// of them that a state directory keeps, so that commands on migrations know their files without a
// connection. Where the two differ the table on the server is right.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace osc::state {

enum class LedgerState {
  kApplying,  // begun; its migrations may still be on their way
  kReady,     // its migrations wait for their postponed cutover
  kApplied,
  kFailed,     // stopped by an error; applying it again goes on behind what is done
  kReverting,  // begun to be taken back
  kReverted,
};
std::string_view LedgerStateName(LedgerState state);  // "applying"
LedgerState ParseLedgerState(std::string_view name);  // throws Error kRefused

struct LedgerFile {
  std::string file;    // its name without the folder
  int64_t number = 0;  // files in the order in which they were begun
  std::string version;
  std::string description;
  std::string checksum;
  LedgerState state = LedgerState::kApplying;
  // One for each step that is a migration, in order, as far as it has come.
  std::vector<std::string> migrations;
  int64_t steps_done = 0;
  // The number, from 1, of a step that is no migration, of which it is not known how far it came;
  // 0: there is none.
  int64_t step_begun = 0;
  std::string as_they_are;  // "INSERT (line 3)": what was run that cannot be taken back
  std::string error;
  std::string started_at;   // as base::FormatTime has it
  std::string finished_at;  // empty until then
  std::string applied_by;   // the account, as the server sees it: "osc@10.0.0.3"
  std::string engine;       // whose state directory has the migrations: "host:/directory"
  std::string osc_version;
};

std::string JoinIds(const std::vector<std::string>& ids);  // with blanks
std::vector<std::string> SplitIds(std::string_view text);

// The copy in the state directory. Belongs to one thread; throws what Store throws.
class LedgerCopy {
 public:
  explicit LedgerCopy(const std::filesystem::path& directory);
  LedgerCopy(LedgerCopy&&) noexcept;
  ~LedgerCopy();

  void Put(const std::string& server, const std::string& database, const LedgerFile& file);
  void Remove(const std::string& server, const std::string& database, const std::string& file);
  std::vector<LedgerFile> Files(const std::string& server, const std::string& database);

  struct Place {
    std::string server;
    std::string database;
    LedgerFile file;
  };
  // Those of all servers, by database and number.
  std::vector<Place> All();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace osc::state
