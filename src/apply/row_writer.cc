#include "src/apply/row_writer.h"

#include <unordered_map>

#include "src/apply/packet.h"
#include "src/apply/quarantine_writer.h"
#include "src/apply/resync.h"
#include "src/apply/unfit_row.h"
#include "src/mysql/server_message.h"

namespace osc::apply {
namespace {

using binlog::ChangeKind;

constexpr size_t kInsertBytes = 128 * 1024;

// What a batch does to one row, all its changes together.
struct NetChange {
  const Change* first = nullptr;
  const Change* last = nullptr;
  bool is_new = false;  // deleted or absent in between: its preserved values are not the dead row's

  bool existed() const { return first->kind != ChangeKind::kInsert; }
  bool remains() const { return last->kind != ChangeKind::kDelete; }
};

// In the order of first appearance, so that the same changes always give the same statements.
std::vector<NetChange> Net(const RowSql& sql, const std::vector<const Change*>& changes) {
  std::vector<NetChange> net;
  std::unordered_map<std::string, size_t> places;
  for (const Change* change : changes) {
    const bool inserted = change->kind == ChangeKind::kInsert;
    const auto [place, added] =
        places.try_emplace(sql.Key(*change, inserted ? change->after : change->before), net.size());
    if (added) net.push_back({change, change, false});
    NetChange& row = net[place->second];
    row.last = change;
    if (inserted) row.is_new = true;
  }
  return net;
}

}  // namespace

RowWriter::RowWriter(const RowMapping& mapping, WriteMode mode, Quarantine* quarantine,
                     DefaultedRows* defaulted)
    : mapping_(mapping),
      mode_(mode),
      sql_(mapping),
      quarantine_(quarantine),
      defaulted_(defaulted) {}

bool RowWriter::NeedsOrder(mysql::Connection& connection,
                           const std::vector<const Change*>& changes) const {
  for (const Change* change : changes) {
    if (sql_.HasLargeValues(*change)) return true;
  }
  if (quarantine_ == nullptr || !quarantine_->exists()) return false;
  QuarantineWriter unfit(*quarantine_, mapping_, sql_, connection);
  unfit.Begin(changes);
  return !unfit.IsEmpty();
}

void RowWriter::WriteNet(mysql::Connection& connection,
                         const std::vector<const Change*>& changes) const {
  const bool exact = mode_ == WriteMode::kExact;
  const std::vector<NetChange> net = Net(sql_, changes);
  Packet packet(connection);
  std::string statement;
  const auto one = exact ? std::optional<uint64_t>(1) : std::nullopt;
  // Deletes before updates before inserts: a unique value given up by one row is free for the next.
  for (const NetChange& row : net) {
    const bool goes = !row.remains() || row.is_new || !exact;
    if (!goes || (exact && !row.existed())) continue;
    statement = sql_.delete_head();
    const bool inserted = row.first->kind == ChangeKind::kInsert;
    sql_.AppendKey(statement, *row.first, inserted ? row.first->after : row.first->before);
    packet.Add(statement, one);
  }
  for (const NetChange& row : net) {
    if (!exact || !row.remains() || row.is_new) continue;
    statement.clear();
    if (sql_.AppendUpdate(statement, *row.last, row.first->before)) packet.Add(statement, one);
  }
  uint64_t rows = 0;
  for (const NetChange& row : net) {
    if (!row.remains() || (exact && !row.is_new)) continue;
    if (rows == 0) {
      statement = sql_.insert_head();
    } else {
      statement += ',';
    }
    sql_.AppendValues(statement, *row.last, row.last->after);
    ++rows;
    if (statement.size() < kInsertBytes) continue;
    packet.Add(statement, rows);
    rows = 0;
  }
  if (rows > 0) packet.Add(statement, rows);
  packet.Flush();
}

bool RowWriter::WriteInOrder(mysql::Connection& connection,
                             const std::vector<const Change*>& changes) const {
  std::optional<QuarantineWriter> unfit;
  if (quarantine_ != nullptr) {
    unfit.emplace(*quarantine_, mapping_, sql_, connection);
    unfit->Begin(changes);
  }
  for (const Change* change : changes) {
    if (unfit && unfit->Holds(*change)) {
      unfit->Write(*change);
      continue;
    }
    try {
      sql_.HasLargeValues(*change) ? WriteLarge(connection, *change)
                                   : WriteOne(connection, *change);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable) throw;
      if (unfit) {
        unfit->Put(*change, error);
        continue;
      }
      if (error.server_errno() == 0) {  // the server has not seen it: too large to be sent
        throw Error(error.code(),
                    NameRow(connection, mapping_, ValuesOfChange(mapping_, *change)) + ", " +
                        error.message(),
                    error.hint());
      }
      throw ExplainUnfit(connection, mapping_, ValuesOfChange(mapping_, *change),
                         "the new definition", error);
    }
  }
  return unfit && unfit->Finish();
}

void RowWriter::ExpectOne(mysql::Connection& connection, const std::string& sql,
                          const Change& change) const {
  if (connection.Execute(sql) == 1) return;
  throw Error(
      ErrorCode::kDiverged,
      "row " + DescribeKey(mapping_, change) + " is missing in " + mysql::Quote(mapping_.target),
      "somebody else has changed the off-stage table");
}

void RowWriter::WriteLarge(mysql::Connection& connection, const Change& change) const {
  const bool only_changed =
      mode_ == WriteMode::kExact && change.kind == binlog::ChangeKind::kUpdate;
  sql_.SendLargeValues(connection, change, only_changed);
  WriteOne(connection, change);
  sql_.ForgetLargeValues(connection, change);
}

void RowWriter::WriteOne(mysql::Connection& connection, const Change& change) const {
  std::string statement;
  if (mode_ == WriteMode::kReplace) {
    if (change.kind != ChangeKind::kInsert) {
      connection.Execute(sql_.delete_head() + sql_.Key(change, change.before));
    }
    if (change.kind == ChangeKind::kDelete) return;
    connection.Execute(sql_.delete_head() + sql_.Key(change, change.after));
    InsertOrResync(connection, change);
    return;
  }
  switch (change.kind) {
    case ChangeKind::kDelete:
      return ExpectOne(connection, sql_.delete_head() + sql_.Key(change, change.before), change);
    case ChangeKind::kUpdate:
      if (sql_.AppendUpdate(statement, change, change.before)) {
        ExpectOne(connection, statement, change);
      }
      return;
    case ChangeKind::kInsert:
      statement = sql_.insert_head();
      sql_.AppendValues(statement, change, change.after);
      connection.Execute(statement);
      return;
  }
}

// A duplicate here means that the copy is ahead of the stream (a row was copied with a unique value
// that it got later), or that the new definition forbids what the table holds. Reading both rows
// again from the live table, under lock, tells the two apart.
void RowWriter::InsertOrResync(mysql::Connection& connection, const Change& change) const {
  std::string statement = sql_.insert_head();
  sql_.AppendValues(statement, change, change.after);
  try {
    connection.Execute(statement);
  } catch (const Error& error) {
    if (error.server_errno() != mysql::kDuplicateEntry) throw;
    Resync(connection, mapping_, sql_, change);
  }
}

}  // namespace osc::apply
