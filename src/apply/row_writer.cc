#include "src/apply/row_writer.h"

#include "src/apply/net_writer.h"
#include "src/apply/quarantine_writer.h"
#include "src/apply/resync.h"
#include "src/apply/unfit_row.h"
#include "src/mysql/server_message.h"

namespace osc::apply {

using binlog::ChangeKind;

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
  NetWriter(connection, mapping_, sql_, mode_).Write(NetChanges(sql_, changes));
}

bool RowWriter::WriteInOrder(mysql::Connection& connection,
                             const std::vector<const Change*>& changes) const {
  std::optional<QuarantineWriter> unfit;
  if (quarantine_ != nullptr) {
    unfit.emplace(*quarantine_, mapping_, sql_, connection);
    unfit->Begin(changes);
  }
  std::deque<Change> kept;
  for (const Change* change : changes) {
    if (unfit && mode_ == WriteMode::kReplace) {
      WriteOrPutAside(connection, *change, &*unfit, &kept);
      continue;
    }
    if (unfit && unfit->Holds(*change)) {
      unfit->Write(*change);
      continue;
    }
    const auto write = [&] {
      sql_.HasLargeValues(*change) ? WriteLarge(connection, *change)
                                   : WriteOne(connection, *change);
    };
    try {
      write();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable) throw;
      if (unfit) {
        PutUnfit(*unfit, *change, error, write);
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

// A value may only be taken because the row that had it is still to go to the quarantine.
void RowWriter::PutUnfit(QuarantineWriter& unfit, const Change& change, const Error& error,
                         const std::function<void()>& write) const {
  if (error.server_errno() != mysql::kDuplicateEntry || !unfit.PutPending()) {
    return unfit.Put(change, error);
  }
  try {
    write();
  } catch (const Error& again) {
    if (again.code() != ErrorCode::kUnprojectable) throw;
    unfit.Put(change, again);
  }
}

void RowWriter::WriteOrPutAside(mysql::Connection& connection, const Change& change,
                                QuarantineWriter* unfit, std::deque<Change>* kept) const {
  unfit->Drop(change);
  connection.Execute("SAVEPOINT osc_row");
  try {
    return sql_.HasLargeValues(change) ? WriteLarge(connection, change)
                                       : WriteOne(connection, change);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable || change.kind == ChangeKind::kDelete) throw;
    connection.Execute("ROLLBACK TO SAVEPOINT osc_row");
    if (change.kind == ChangeKind::kUpdate) {
      connection.Execute(sql_.delete_head() + sql_.Key(change, change.before));
    }
    connection.Execute(sql_.delete_head() + sql_.Key(change, change.after));
    kept->push_back(change);
    kept->back().kind = ChangeKind::kInsert;  // nothing of the row is preserved
    kept->back().before.clear();
    unfit->Put(kept->back(), error);
  }
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
// again from the live table, under lock, tells the two apart. Where there is a quarantine the row
// waits there instead, until the other one has given its value up.
void RowWriter::InsertOrResync(mysql::Connection& connection, const Change& change) const {
  std::string statement = sql_.insert_head();
  sql_.AppendValues(statement, change, change.after);
  try {
    connection.Execute(statement);
  } catch (const Error& error) {
    if (error.server_errno() != mysql::kDuplicateEntry || quarantine_ != nullptr) throw;
    Resync(connection, mapping_, sql_, change);
  }
}

}  // namespace osc::apply
