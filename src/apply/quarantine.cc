#include "src/apply/quarantine.h"

#include "src/apply/row_identity.h"
#include "src/base/fault_point.h"
#include "src/mysql/table_exists.h"

namespace osc::apply {
namespace {

std::string Bytes(std::string_view bytes) {
  std::string literal;
  mysql::AppendStringLiteral(literal, "binary", bytes);
  return literal;
}

std::string Flag(bool flag) { return flag ? "1" : "0"; }

}  // namespace

std::string JsonPair(const std::string& name, const mysql::ColumnType& type,
                     const std::string& expression) {
  using mysql::TypeKind;
  const bool is_bytes = type.IsBinary() || type.kind == TypeKind::kBit ||
                        type.kind == TypeKind::kGeometry || type.kind == TypeKind::kOther;
  std::string value = expression;
  if (is_bytes) value = "HEX(" + expression + ")";
  if (type.IsText()) value = "CONVERT(" + expression + " USING utf8mb4)";
  return mysql::QuoteText(name) + "," + value;
}

std::string Quarantine::IsRow(const std::string& identity) {
  return " WHERE _osc_row=" + RowHash(identity);
}

Quarantine::Quarantine(const RowMapping& mapping, Names names, std::string marker)
    : mapping_(mapping),
      names_(std::move(names)),
      marker_(std::move(marker)),
      entries_(mysql::Quote(names_.entries)),
      held_(mysql::Quote(names_.held)) {
  for (const auto& column : mapping.columns) {
    written_ += (written_.empty() ? "" : ",") + mysql::QuoteIdentifier(column.target);
  }
  all_ = written_;
  for (const std::string& name : mapping.preserved) all_ += "," + mysql::QuoteIdentifier(name);
  for (const auto& fill : mapping.fills) written_ += "," + mysql::QuoteIdentifier(fill.target);
}

void Quarantine::Find(mysql::Connection& connection) {
  exists_ =
      mysql::TableExists(connection, names_.entries) && mysql::TableExists(connection, names_.held);
  ++version_;
}

void Quarantine::Create(const mysql::ConnectionOptions& options) {
  const std::lock_guard lock(mutex_);
  if (exists_) return;
  auto connection = mysql::Connection::Open(options);
  const std::string create = "CREATE TABLE IF NOT EXISTS /* " + marker_ + " */ ";
  connection.Execute(create + entries_ +
                     " (_osc_row BINARY(32) NOT NULL PRIMARY KEY, identity LONGBLOB NOT NULL, "
                     "number BIGINT NOT NULL AUTO_INCREMENT UNIQUE, is_held BOOL NOT NULL, "
                     "is_current BOOL NOT NULL, lives_on BOOL NOT NULL, duplicate BOOL NOT NULL, "
                     "described BOOL NOT NULL, "
                     "key_text TEXT, column_name TEXT, value_text TEXT, reason TEXT, "
                     "`transaction` TEXT, source_key LONGTEXT, live_row LONGTEXT, "
                     "accepted TINYINT NOT NULL DEFAULT 0, KEY duplicate (duplicate, number)) "
                     "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
  OSC_FAULT_POINT("quarantine.entries_created");
  // A join without matches makes the other side's columns nullable: a new row has nothing there.
  std::string columns;
  for (const auto& column : mapping_.columns) {
    columns += ",w." + mysql::QuoteIdentifier(column.target);
  }
  for (const std::string& name : mapping_.preserved) {
    columns += ",p." + mysql::QuoteIdentifier(name);
  }
  const std::string target = mysql::Quote(mapping_.target);
  connection.Execute(
      create + held_ +
      " (_osc_row BINARY(32) NOT NULL DEFAULT '' PRIMARY KEY) ENGINE=InnoDB AS SELECT " +
      columns.substr(1) + " FROM " + target + " w LEFT JOIN " + target + " p ON FALSE LIMIT 0");
  OSC_FAULT_POINT("quarantine.created");
  exists_ = true;
}

uint64_t Quarantine::Count(mysql::Connection& connection) {
  if (!exists_) return 0;
  const auto count = connection.QueryValue("SELECT COUNT(*) FROM " + entries_);
  count_ = std::strtoull(count->c_str(), nullptr, 10);
  return count_;
}

std::vector<Quarantine::Listed> Quarantine::List(mysql::Connection& connection,
                                                 uint64_t limit) const {
  std::vector<Listed> list;
  if (!exists_) return list;
  auto rows = connection.Query(
      "SELECT key_text, column_name, value_text, reason, duplicate, `transaction` FROM " +
      entries_ + " WHERE described ORDER BY number LIMIT " + std::to_string(limit));
  while (rows.Next()) {
    list.push_back({{rows.Text(0), rows.Text(1), rows.Text(2), rows.Text(3)},
                    rows.Number(4) != 0,
                    rows.Text(5)});
  }
  return list;
}

bool Quarantine::HasDuplicates(mysql::Connection& connection) const {
  return exists_ && connection.QueryValue("SELECT 1 FROM " + entries_ + " WHERE duplicate LIMIT 1")
                        .has_value();
}

std::map<std::string, Quarantine::Entry> Quarantine::Find(
    mysql::Connection& connection, const std::vector<std::string>& identities) const {
  std::map<std::string, Entry> found;
  if (!exists_ || identities.empty()) return found;
  std::string select = "SELECT identity, is_held, is_current, lives_on, duplicate FROM " +
                       entries_ + " WHERE _osc_row IN (";
  for (size_t i = 0; i < identities.size(); ++i) select += (i ? "," : "") + RowHash(identities[i]);
  auto rows = connection.Query(select + ")");
  while (rows.Next()) {
    found[rows.Text(0)] = {rows.Number(1) != 0, rows.Number(2) != 0, rows.Number(3) != 0,
                           rows.Number(4) != 0};
  }
  return found;
}

void Quarantine::Put(mysql::Connection& connection,
                     const std::vector<std::pair<std::string, Entry>>& entries) {
  constexpr size_t kMostBytes = 256 * 1024;
  std::string rows;
  uint64_t affected = 0;  // by a row that replaces one: twice
  const auto flush = [&] {
    if (rows.empty()) return;
    affected += connection.Execute(
        "REPLACE INTO " + entries_ +
        " (_osc_row, identity, is_held, is_current, lives_on, duplicate, described) VALUES " +
        rows.substr(1));
    rows.clear();
  };
  for (const auto& [identity, entry] : entries) {
    rows += ",(" + RowHash(identity) + "," + Bytes(identity) + "," + Flag(entry.is_held) + "," +
            Flag(entry.is_current) + "," + Flag(entry.lives_on) + "," + Flag(entry.duplicate) +
            ",0)";
    if (rows.size() > kMostBytes) flush();
  }
  flush();
  if (2 * entries.size() > affected) count_ += 2 * entries.size() - affected;
}

void Quarantine::Describe(mysql::Connection& connection, const std::string& identity,
                          const UnfitRow& row, std::string_view transaction,
                          const std::string& source_key, const std::string& live_row) {
  connection.Execute(
      "UPDATE " + entries_ + " SET described=1, key_text=" + mysql::QuoteText(row.key) +
      ", column_name=" + mysql::QuoteText(row.column) +
      ", value_text=" + mysql::QuoteText(row.value) + ", reason=" + mysql::QuoteText(row.reason) +
      ", `transaction`=" + mysql::QuoteText(transaction) +
      ", source_key=" + mysql::QuoteText(source_key) + ", live_row=" + live_row + IsRow(identity));
}

void Quarantine::Erase(mysql::Connection& connection, const std::string& identity,
                       const Entry& entry) {
  if (entry.is_held) connection.Execute("DELETE FROM " + held_ + IsRow(identity));
  Forget(connection, identity);
}

void Quarantine::Forget(mysql::Connection& connection, const std::string& identity) {
  const uint64_t gone = connection.Execute("DELETE FROM " + entries_ + IsRow(identity));
  uint64_t count = count_;
  while (count >= gone && !count_.compare_exchange_weak(count, count - gone)) {
  }
}

std::string Quarantine::HoldSql(const std::string& identity, const std::string& key) const {
  return "INSERT INTO " + held_ + " (_osc_row," + all_ + ") SELECT " + RowHash(identity) + "," +
         all_ + " FROM " + mysql::Quote(mapping_.target) + " WHERE " + key;
}

void Quarantine::Hold(mysql::Connection& connection, const std::string& identity,
                      const std::string& key) {
  const uint64_t moved = connection.Execute(HoldSql(identity, key));
  const std::string remove = "DELETE FROM " + mysql::Quote(mapping_.target) + " WHERE " + key;
  if (moved == 1 && connection.Execute(remove) == 1) return;
  throw Error(ErrorCode::kDiverged,
              "the row with " + key + " is missing in " + mysql::Quote(mapping_.target),
              "somebody else has changed the off-stage table");
}

void Quarantine::PutOffStage(mysql::Connection& connection, const std::string& identity,
                             bool lives_on) const {
  const std::string& columns = lives_on ? all_ : written_;
  connection.Execute("INSERT INTO " + mysql::Quote(mapping_.target) + " (" + columns + ") SELECT " +
                     columns + " FROM " + held_ + IsRow(identity));
}

void Quarantine::Release(mysql::Connection& connection, const std::string& identity,
                         const Entry& entry) {
  PutOffStage(connection, identity, entry.lives_on);
  Erase(connection, identity, entry);
}

bool Quarantine::IsOffStage(mysql::Connection& connection, const std::string& identity) const {
  std::string same;
  for (const size_t part : mapping_.key) {
    const std::string name = mysql::QuoteIdentifier(mapping_.columns[part].target);
    // By bytes too: under the off-stage table's collation it may be another row's key.
    same += (same.empty() ? "o." : " AND o.") + name + "=h." + name + " AND CAST(o." + name +
            " AS BINARY)=CAST(h." + name + " AS BINARY)";
  }
  return connection
      .QueryValue("SELECT 1 FROM " + held_ + " h JOIN " + mysql::Quote(mapping_.target) + " o ON " +
                  same + IsRow(identity) + " LOCK IN SHARE MODE")
      .has_value();
}

bool Quarantine::ReleaseDuplicates(mysql::Connection& connection, int limit, bool copied) {
  auto rows = connection.Query("SELECT identity, lives_on, number FROM " + entries_ +
                               " WHERE duplicate AND number>" + std::to_string(released_up_to_) +
                               " ORDER BY number LIMIT " + std::to_string(limit));
  uint64_t last = 0;
  while (rows.Next()) {
    last = rows.Number(2);
    const Entry entry{true, true, rows.Number(1) != 0, true};
    try {
      Release(connection, rows.Text(0), entry);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable) throw;
      if (copied && IsOffStage(connection, rows.Text(0))) Erase(connection, rows.Text(0), entry);
    }
  }
  const bool went_round = rows.row_count() < static_cast<size_t>(limit);
  released_up_to_ = went_round ? 0 : last;
  return went_round;
}

void Quarantine::Clear(mysql::Connection& connection) {
  if (!exists_) return;
  connection.Execute("DELETE FROM " + held_);
  connection.Execute("DELETE FROM " + entries_);
}

std::string Quarantine::WriteNewSql(const std::string& identity, const std::string& values,
                                    bool coerce) const {
  return std::string("INSERT ") + (coerce ? "IGNORE " : "") + "INTO " + held_ + " (_osc_row," +
         written_ + ") VALUES (" + RowHash(identity) + "," + values + ")";
}

std::string Quarantine::WriteHeldSql(const std::string& identity, const std::string& moved_to,
                                     const std::string& assignments, bool coerce) const {
  return std::string("UPDATE ") + (coerce ? "IGNORE " : "") + held_ +
         " SET _osc_row=" + RowHash(moved_to) + (assignments.empty() ? "" : "," + assignments) +
         IsRow(identity);
}

}  // namespace osc::apply
