#include "src/binlog/transaction_builder.h"

#include <algorithm>
#include <cctype>

#include "src/base/error.h"
#include "src/binlog/compression.h"
#include "src/binlog/gtid_event.h"
#include "src/mysql/quote.h"

namespace osc::binlog {
namespace {

constexpr size_t kQueryHeader = 13;
// An EXECUTE_LOAD_QUERY is a query with file id, two offsets and a flag after its header.
constexpr size_t kLoadQueryExtra = 13;
constexpr size_t kTableIdSize = 6;
// Ends a statement without rows; no table map belongs to it.
constexpr uint64_t kNoTable = 0xffffff;
// Ids grow with every change of a definition; forgotten tables come back with their next map.
constexpr size_t kMostKnownTables = 4096;

bool StartsWith(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  return std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
    return a == std::toupper(static_cast<unsigned char>(b));
  });
}

bool Is(std::string_view text, std::string_view word) {
  return text.size() == word.size() && StartsWith(text, word);
}

std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && (std::isspace(static_cast<unsigned char>(text.back())) != 0 ||
                           text.back() == ';' || text.back() == '\0')) {
    text.remove_suffix(1);
  }
  return text;
}

// The servers write savepoints in backticks. Their names are compared without case.
std::string SavepointName(std::string_view quoted) {
  std::string name;
  for (const char c : quoted) {
    if (c != '`' && c != ' ') {
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return name;
}

struct RowsKind {
  ChangeKind kind;
  bool has_extra_data;
  bool is_compressed;
};

std::optional<RowsKind> ClassifyRows(uint8_t type) {
  switch (type) {
    case kWriteRowsEventV1:
      return RowsKind{ChangeKind::kInsert, false, false};
    case kUpdateRowsEventV1:
      return RowsKind{ChangeKind::kUpdate, false, false};
    case kDeleteRowsEventV1:
      return RowsKind{ChangeKind::kDelete, false, false};
    case kWriteRowsEvent:
      return RowsKind{ChangeKind::kInsert, true, false};
    case kPartialUpdateRowsEvent:
    case kUpdateRowsEvent:
      return RowsKind{ChangeKind::kUpdate, true, false};
    case kDeleteRowsEvent:
      return RowsKind{ChangeKind::kDelete, true, false};
    case kMariaDbWriteRowsCompressedEventV1:
      return RowsKind{ChangeKind::kInsert, false, true};
    case kMariaDbUpdateRowsCompressedEventV1:
      return RowsKind{ChangeKind::kUpdate, false, true};
    case kMariaDbDeleteRowsCompressedEventV1:
      return RowsKind{ChangeKind::kDelete, false, true};
    case kMariaDbWriteRowsCompressedEvent:
      return RowsKind{ChangeKind::kInsert, true, true};
    case kMariaDbUpdateRowsCompressedEvent:
      return RowsKind{ChangeKind::kUpdate, true, true};
    case kMariaDbDeleteRowsCompressedEvent:
      return RowsKind{ChangeKind::kDelete, true, true};
    default:
      return std::nullopt;
  }
}

}  // namespace

TransactionBuilder::TransactionBuilder(mysql::Family family, bool with_gtids, TableFilter filter,
                                       RowMemory memory)
    : family_(family),
      with_gtids_(with_gtids),
      filter_(std::move(filter)),
      memory_(std::move(memory)) {}

void TransactionBuilder::BeginFile() {
  in_group_ = false;
  tables_.clear();
}

std::optional<Transaction> TransactionBuilder::Add(const Event& event) {
  switch (event.header.type) {
    case kGtidEvent:
      SetGtid(ParseMySqlGtid(event.body));
      return std::nullopt;
    case kTaggedGtidEvent:
      SetGtid(ParseTaggedGtid(event.body));
      return std::nullopt;
    case kMariaDbGtidEvent:
      AddMariaDbGtid(event);
      return std::nullopt;
    case kAnonymousGtidEvent:
      if (with_gtids_) {
        throw Error(ErrorCode::kPositionLost, "the server wrote a transaction without a GTID",
                    "gtid_mode was changed; start the migration again");
      }
      StartGroup();
      return std::nullopt;
    case kQueryEvent:
      return AddQuery(event.body, kQueryHeader, false);
    case kMariaDbQueryCompressedEvent:
      return AddQuery(event.body, kQueryHeader, true);
    case kExecuteLoadQueryEvent:
      return AddQuery(event.body, kQueryHeader + kLoadQueryExtra, false);
    case kXidEvent:
      return Finish();
    case kXaPrepareEvent:
      return AddXaPrepare(event.body);
    case kTransactionPayloadEvent:
      return AddPayload(event.body);
    case kTableMapEvent:
      AddTableMap(event.body);
      return std::nullopt;
    case kStopEvent:
    case kRotateEvent:
    case kHeartbeatEvent:
    case kHeartbeatV2Event:
    case kIgnorableEvent:
    case kRowsQueryEvent:
    case kPreviousGtidsEvent:
    case kTransactionContextEvent:
    case kViewChangeEvent:
    case kMariaDbAnnotateRowsEvent:
    case kMariaDbBinlogCheckpointEvent:
    case kMariaDbGtidListEvent:
    case kMariaDbStartEncryptionEvent:
    // What a statement that follows needs to run; the statement itself is what is looked at.
    case kIntvarEvent:
    case kRandEvent:
    case kUserVarEvent:
    case kBeginLoadQueryEvent:
    case kAppendBlockEvent:
    case kDeleteFileEvent:
      return std::nullopt;
    default:
      break;
  }
  if (ClassifyRows(event.header.type)) {
    AddRows(event);
    return std::nullopt;
  }
  if ((event.header.flags & kIgnorableFlag) != 0) return std::nullopt;
  throw Error(
      ErrorCode::kDiverged,
      "the binlog has an event of type " + EventTypeName(event.header.type) +
          ", which cannot be carried over",
      event.header.type == kIncidentEvent
          ? "the server lost changes on their way into the binlog; start the migration again"
          : "");
}

void TransactionBuilder::StartGroup() {
  if (in_group_) {
    throw Error(ErrorCode::kDiverged, "a transaction in the binlog has no end");
  }
  in_group_ = true;
  has_begun_ = false;
  current_ = Transaction();
  bytes_in_memory_ = 0;
  last_schema_.clear();
  savepoints_.clear();
  ++group_;
}

void TransactionBuilder::SetGtid(Gtid gtid) {
  StartGroup();
  if (with_gtids_) current_.gtid = std::move(gtid);
}

void TransactionBuilder::AddMariaDbGtid(const Event& event) {
  const MariaDbGtid parsed = ParseMariaDbGtid(event.body, event.header.server_id);
  SetGtid(parsed.gtid);
  has_begun_ = !parsed.is_standalone;
}

std::optional<Transaction> TransactionBuilder::AddQuery(std::string_view body,
                                                        size_t post_header_size,
                                                        bool is_compressed) {
  ByteReader reader(body);
  reader.Skip(8);  // thread id, seconds
  const size_t schema_size = reader.Little(1);
  reader.Skip(2);  // error code
  const size_t status_size = reader.Little(2);
  reader.Skip(post_header_size - kQueryHeader);
  reader.Skip(status_size);
  const std::string_view schema = reader.Take(schema_size);
  reader.Skip(1);
  const std::string_view text = reader.Rest();
  if (!is_compressed) return AddStatement(schema, text);
  std::string unpacked;
  AppendMariaDbUncompressed(&unpacked, text);
  return AddStatement(schema, unpacked);
}

std::optional<Transaction> TransactionBuilder::AddStatement(std::string_view schema,
                                                            std::string_view sql) {
  const std::string_view text = TrimRight(sql);
  if (Is(text, "BEGIN")) {
    if (!in_group_) StartGroup();
    has_begun_ = true;
    return std::nullopt;
  }
  if (!in_group_) StartGroup();
  if (Is(text, "COMMIT")) return Finish();
  if (Is(text, "ROLLBACK")) {
    ClearRowsInMemory();  // see RollBackTo
    current_.spool.reset();
    return Finish();
  }
  if (StartsWith(text, "SAVEPOINT ")) {
    const std::string name = SavepointName(text.substr(10));
    std::erase_if(savepoints_, [&](const Savepoint& s) { return s.name == name; });
    savepoints_.push_back({name, SpooledBytes(), current_.rows.size()});
    return std::nullopt;
  }
  if (StartsWith(text, "ROLLBACK TO ")) {
    RollBackTo(SavepointName(text.substr(12)));
    return std::nullopt;
  }
  if (StartsWith(text, "XA ")) return AddXaStatement(text.substr(3));
  if (current_.statement.empty()) {
    current_.schema = schema;
  } else {
    current_.statement += ";\n";
    if (schema != last_schema_) {
      current_.statement += "USE " + mysql::QuoteIdentifier(schema) + ";\n";
    }
  }
  last_schema_ = schema;
  current_.statement += sql;
  if (has_begun_) return std::nullopt;
  return Finish();
}

// XA START and END stand around the rows of a group that an XA_PREPARE event ends; COMMIT and
// ROLLBACK are groups of their own. All write the xid in the same way.
std::optional<Transaction> TransactionBuilder::AddXaStatement(std::string_view text) {
  const size_t space = text.find(' ');
  if (space != std::string_view::npos) current_.xid = text.substr(space + 1);
  if (StartsWith(text, "START") || StartsWith(text, "BEGIN")) has_begun_ = true;
  if (StartsWith(text, "COMMIT")) {
    current_.xa = Transaction::Xa::kCommit;
    return Finish();
  }
  if (StartsWith(text, "ROLLBACK")) {
    current_.xa = Transaction::Xa::kRollback;
    return Finish();
  }
  return std::nullopt;
}

// The servers write what was rolled back when a table without transactions took part (seen on
// MariaDB 10.11 and 11.8 with MyISAM; MySQL with GTIDs does not let them mix). Rows of such a table
// lie in a group of their own, which commits; these are rows of transactional tables, and gone.
void TransactionBuilder::RollBackTo(const std::string& savepoint) {
  const auto found = std::find_if(savepoints_.begin(), savepoints_.end(),
                                  [&](const Savepoint& s) { return s.name == savepoint; });
  if (found == savepoints_.end()) {
    if (!current_.HasRows()) return;
    throw Error(ErrorCode::kDiverged, "the binlog has a ROLLBACK to an unknown savepoint " +
                                          savepoint + " after rows of the table");
  }
  if (found->spooled < SpooledBytes()) {
    ClearRowsInMemory();
    current_.spool->CutTo(found->spooled);
  } else {
    for (size_t i = found->rows; i < current_.rows.size(); ++i) {
      bytes_in_memory_ -= current_.rows[i].byte_size() + sizeof(RowsEvent);
    }
    current_.rows.erase(current_.rows.begin() + static_cast<ptrdiff_t>(found->rows),
                        current_.rows.end());
  }
  savepoints_.erase(found + 1, savepoints_.end());
}

void TransactionBuilder::ClearRowsInMemory() {
  current_.rows.clear();
  bytes_in_memory_ = 0;
}

void TransactionBuilder::SpoolRows() {
  if (!current_.spool) current_.spool = std::make_shared<RowSpool>(memory_.directory);
  const uint64_t start = current_.spool->size();
  std::vector<uint64_t> ends{start};
  for (const RowsEvent& event : current_.rows) {
    current_.spool->Append(event);
    ends.push_back(current_.spool->size());
  }
  for (Savepoint& savepoint : savepoints_) {
    if (savepoint.spooled == start) {
      savepoint.spooled = ends[savepoint.rows];
      savepoint.rows = 0;
    }
  }
  ClearRowsInMemory();
}

Transaction TransactionBuilder::AddXaPrepare(std::string_view body) {
  const bool is_one_phase = ByteReader(body).Little(1) != 0;
  if (!is_one_phase) current_.xa = Transaction::Xa::kPrepare;
  return Finish();
}

std::optional<Transaction> TransactionBuilder::AddPayload(std::string_view body) {
  std::optional<Transaction> complete;
  ForEachPayloadEvent(body, [&](std::string_view bytes) {
    Event event{ParseEventHeader(bytes), bytes.substr(kEventHeaderSize)};
    if (complete) throw Error(ErrorCode::kDiverged, "a compressed transaction has no end");
    complete = Add(event);
  });
  return complete;
}

void TransactionBuilder::AddTableMap(std::string_view body) {
  const TableMapNames names = ParseTableMapNames(body);
  if (tables_.size() >= kMostKnownTables) tables_.clear();
  KnownTable& known = tables_[names.table_id];
  known.group = group_;
  if (!filter_(names.database, names.table)) {
    known.map = nullptr;
    return;
  }
  // The same map comes again with every statement.
  if (known.map != nullptr && known.map->encoded == body) return;
  known.map = std::make_shared<const TableMap>(ParseTableMap(body));
}

void TransactionBuilder::AddRows(const Event& event) {
  const RowsKind kind = *ClassifyRows(event.header.type);
  ByteReader reader(event.body);
  const uint64_t table_id = reader.Little(kTableIdSize);
  reader.Skip(2);  // flags
  if (table_id == kNoTable) return;
  const auto found = tables_.find(table_id);
  if (found == tables_.end() || found->second.group != group_) {
    throw Error(ErrorCode::kDiverged, "the binlog has rows of a table that it does not name");
  }
  if (found->second.map == nullptr) return;
  const TableMap& map = *found->second.map;
  if (event.header.type == kPartialUpdateRowsEvent) {
    throw Error(ErrorCode::kDiverged, "the binlog has partial JSON updates of " + map.Name(),
                "set binlog_row_value_options=''; a session uses PARTIAL_JSON");
  }
  if (kind.has_extra_data) {
    const uint64_t extra_size = reader.Little(2);
    if (extra_size < 2) throw Error(ErrorCode::kDiverged, "a rows event is malformed");
    reader.Skip(extra_size - 2);
  }
  const size_t columns = reader.PackedLength();
  const size_t bitmaps_at = reader.position();
  std::string body;
  if (kind.is_compressed) {
    reader.Skip((columns + 7) / 8 * (kind.kind == ChangeKind::kUpdate ? 2 : 1));
    body = event.body.substr(0, reader.position());
    AppendMariaDbUncompressed(&body, reader.Rest());
  } else {
    body = event.body;
  }
  current_.rows.emplace_back(kind.kind, found->second.map, std::move(body), bitmaps_at, columns);
  bytes_in_memory_ += current_.rows.back().byte_size() + sizeof(RowsEvent);
  if (bytes_in_memory_ > memory_.bytes) SpoolRows();
}

Transaction TransactionBuilder::Finish() {
  in_group_ = false;
  Transaction done = std::move(current_);
  current_ = Transaction();
  return done;
}

}  // namespace osc::binlog
