// SQL text for row changes. Appending only, so that a packet is built in one buffer.
#pragma once

#include <string>
#include <vector>

#include "src/apply/row_mapping.h"
#include "src/mysql/connection.h"

namespace osc::apply {

class RowSql {
 public:
  // Keeps a reference: the mapping must outlive this.
  explicit RowSql(const RowMapping& mapping);

  // (literal, literal, ...) of all written columns.
  void AppendValues(std::string& out, const Change& change, const binlog::RowImage& image) const;
  // `a`=literal,`b`=literal of all written columns; what is preserved stays.
  void AppendAssignments(std::string& out, const Change& change,
                         const binlog::RowImage& image) const;
  // `k1` = literal AND `k2` = literal, on the target, where a text of another collation has to be
  // the same byte for byte: there may be another row whose key is only equal. Used as identity too.
  void AppendKey(std::string& out, const Change& change, const binlog::RowImage& image) const;
  std::string Key(const Change& change, const binlog::RowImage& image) const;

  // The rows that have one of these keys, each as Key() gives it; at most most_keys() of them.
  void AppendAnyKey(std::string& out, const std::vector<const std::string*>& keys) const;
  size_t most_keys() const;

  // INSERT INTO target (columns) VALUES
  const std::string& insert_head() const { return insert_head_; }
  // REPLACE INTO target (columns) VALUES
  const std::string& replace_head() const { return replace_head_; }
  // DELETE FROM target WHERE
  const std::string& delete_head() const { return delete_head_; }
  // For AppendAnyKey(): the shared key is used whatever the server thinks of the table's size. A
  // scan would wait for rows that other lanes and the copy have locked.
  const std::string& delete_any_head() const { return delete_any_head_; }
  const std::string& count_any_head() const { return count_any_head_; }
  // UPDATE target SET changed columns WHERE key of `before`. `before` may be an older image than
  // change.before: the difference to `change.after` decides what is set. Appends nothing and
  // returns false when no written column differs.
  bool AppendUpdate(std::string& out, const Change& change, const binlog::RowImage& before) const;
  // The columns that AppendUpdate would set: '1' or '0' for each written one; empty: none differs.
  std::string ChangedColumns(const Change& change, const binlog::RowImage& before) const;
  // ON DUPLICATE KEY UPDATE of these columns from the values in front of it. Where the duplicate
  // can be that of another key, a row with another key than the value's makes the statement fail,
  // for its key would become NULL (1048).
  std::string UpdateTail(const mysql::ServerInfo& server, const std::string& columns) const;

  // Large values do not stand in the statement, which might exceed the server's max_allowed_packet:
  // they are put together in variables of the session before it, piece by piece.
  bool HasLargeValues(const Change& change) const;
  // only_changed: for AppendUpdate, which names no other. Throws kUnprojectable without a server's
  // number when the server takes no value of that size.
  void SendLargeValues(mysql::Connection& connection, const Change& change,
                       bool only_changed) const;
  void ForgetLargeValues(mysql::Connection& connection, const Change& change) const;

 private:
  void AppendCell(std::string& out, const Change& change, const binlog::RowImage& image,
                  const RowMapping::Column& column, size_t large_from) const;
  bool HasIntegerKey() const;
  size_t LargeFrom(const binlog::RowImage& image) const;
  bool IsLarge(const binlog::RowImage& image, size_t source, size_t large_from) const;

  const RowMapping& mapping_;
  std::vector<std::string> quoted_;  // target names of mapping.columns
  std::string insert_head_;
  std::string replace_head_;
  std::string delete_head_;
  std::string delete_any_head_;
  std::string count_any_head_;
  std::string update_head_;
  std::string preserved_tail_;
  std::string fill_values_;
};

}  // namespace osc::apply
