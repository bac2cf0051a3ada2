#include "src/apply/quarantine_writer.h"

#include <optional>

#include "src/apply/packet.h"
#include "src/apply/row_identity.h"
#include "src/apply/unfit_row.h"
#include "src/mysql/server_message.h"

namespace osc::apply {

using binlog::ChangeKind;

namespace {

// Of one value, in what is kept of a row for a report.
constexpr size_t kMostReported = 64 * 1024;

// Rows that go to the quarantine in one go: statements of one kind travel in common packets.
constexpr size_t kMostPending = 1000;

// The columns do not take the values, which is then so of the held row too; nothing else is said.
bool IsOfColumns(const Error& error) {
  switch (error.server_errno()) {
    case 1048:  // cannot be null
    case 1264:  // out of range
    case 1265:  // data truncated
    case 1292:  // truncated wrong value
    case 1366:  // incorrect value
    case 1406:  // too long
      return true;
    default:
      return false;
  }
}

std::string Literal(const RowMapping& mapping, const Change& change, size_t source) {
  if (change.after[source].is_null) return "NULL";
  std::string literal;
  binlog::AppendLiteral(literal, change.map->columns[source], mapping.source_types[source],
                        change.after[source]);
  return literal;
}

std::string SourceKey(const RowMapping& mapping, const Change& change) {
  std::string key;
  for (const size_t part : mapping.key) {
    const size_t source = mapping.columns[part].source;
    key += (key.empty() ? "n." : " AND n.") + mysql::QuoteIdentifier(mapping.source_names[source]) +
           "=" + Literal(mapping, change, source);
  }
  return key;
}

std::string LiveRow(const RowMapping& mapping, const Change& change) {
  std::string pairs;
  for (size_t source = 0; source < mapping.source_names.size(); ++source) {
    const std::string& name = mapping.source_names[source];
    const size_t size = change.after[source].size;
    pairs += (pairs.empty() ? "" : ",") +
             (size > kMostReported
                  ? mysql::QuoteText(name) + "," +
                        mysql::QuoteText("(a value of " + std::to_string(size) + " bytes)")
                  : JsonPair(name, mapping.source_types[source], Literal(mapping, change, source)));
  }
  return "JSON_OBJECT(" + pairs + ")";
}

}  // namespace

void QuarantineWriter::Begin(const std::vector<const Change*>& changes) {
  std::vector<std::string> identities;
  for (const Change* change : changes) {
    // A key that a row moves to is free, or has been given up within the batch.
    identities.push_back(RowIdentity(
        mapping_, change->kind == ChangeKind::kInsert ? change->after : change->before));
  }
  for (const auto& [identity, entry] : quarantine_.Find(connection_, identities)) {
    entries_[identity].entry = entry;
  }
}

bool QuarantineWriter::Holds(const Change& change) const {
  if (entries_.empty()) return false;
  return entries_.count(RowIdentity(
             mapping_, change.kind == ChangeKind::kInsert ? change.after : change.before)) > 0;
}

void QuarantineWriter::Drop(const Change& change) {
  const auto place = entries_.find(
      RowIdentity(mapping_, change.kind == ChangeKind::kInsert ? change.after : change.before));
  if (place == entries_.end()) return;
  if (place->second.is_pending) {  // nothing of it is written yet
    std::erase(pending_, place->first);
  } else {
    quarantine_.Erase(connection_, place->first, place->second.entry);
  }
  entries_.erase(place);
  changed_ = true;
}

void QuarantineWriter::Write(const Change& change) {
  if (change.kind == ChangeKind::kInsert) {
    throw Error(ErrorCode::kDiverged,
                "row " + DescribeKey(mapping_, change) + " is inserted, but was there",
                "somebody else has changed the tables of the quarantine");
  }
  changed_ = true;
  const std::string identity = RowIdentity(mapping_, change.before);
  if (entries_.at(identity).is_pending) PutPending();
  const Row row = entries_.at(identity);
  entries_.erase(identity);
  if (change.kind == ChangeKind::kDelete) {
    quarantine_.Erase(connection_, identity, row.entry);
  } else {
    WriteValues(identity, row, change);
  }
}

void QuarantineWriter::Put(const Change& change, const Error& error) {
  changed_ = true;
  quarantine_.Create(connection_.options());
  Row row;
  if (MayWait(change, error)) {
    const bool is_insert = change.kind == ChangeKind::kInsert;
    row.entry.lives_on = !is_insert;
    return Wait(RowIdentity(mapping_, is_insert ? change.after : change.before), row, change,
                error);
  }
  if (change.kind == ChangeKind::kInsert) {
    return WriteValues(RowIdentity(mapping_, change.after), row, change);
  }
  if (change.kind == ChangeKind::kDelete) throw error;
  const std::string identity = RowIdentity(mapping_, change.before);
  quarantine_.Hold(connection_, identity, sql_.Key(change, change.before));
  row.entry.is_held = row.entry.lives_on = true;
  WriteValues(identity, row, change);
}

bool QuarantineWriter::MayWait(const Change& change, const Error& error) const {
  return change.kind != ChangeKind::kDelete && IsOfColumns(error) && !MovesKey(mapping_, change) &&
         !sql_.HasLargeValues(change);
}

void QuarantineWriter::Wait(const std::string& identity, Row row, const Change& change,
                            const Error& error) {
  row.change = &change;
  row.error = error;
  row.is_pending = true;
  entries_[identity] = std::move(row);
  pending_.push_back(identity);
  if (pending_.size() >= kMostPending) PutPending();
}

bool QuarantineWriter::PutPending() {
  if (pending_.empty()) return false;
  HoldPending();
  CoercePending();
  std::vector<std::pair<std::string, Quarantine::Entry>> entries;
  for (const std::string& identity : pending_) {
    Row& row = entries_.at(identity);
    row.is_pending = false;
    entries.emplace_back(identity, row.entry);
  }
  quarantine_.Put(connection_, entries);
  pending_.clear();
  return true;
}

// Takes those from the off-stage table that are there.
void QuarantineWriter::HoldPending() {
  Packet packet(connection_);
  for (const bool remove : {false, true}) {
    for (const std::string& identity : pending_) {
      const Row& row = entries_.at(identity);
      if (row.entry.is_held || row.change->kind == ChangeKind::kInsert) continue;
      const std::string key = sql_.Key(*row.change, row.change->before);
      packet.Add(remove ? sql_.delete_head() + key : quarantine_.HoldSql(identity, key), 1);
    }
  }
  packet.Flush();
  for (const std::string& identity : pending_) {
    Row& row = entries_.at(identity);
    if (row.change->kind != ChangeKind::kInsert) row.entry.is_held = true;
  }
}

void QuarantineWriter::CoercePending() {
  connection_.Execute("SAVEPOINT osc_coerce");
  try {
    Packet packet(connection_);
    for (const std::string& identity : pending_) {
      const Row& row = entries_.at(identity);
      packet.Add(WriteHeldSql(identity, row.entry, *row.change, true), 1);
    }
    packet.Flush();
    for (const std::string& identity : pending_) {
      Quarantine::Entry& entry = entries_.at(identity).entry;
      entry.is_held = entry.is_current = true;
    }
  } catch (const Error& error) {
    // Of some rows the server makes nothing that fits (a JSON of MariaDB): one by one.
    if (error.code() != ErrorCode::kUnprojectable && error.code() != ErrorCode::kDiverged) throw;
    connection_.Execute("ROLLBACK TO SAVEPOINT osc_coerce");
    for (const std::string& identity : pending_) {
      Row& row = entries_.at(identity);
      row.entry.is_current = false;
      Coerce(identity, &row.entry, *row.change);
    }
  }
}

// before: the row's identity until now. What the live table has now goes to the held row, and from
// there off stage if it may.
void QuarantineWriter::WriteValues(const std::string& before, Row row, const Change& change) {
  const std::string identity = RowIdentity(mapping_, change.after);
  if (identity != before) quarantine_.Forget(connection_, before);
  const bool is_large = sql_.HasLargeValues(change);
  Quarantine::Entry& entry = row.entry;
  entry.is_current = entry.duplicate = false;
  bool is_sent = !is_large;
  try {
    if (is_large) sql_.SendLargeValues(connection_, change, false);
    is_sent = true;
    entry.is_current = WriteHeld(before, entry, change, false);
    entry.is_held = true;
    quarantine_.Release(connection_, identity, entry);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable) throw;
    if (!entry.is_current && entry.is_held && identity == before && MayWait(change, error)) {
      return Wait(identity, row, change, error);
    }
    if (entry.is_current) {
      entry.duplicate = error.server_errno() == mysql::kDuplicateEntry;
    } else if (!is_sent || !Coerce(before, &entry, change)) {
      // Nothing can be made of the values. What only the off-stage table has is kept.
      if (entry.is_held) {
        connection_.Execute(quarantine_.WriteHeldSql(before, identity, "", false));
      }
    }
    row.change = &change;
    row.error = error;
    quarantine_.Put(connection_, identity, entry);
    entries_[identity] = std::move(row);
  }
  if (is_large) sql_.ForgetLargeValues(connection_, change);
}

bool QuarantineWriter::WriteHeld(const std::string& before, const Quarantine::Entry& entry,
                                 const Change& change, bool coerce) {
  return connection_.Execute(WriteHeldSql(before, entry, change, coerce)) == 1;
}

std::string QuarantineWriter::WriteHeldSql(const std::string& before,
                                           const Quarantine::Entry& entry, const Change& change,
                                           bool coerce) const {
  const std::string identity = RowIdentity(mapping_, change.after);
  std::string text;
  if (entry.is_held) {
    sql_.AppendAssignments(text, change, change.after);
    return quarantine_.WriteHeldSql(before, identity, text, coerce);
  }
  sql_.AppendValues(text, change, change.after);
  return quarantine_.WriteNewSql(identity, text.substr(1, text.size() - 2), coerce);
}

bool QuarantineWriter::Coerce(const std::string& before, Quarantine::Entry* entry,
                              const Change& change) {
  try {
    entry->is_current = WriteHeld(before, *entry, change, true);
    entry->is_held = entry->is_held || entry->is_current;
    return entry->is_current;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable) throw;
    return false;
  }
}

bool QuarantineWriter::Finish() {
  PutPending();
  for (bool progress = true; progress;) {
    progress = false;
    for (auto place = entries_.begin(); place != entries_.end();) {
      const auto& [identity, row] = *place;
      if (row.change == nullptr || !row.entry.duplicate || !TryRelease(identity, row.entry)) {
        ++place;
        continue;
      }
      place = entries_.erase(place);
      progress = true;
    }
  }
  for (const auto& [identity, row] : entries_) {
    if (row.change == nullptr || !quarantine_.IsDescribing()) continue;
    quarantine_.Describe(
        connection_, identity,
        DescribeUnfit(connection_, mapping_, ValuesOfChange(mapping_, *row.change), row.error),
        row.change->transaction, SourceKey(mapping_, *row.change), LiveRow(mapping_, *row.change));
  }
  return changed_;
}

bool QuarantineWriter::TryRelease(const std::string& identity, const Quarantine::Entry& entry) {
  try {
    quarantine_.Release(connection_, identity, entry);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable) throw;
    return false;
  }
}

}  // namespace osc::apply
