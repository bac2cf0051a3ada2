// Writes what a batch of changes comes to, row by row, in as few statements as will do: a server
// spends several times as much on a statement of its own for a row as on the row.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/apply/row_mapping.h"
#include "src/apply/row_sql.h"
#include "src/mysql/connection.h"

namespace osc::apply {

class Packet;
enum class WriteMode;

// What a batch does to one row, all its changes together.
struct NetChange {
  const Change* first = nullptr;
  const Change* last = nullptr;
  const std::string* key = nullptr;  // RowSql::Key
  bool is_new = false;  // deleted or absent in between: its preserved values are not the dead row's

  bool existed() const { return first->kind != binlog::ChangeKind::kInsert; }
  bool remains() const { return last->kind != binlog::ChangeKind::kDelete; }
};

// The net changes of a batch in the order of the rows' first appearance, so that the same changes
// always give the same statements. No key may have moved. Keeps references to the changes.
class NetChanges {
 public:
  NetChanges(const RowSql& sql, const std::vector<const Change*>& changes);
  const std::vector<NetChange>& rows() const { return rows_; }

 private:
  std::unordered_map<std::string, size_t> places_;  // NetChange::key points into it
  std::vector<NetChange> rows_;
};

// One batch, inside a transaction that the caller opens. Deletes go before updates before inserts:
// a unique value given up by one row is free for the next.
class NetWriter {
 public:
  // Keeps references.
  NetWriter(mysql::Connection& connection, const RowMapping& mapping, const RowSql& sql,
            WriteMode mode)
      : connection_(connection), mapping_(mapping), sql_(sql), mode_(mode) {}

  // Throws kUnprojectable or kDiverged (or whatever the server says) with part of the work done.
  void Write(const NetChanges& changes);

 private:
  using Rows = std::vector<const NetChange*>;

  // Rows that change the same columns go in one INSERT ... ON DUPLICATE KEY UPDATE: the duplicate
  // is found on the primary key, to which InnoDB looks first. For a row that is not there another
  // unique key would change the wrong one; RowSql::UpdateTail makes that an error.
  bool GoTogether(const Rows& updated) const;
  // That all were there is seen by how many rows the statement has changed, for one of the columns
  // surely gets another value: no conversion can make it the one that it had.
  bool IsSeen(const std::string& columns) const;
  // Else they are counted before. Locks the rows; throws kDiverged unless all are there.
  void RequireRows(const Rows& rows);
  void Delete(const Rows& rows, bool must_exist, Packet* packet);
  void Update(const Rows& rows, const std::string& columns, Packet* packet);
  // matched_by_each: what a row has to add to the statement's count.
  void Insert(const Rows& rows, const std::string& head, const std::string& tail,
              std::optional<uint64_t> matched_by_each, Packet* packet);

  mysql::Connection& connection_;
  const RowMapping& mapping_;
  const RowSql& sql_;
  const WriteMode mode_;
};

}  // namespace osc::apply
