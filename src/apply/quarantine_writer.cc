#include "src/apply/quarantine_writer.h"

#include <optional>

#include "src/apply/row_identity.h"
#include "src/apply/unfit_row.h"
#include "src/mysql/server_message.h"

namespace osc::apply {

using binlog::ChangeKind;

namespace {

// Of one value, in what is kept of a row for a report.
constexpr size_t kMostReported = 64 * 1024;

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

void QuarantineWriter::Write(const Change& change) {
  if (change.kind == ChangeKind::kInsert) {
    throw Error(ErrorCode::kDiverged,
                "row " + DescribeKey(mapping_, change) + " is inserted, but was there",
                "somebody else has changed the tables of the quarantine");
  }
  changed_ = true;
  const std::string identity = RowIdentity(mapping_, change.before);
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
  if (change.kind == ChangeKind::kInsert) {
    return WriteValues(RowIdentity(mapping_, change.after), row, change);
  }
  if (change.kind == ChangeKind::kDelete) throw error;
  const std::string identity = RowIdentity(mapping_, change.before);
  quarantine_.Hold(connection_, identity, sql_.Key(change, change.before));
  row.entry.is_held = row.entry.lives_on = true;
  WriteValues(identity, row, change);
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
    if (entry.is_current) {
      entry.duplicate = error.server_errno() == mysql::kDuplicateEntry;
    } else if (!is_sent || !Coerce(before, &entry, change)) {
      // Nothing can be made of the values. What only the off-stage table has is kept.
      if (entry.is_held) quarantine_.WriteHeld(connection_, before, identity, "", false);
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
  const std::string identity = RowIdentity(mapping_, change.after);
  std::string text;
  if (entry.is_held) {
    sql_.AppendAssignments(text, change, change.after);
    return quarantine_.WriteHeld(connection_, before, identity, text, coerce);
  }
  sql_.AppendValues(text, change, change.after);
  return quarantine_.WriteNew(connection_, identity, text.substr(1, text.size() - 2), coerce);
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
