// The ledger table of a database: which migration files have been applied to it, by which
// migrations, when and by whom. It is an ordinary table, `_osc_ledger`, so that it is replicated
// and backed up with the data that it speaks of, and people can read it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/mysql/connection.h"
#include "src/state/ledger.h"

namespace osc::inverse {

// Of one database. Used by one thread. Every call opens a connection of its own: between two of
// them hours of copying may pass.
class Ledger {
 public:
  // connection: of one server, see mysql::ServerChoice. server: its identity. copy: written
  // whenever the table is; none for a dry run.
  Ledger(mysql::ConnectionOptions connection, std::string server, std::string database,
         std::optional<state::LedgerCopy> copy);

  // Makes the table when it is missing. Throws kRefused when there is one that is not the ledger.
  void Prepare();
  // In the order in which they were begun; none where there is no table. What another one has
  // written goes into the copy too.
  std::vector<state::LedgerFile> Files();
  // Adds or replaces the row of this file. A number of 0 becomes the next one. Whatever the
  // connection does, the row is there when it returns.
  void Put(state::LedgerFile* file);
  // Files that the copy had and Files() did not find: somebody has taken them out of the table.
  const std::vector<std::string>& gone() const { return gone_; }

 private:
  mysql::Connection Open() const;

  mysql::ConnectionOptions connection_;
  std::string server_;
  std::string database_;
  std::optional<state::LedgerCopy> copy_;
  std::vector<std::string> gone_;
};

inline constexpr const char* kLedgerTable = "_osc_ledger";

}  // namespace osc::inverse
