// Rows of the live table that have no place in the off-stage table as it is defined: what keeps
// them from the other side, and what they need to come back when a later change makes them fit.
//
// A row is either off stage or here, never both: the same server transaction moves it and commits
// the lane's position, so that what is here is as exact as the off-stage table. Two tables, made
// when there is a first such row:
//   - the entries, one a row: which row, and why it is here, for people;
//   - the held rows, with the off-stage table's columns but none of its keys and checks. A row that
//     was off stage waits there with the values that only that table has. What the live table has
//     is written to it too: as it is where it fits the columns (then only another row or a CHECK is
//     in the way), else as the server coerces it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "src/apply/row_mapping.h"
#include "src/apply/unfit_row.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::apply {

// `'name',expression` for JSON_OBJECT: numbers and text as they are, bytes in hex.
std::string JsonPair(const std::string& name, const mysql::ColumnType& type,
                     const std::string& expression);

// Of one direction. Thread-safe: each caller has a connection of its own. The methods that write
// belong into the transaction that writes the off-stage table.
class Quarantine {
 public:
  struct Names {
    mysql::TableName entries;
    mysql::TableName held;
  };
  struct Entry {
    bool is_held = false;     // there is a held row
    bool is_current = false;  // with the live table's values in it
    bool lives_on = false;    // and its own in the columns that only the off-stage table has
    bool duplicate = false;   // all that keeps it here is a value that another row has
  };
  struct Listed {
    UnfitRow row;
    bool duplicate = false;
    std::string transaction;  // TransactionName() of the change that brought it here
  };
  // So many entries say why; those beyond say only which row.
  static constexpr uint64_t kMostDescribed = 10000;

  // Keeps a reference to the mapping. marker: the comment that tells our statements from foreign
  // ones in the binlog.
  Quarantine(const RowMapping& mapping, Names names, std::string marker);

  // Learns whether the tables are there. Call it first.
  void Find(mysql::Connection& connection);
  bool exists() const { return exists_; }
  // Makes the tables, by a connection of its own: DDL would end the caller's transaction.
  void Create(const mysql::ConnectionOptions& options);

  // Changes with every commit that has changed what is here.
  uint64_t version() const { return version_; }
  void NoteCommit() { ++version_; }
  uint64_t Count(mysql::Connection& connection);
  // The oldest ones that say why.
  std::vector<Listed> List(mysql::Connection& connection, uint64_t limit) const;
  bool HasDuplicates(mysql::Connection& connection) const;

  // Those of the rows that are here, by identity.
  std::map<std::string, Entry> Find(mysql::Connection& connection,
                                    const std::vector<std::string>& identities) const;
  void Put(mysql::Connection& connection, const std::string& identity, const Entry& entry) {
    Put(connection, {{identity, entry}});
  }
  void Put(mysql::Connection& connection,
           const std::vector<std::pair<std::string, Entry>>& entries);
  // Says of an entry why it is there. source_key: a predicate for the live row, under the alias n.
  // live_row: an expression that gives the whole row as JSON.
  void Describe(mysql::Connection& connection, const std::string& identity, const UnfitRow& row,
                std::string_view transaction, const std::string& source_key,
                const std::string& live_row);
  // Whether another entry should be described.
  bool IsDescribing() const { return count_ < kMostDescribed; }
  void Erase(mysql::Connection& connection, const std::string& identity, const Entry& entry);
  // The entry alone; the held row moves elsewhere.
  void Forget(mysql::Connection& connection, const std::string& identity);

  // Takes the row from the off-stage table, with all that it has there. key: RowSql::Key of it.
  void Hold(mysql::Connection& connection, const std::string& identity, const std::string& key);
  // The half of it that copies the row.
  std::string HoldSql(const std::string& identity, const std::string& key) const;
  // Puts the held row off stage, with or without values that only that table has. Throws
  // kUnprojectable when it has no place there.
  void PutOffStage(mysql::Connection& connection, const std::string& identity, bool lives_on) const;
  // Does so and forgets it here. Throws kUnprojectable when it has no place there.
  void Release(mysql::Connection& connection, const std::string& identity, const Entry& entry);
  // Tries that with up to `limit` of the rows that another one was in the way of, going on where
  // the last call ended. True when that was the last of them. copied: a copy fills the off-stage
  // table, and may have put such a row there since: as new as it is here, or newer.
  bool ReleaseDuplicates(mysql::Connection& connection, int limit, bool copied);
  // Forgets all.
  void Clear(mysql::Connection& connection);

  // Makes or changes a held row. values: `1,'a',...` of the written columns and the fills;
  // assignments: `a`=1,..., none to change its identity only. coerce: as the server makes them fit,
  // else a value that does not fit is kUnprojectable. They match no row when the server left it
  // out.
  std::string WriteNewSql(const std::string& identity, const std::string& values,
                          bool coerce) const;
  std::string WriteHeldSql(const std::string& identity, const std::string& moved_to,
                           const std::string& assignments, bool coerce) const;

  const RowMapping& mapping() const { return mapping_; }
  const std::string& entries_table() const { return entries_; }  // quoted
  const std::string& held_table() const { return held_; }
  // " WHERE _osc_row=...", in both tables.
  static std::string IsRow(const std::string& identity);

 private:
  // Whether a row with the held one's key stands there as well.
  bool IsOffStage(mysql::Connection& connection, const std::string& identity) const;

  const RowMapping& mapping_;
  const Names names_;
  const std::string marker_;
  std::string entries_;  // quoted
  std::string held_;
  std::string written_;  // columns that a new row has: `a`,`b`
  std::string all_;      // and those that one that lives on has
  std::atomic<bool> exists_{false};
  std::atomic<uint64_t> version_{0};
  std::atomic<uint64_t> count_{0};  // about
  std::mutex mutex_;                // one Create() at a time
  uint64_t released_up_to_ = 0;     // by the one thread that calls ReleaseDuplicates()
};

}  // namespace osc::apply
