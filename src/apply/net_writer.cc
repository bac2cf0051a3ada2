#include "src/apply/net_writer.h"

#include <functional>
#include <map>

#include "src/apply/packet.h"
#include "src/apply/row_writer.h"

namespace osc::apply {
namespace {

using binlog::ChangeKind;

constexpr size_t kInsertBytes = 128 * 1024;

// Of rows that change the same columns: one alone needs no look whether it is there.
constexpr size_t kFewestTogether = 2;
// What INSERT ... ON DUPLICATE KEY UPDATE counts for a row that it changes; 1 for one that it
// inserts, 1 or 0 for one that stays as it is (manuals; seen on MariaDB 10.11, 11.8, MySQL 9.7).
constexpr uint64_t kMatchedByUpdate = 2;

// Calls work with at most so many rows at a time.
void InSlices(const std::vector<const NetChange*>& rows, size_t most,
              const std::function<void(const std::vector<const std::string*>& keys)>& work) {
  std::vector<const std::string*> keys;
  for (const NetChange* row : rows) {
    keys.push_back(row->key);
    if (keys.size() < most && row != rows.back()) continue;
    work(keys);
    keys.clear();
  }
}

}  // namespace

NetChanges::NetChanges(const RowSql& sql, const std::vector<const Change*>& changes) {
  for (const Change* change : changes) {
    const bool inserted = change->kind == ChangeKind::kInsert;
    const auto [place, added] = places_.try_emplace(
        sql.Key(*change, inserted ? change->after : change->before), rows_.size());
    if (added) rows_.push_back({change, change, &place->first, false});
    NetChange& row = rows_[place->second];
    row.last = change;
    if (inserted) row.is_new = true;
  }
}

void NetWriter::Write(const NetChanges& changes) {
  const bool exact = mode_ == WriteMode::kExact;
  // Where nothing but the row's own key can be in the way.
  const bool replace =
      !exact && mapping_.key_is_primary && mapping_.keeps_key && !mapping_.has_other_unique;
  Rows gone;
  Rows changed;
  Rows written;
  for (const NetChange& row : changes.rows()) {
    const bool goes_first =
        exact ? row.existed() && (!row.remains() || row.is_new) : !row.remains() || !replace;
    if (goes_first) gone.push_back(&row);
    if (!row.remains()) continue;
    (exact && !row.is_new ? changed : written).push_back(&row);
  }
  std::map<std::string, Rows> by_columns;
  for (const NetChange* row : changed) {
    const std::string columns = sql_.ChangedColumns(*row->last, row->first->before);
    if (!columns.empty()) by_columns[columns].push_back(row);
  }
  Rows unproven;
  for (const auto& [columns, rows] : by_columns) {
    if (!GoTogether(rows) || IsSeen(columns)) continue;
    unproven.insert(unproven.end(), rows.begin(), rows.end());
  }
  RequireRows(unproven);
  Packet packet(connection_);
  Delete(gone, exact, &packet);
  for (const auto& [columns, rows] : by_columns) Update(rows, columns, &packet);
  Insert(written, replace ? sql_.replace_head() : sql_.insert_head(), "", std::nullopt, &packet);
  packet.Flush();
}

bool NetWriter::GoTogether(const Rows& updated) const {
  return mapping_.key_is_primary && mapping_.keeps_key && updated.size() >= kFewestTogether;
}

bool NetWriter::IsSeen(const std::string& columns) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    const RowMapping::Column& column = mapping_.columns[i];
    const mysql::ColumnType& source = mapping_.source_types[column.source];
    if (columns[i] == '1' && !column.is_temporal && source.text == column.type.text &&
        source.charset == column.type.charset) {
      return true;
    }
  }
  return false;
}

void NetWriter::Delete(const Rows& rows, bool must_exist, Packet* packet) {
  InSlices(rows, sql_.most_keys(), [&](const std::vector<const std::string*>& keys) {
    std::string statement = sql_.delete_any_head();
    sql_.AppendAnyKey(statement, keys);
    packet->Add(statement, must_exist ? std::optional<uint64_t>(keys.size()) : std::nullopt);
  });
}

void NetWriter::Update(const Rows& rows, const std::string& columns, Packet* packet) {
  if (GoTogether(rows)) {
    const std::string tail = sql_.UpdateTail(connection_.server(), columns);
    const auto matched = IsSeen(columns) ? std::optional<uint64_t>(kMatchedByUpdate) : std::nullopt;
    return Insert(rows, sql_.insert_head(), tail, matched, packet);
  }
  std::string statement;
  for (const NetChange* row : rows) {
    statement.clear();
    sql_.AppendUpdate(statement, *row->last, row->first->before);
    packet->Add(statement, 1);
  }
}

void NetWriter::RequireRows(const Rows& rows) {
  InSlices(rows, sql_.most_keys(), [&](const std::vector<const std::string*>& keys) {
    std::string statement = sql_.count_any_head();
    sql_.AppendAnyKey(statement, keys);
    auto result = connection_.Query(statement + " FOR UPDATE");
    result.Next();
    if (result.Number(0) == keys.size()) return;
    throw Error(ErrorCode::kDiverged, std::to_string(result.Number(0)) + " rows of " +
                                          std::to_string(keys.size()) + " are there");
  });
}

void NetWriter::Insert(const Rows& rows, const std::string& head, const std::string& tail,
                       std::optional<uint64_t> matched_by_each, Packet* packet) {
  std::string statement;
  uint64_t matched = 0;
  for (const NetChange* row : rows) {
    statement += statement.empty() ? head : ",";
    sql_.AppendValues(statement, *row->last, row->last->after);
    if (matched_by_each) matched += *matched_by_each;
    if (statement.size() < kInsertBytes && row != rows.back()) continue;
    packet->Add(statement + tail, matched_by_each ? std::optional(matched) : std::nullopt);
    statement.clear();
    matched = 0;
  }
}

}  // namespace osc::apply
