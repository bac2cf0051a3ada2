// What every command has that works on the files of a database's ledger: apply, and reverting
// files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/change_plan.h"
#include "cli/engine_keeper.h"
#include "cli/interrupt.h"
#include "inverse/ledger.h"

namespace osc::cli {

// The session that holds the ledger's lock, and runs the statements that are no migrations: with
// the server's own sql_mode (but for NO_BACKSLASH_ESCAPES), time zone and isolation, not osc's.
class ApplySession {
 public:
  // connection: of one server.
  ApplySession(mysql::ConnectionOptions connection, const std::string& database);

  // Waits for the lock of this database's ledger, telling once who has it (`out`). Throws kBusy
  // naming who has it when `patience` has passed, kCancelled on Ctrl-C.
  void Lock(Interrupt& interrupt, const Output& out, std::chrono::milliseconds patience);
  // Call often: keeps the session, and throws kConnectionLost when the lock has gone with it.
  void Check();
  mysql::Connection& connection() { return connection_; }

 private:
  mysql::Connection connection_;
  std::string database_;
  std::string lock_;
  std::chrono::steady_clock::time_point next_check_{};
};

// The database of the target. Throws kInvalidArgument when the options name none.
std::string TargetDatabase(Context& context, ServerTarget& target);

// "host:/directory", as the ledger names the state directory.
std::string EngineName(const Options& options);

// Belongs to the main thread. Holds the lock as long as it lives; for a dry run it takes none,
// makes no state directory and writes nothing.
class LedgerRun {
 public:
  LedgerRun(Context& context, ServerTarget target, std::string database);

  Context& context;
  Interrupt interrupt;
  EngineKeeper keeper;
  ServerTarget target;
  std::string database;
  ApplySession session;
  inverse::Ledger ledger;
  std::vector<state::LedgerFile> files;  // those of the ledger

  state::Store& store() { return *store_; }  // not of a dry run without a state directory
  bool has_store() const { return store_.has_value(); }
  // The file of the ledger with this name or version; throws kNotFound or kInvalidArgument.
  state::LedgerFile& Find(const std::string& name);
  // The migration, if this state directory has it.
  std::optional<state::Migration> Lookup(const std::string& id);
  // Writes the row; `error` as it stands may hold bytes that are no text.
  void Put(state::LedgerFile* file);
  // Brings the state of each file up to what has become of its migrations: a cutover, revert or
  // reapply by their ids.
  void Refresh();

 private:
  std::optional<state::Store> store_;
};

// The states that its migrations make the state of a file, as far as they are known.
state::LedgerState StateOf(const state::LedgerFile& file,
                           const std::vector<state::Migration>& migrations);

// One object of the array that these commands print with --json.
nlohmann::ordered_json FileJson(LedgerRun& run, const state::LedgerFile& file,
                                const std::string& action);

}  // namespace osc::cli
