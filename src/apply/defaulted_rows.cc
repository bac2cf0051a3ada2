#include "src/apply/defaulted_rows.h"

#include <algorithm>
#include <map>

#include "src/apply/row_identity.h"
#include "src/apply/unfit_row.h"
#include "src/base/fault_point.h"
#include "src/mysql/table_exists.h"

namespace osc::apply {

using binlog::ChangeKind;

DefaultedRows::DefaultedRows(const RowMapping& mapping, mysql::TableName name, std::string marker)
    : mapping_(mapping),
      name_(std::move(name)),
      table_(mysql::Quote(name_)),
      marker_(std::move(marker)) {
  for (const auto& fill : mapping.fills) {
    if (fill.is_implicit) columns_.push_back(fill.target);
  }
}

void DefaultedRows::Find(mysql::Connection& connection) {
  exists_ = mysql::TableExists(connection, name_);
  ++version_;
}

void DefaultedRows::Prepare(const mysql::ConnectionOptions& options,
                            const std::vector<const Change*>& changes) {
  if (!IsUsed() || exists_) return;
  const bool needed = std::any_of(changes.begin(), changes.end(), [](const Change* change) {
    return change->kind == ChangeKind::kInsert;
  });
  if (!needed) return;
  const std::lock_guard lock(mutex_);
  if (exists_) return;
  auto connection = mysql::Connection::Open(options);
  connection.Execute("CREATE TABLE IF NOT EXISTS /* " + marker_ + " */ " + table_ +
                     " (_osc_row BINARY(32) NOT NULL PRIMARY KEY, key_text TEXT NOT NULL) "
                     "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
  OSC_FAULT_POINT("apply.defaulted_created");
  exists_ = true;
}

bool DefaultedRows::Follow(mysql::Connection& connection,
                           const std::vector<const Change*>& changes) const {
  if (!IsUsed() || !exists_) return false;
  bool changed = false;
  std::map<std::string, const Change*> rows;  // nullptr: deleted
  const auto flush = [&] {
    std::string gone;
    std::string come;
    for (const auto& [identity, change] : rows) {
      gone += (gone.empty() ? "" : ",") + RowHash(identity);
      if (change == nullptr) continue;
      come += (come.empty() ? "(" : ",(") + RowHash(identity) + "," +
              KeyTextSql(mapping_, ValuesOfChange(mapping_, *change)) + ")";
    }
    if (!gone.empty()) {
      changed =
          connection.Execute("DELETE FROM " + table_ + " WHERE _osc_row IN (" + gone + ")") > 0 ||
          changed;
    }
    if (!come.empty()) {
      connection.Execute("INSERT INTO " + table_ + " VALUES " + come);
      changed = true;
    }
    rows.clear();
  };
  for (const Change* change : changes) {
    if (change->kind == ChangeKind::kInsert) {
      rows[RowIdentity(mapping_, change->after)] = change;
    } else if (change->kind == ChangeKind::kDelete) {
      rows[RowIdentity(mapping_, change->before)] = nullptr;
    } else if (MovesKey(mapping_, *change)) {
      flush();
      changed = connection.Execute(
                    "UPDATE " + table_ +
                    " SET _osc_row=" + RowHash(RowIdentity(mapping_, change->after)) +
                    ", key_text=" + KeyTextSql(mapping_, ValuesOfChange(mapping_, *change)) +
                    " WHERE _osc_row=" + RowHash(RowIdentity(mapping_, change->before))) > 0 ||
                changed;
    }
  }
  flush();
  return changed;
}

void DefaultedRows::Clear(mysql::Connection& connection) const {
  if (exists_) connection.Execute("DELETE FROM " + table_);
}

uint64_t DefaultedRows::Count(mysql::Connection& connection) const {
  if (!IsUsed() || !exists_) return 0;
  const auto count = connection.QueryValue("SELECT COUNT(*) FROM " + table_);
  return std::strtoull(count->c_str(), nullptr, 10);
}

std::vector<std::string> DefaultedRows::List(mysql::Connection& connection, uint64_t limit) const {
  std::vector<std::string> keys;
  if (!IsUsed() || !exists_) return keys;
  auto rows =
      connection.Query("SELECT key_text FROM " + table_ + " LIMIT " + std::to_string(limit));
  while (rows.Next()) keys.push_back(rows.Text(0));
  return keys;
}

}  // namespace osc::apply
