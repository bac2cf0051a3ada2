// Rows of the off-stage table in which a NOT NULL column without a default had to be given its
// type's implicit one, because the live table does not have the column: they were inserted since
// the last swap. Counted exactly, so that the operator knows what a revert would make up.
//
// A table beside the off-stage one has their keys; it is made when there is a first such row, and
// changes in the transaction that writes the rows.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "src/apply/row_mapping.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::apply {

// Of one direction. Thread-safe: each caller has a connection of its own.
class DefaultedRows {
 public:
  // Keeps a reference to the mapping. marker: see Quarantine.
  DefaultedRows(const RowMapping& mapping, mysql::TableName name, std::string marker);

  // Whether there can be any: the mapping fills a column implicitly.
  bool IsUsed() const { return !columns_.empty(); }
  // The columns, by their names off stage.
  const std::vector<std::string>& columns() const { return columns_; }

  // Learns whether the table is there. Call it first.
  void Find(mysql::Connection& connection);
  // Makes the table if these changes need it, by a connection of its own: DDL would end the
  // caller's transaction.
  void Prepare(const mysql::ConnectionOptions& options, const std::vector<const Change*>& changes);
  // Follows the changes, in order, in the transaction that writes them. True when it wrote
  // anything.
  bool Follow(mysql::Connection& connection, const std::vector<const Change*>& changes) const;
  void Clear(mysql::Connection& connection) const;

  // Changes with every commit that has changed what is here.
  uint64_t version() const { return version_; }
  void NoteCommit() { ++version_; }
  uint64_t Count(mysql::Connection& connection) const;
  // The keys of some, for people.
  std::vector<std::string> List(mysql::Connection& connection, uint64_t limit) const;

 private:
  const RowMapping& mapping_;
  const mysql::TableName name_;
  const std::string table_;  // quoted
  const std::string marker_;
  std::vector<std::string> columns_;
  std::atomic<bool> exists_{false};
  std::atomic<uint64_t> version_{0};
  std::mutex mutex_;  // one Prepare() at a time
};

}  // namespace osc::apply
