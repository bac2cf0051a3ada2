#include "shadow/copier.h"

#include <algorithm>
#include <thread>

#include "shadow/mapping.h"
#include "src/apply/resync.h"
#include "src/apply/unfit_row.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/retry.h"
#include "src/base/wait.h"
#include "src/mysql/host_list.h"
#include "src/mysql/key_value.h"
#include "src/mysql/server_message.h"

namespace osc::shadow {
namespace {

using base::Clock;

// Threads above the wanted number wait, so that it can be raised while the copy runs.
constexpr int kMostThreads = 16;
constexpr uint64_t kFirstChunkRows = 1000;
constexpr uint64_t kMostChunkRows = 200000;
// How often a row that meets a duplicate is tried again, each time with a stream that has passed
// the position of the last try. The first retries settle what a lagging stream causes.
constexpr int kDuplicateRounds = 5;
constexpr std::chrono::seconds kRecordInterval{1};
constexpr Clock::duration kShortest = std::chrono::microseconds(100);

}  // namespace

Copier::Copier(CopyOptions options, std::shared_ptr<apply::CopyFrontier> frontier,
               apply::Stream& stream, Pace& pace, std::function<std::string()> throttle)
    : options_(std::move(options)),
      record_(options_.id, options_.live),
      range_(options_.projection, options_.live),
      steps_(range_),
      mapping_(
          MakeMapping(options_.projection, options_.live, options_.off_stage, options_.values)),
      frontier_(std::move(frontier)),
      stream_(stream),
      pace_(pace),
      throttle_(std::move(throttle)),
      retrying_(options_.id + " copy") {
  const ddl::Projection& projection = options_.projection;
  std::string targets;
  std::string sources;
  for (const auto& column : mapping_.columns) {
    const std::string comma = targets.empty() ? "" : ",";
    targets += comma + mysql::QuoteIdentifier(column.target);
    sources += comma + apply::SourceValue(mapping_, column, "l.");
  }
  for (const auto& fill : mapping_.fills) {
    targets += "," + mysql::QuoteIdentifier(fill.target);
    sources += "," + fill.literal;
  }
  const std::string off_stage = mysql::Quote(options_.off_stage);
  insert_ = "INSERT INTO " + off_stage + " (" + targets + ") SELECT " + sources + " FROM " +
            range_.table() + " WHERE ";
  if (options_.hand_over) {
    std::string columns;
    for (const ddl::Column& column : projection.source.columns) {
      if (column.generated) continue;
      columns += (columns.empty() ? "" : ",") + mysql::QuoteIdentifier(column.name);
    }
    hand_over_ = "REPLACE INTO " + mysql::Quote(*options_.hand_over) + " (" + columns +
                 ") SELECT " + columns + " FROM " + range_.table() + " WHERE ";
  }
  const std::string key =
      off_stage + "." +
      mysql::QuoteIdentifier(projection.target.columns[projection.key.front().target].name);
  do_nothing_ = " ON DUPLICATE KEY UPDATE " + key + "=" + key;
}

void Copier::Restore() {
  state::Store store = state::Store::Open(options_.state_directory);
  state_ = store.GetCopyState(options_.id);
  rows_ = state_.rows_copied;
  if (state_.all_handed_out) {
    frontier_->Finish();
  } else if (range_.IsInteger() && !state_.watermark.empty()) {
    frontier_->Advance(range_.OrderOf(LoadKey(state_.watermark)));
  }
}

void Copier::Run(std::stop_token stop) {
  {
    auto connection = mysql::Connection::Open(options_.connection);
    record_.Create(connection);
    DropForgottenRows(stop, connection);
    const auto first = range_.End(connection, false);
    const auto last = range_.End(connection, true);
    if (range_.IsInteger() && first && last) {
      first_order_ = range_.OrderOf(*first);
      last_order_ = range_.OrderOf(*last);
    }
  }
  std::stop_source stop_all;
  const std::stop_callback forward(stop, [&] { stop_all.request_stop(); });
  std::mutex error_mutex;
  std::exception_ptr first_error;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < kMostThreads; ++i) {
      workers.emplace_back([&, i] {
        try {
          Work(stop_all.get_token(), i);
        } catch (...) {
          const std::lock_guard lock(error_mutex);
          if (!first_error) first_error = std::current_exception();
          stop_all.request_stop();
        }
      });
    }
  }
  if (first_error) std::rethrow_exception(first_error);
  auto connection = mysql::Connection::Open(options_.connection);
  state::Store store = state::Store::Open(options_.state_directory);
  record_.Save(connection, {options_.number, options_.epoch, store.GetCopyState(options_.id)});
  OSC_FAULT_POINT("copy.all_recorded");
  finished_ = true;
}

// Now and then, when there is something new. Never an older state over a newer one.
void Copier::SaveRecord(mysql::Connection& connection, state::Store& store) {
  const std::unique_lock lock(record_mutex_, std::try_to_lock);
  if (!lock || Clock::now() < next_record_ || !is_record_old_.exchange(false)) return;
  record_.Save(connection, {options_.number, options_.epoch, store.GetCopyState(options_.id)});
  next_record_ = Clock::now() + kRecordInterval;
}

// A store that went back in time, by a power cut or to a backup, does not know of its latest
// chunks. Their rows have to go: the stream now leaves the changes of these rows to the copy, which
// would leave existing ones alone. Not so after a swap, when the stream leaves nothing to the copy.
void Copier::DropForgottenRows(std::stop_token stop, mysql::Connection& connection) {
  if (!range_.IsInteger() || state_.all_handed_out || options_.hand_over) return;
  const std::string key = mysql::QuoteIdentifier(
      options_.projection.target.columns[options_.projection.key.front().target].name);
  std::string drop = "DELETE FROM " + mysql::Quote(options_.off_stage);
  if (!state_.watermark.empty()) drop += " WHERE " + key + ">" + LoadKey(state_.watermark).front();
  drop += " ORDER BY " + key + " LIMIT " + std::to_string(kFirstChunkRows);
  while (connection.Execute(drop) > 0) base::ThrowIfStopped(stop);
}

void Copier::Work(std::stop_token stop, int worker) {
  std::optional<state::Store> store;
  std::optional<mysql::Connection> connection;
  uint64_t rows = kFirstChunkRows;
  while (true) {
    while (!throttle_().empty() || !pace_.MayWork(worker)) {
      if (HandedOutAll()) return;
      if (worker == 0) Record(store, connection);  // it may be paused for long
      base::SleepFor(stop, base::Millis(50));
      base::ThrowIfStopped(stop);
    }
    std::optional<state::Chunk> chunk;
    const auto step = [&] {
      try {
        if (!store) store.emplace(state::Store::Open(options_.state_directory));
        if (!connection) connection = mysql::Connection::Open(options_.connection);
        SaveRecord(*connection, *store);
        if (!chunk) chunk = NextChunk(*connection, *store, rows);
        if (!chunk) return;
        OSC_FAULT_POINT("copy.handed_out");
        mysql::RequireWritable(*connection);
        const uint64_t copied = CopyChunk(stop, *connection, *chunk);
        OSC_FAULT_POINT("copy.copied");
        store->FinishChunk(options_.id, chunk->number, copied);
        is_record_old_ = true;
        OSC_FAULT_POINT("copy.chunk_recorded");
        rows_ += copied;
      } catch (const Error& error) {
        // A lost reply needs no look: a chunk may be copied twice.
        if (error.code() == ErrorCode::kConnectionLost) connection.reset();
        throw;
      }
    };
    Clock::duration took{};
    pace_.Do(stop, worker, [&] {
      const auto started = Clock::now();
      base::Retry(stop, {.attempts = 1000}, step, [&](const Error& error) {
        // A deadlock or two are nothing to speak of.
        if (Clock::now() - started > std::chrono::seconds(1)) retrying_.Set(error.message());
      });
      took = Clock::now() - started;
    });
    retrying_.Set("");
    if (!chunk) return;
    const double factor = std::clamp(
        std::chrono::duration<double>(pace_.chunk_time()) / std::max(took, kShortest), 0.3, 2.0);
    rows = std::clamp<uint64_t>(static_cast<uint64_t>(static_cast<double>(rows) * factor), 100,
                                kMostChunkRows);
  }
}

void Copier::Record(std::optional<state::Store>& store,
                    std::optional<mysql::Connection>& connection) {
  if (!is_record_old_) return;
  try {
    if (!store) store.emplace(state::Store::Open(options_.state_directory));
    if (!connection) connection = mysql::Connection::Open(options_.connection);
    SaveRecord(*connection, *store);
  } catch (const Error& error) {
    if (!base::IsRetryable(error.code())) throw;
    connection.reset();
    is_record_old_ = true;
  }
}

bool Copier::HandedOutAll() {
  const std::lock_guard lock(mutex_);
  return state_.all_handed_out && state_.outstanding.empty();
}

// Chunks are handed out durably, and to the frontier, before they are read: see CopyFrontier.
std::optional<state::Chunk> Copier::NextChunk(mysql::Connection& connection, state::Store& store,
                                              uint64_t rows) {
  const std::lock_guard lock(mutex_);
  if (!state_.outstanding.empty()) {  // of an earlier run
    state::Chunk chunk = state_.outstanding.front();
    state_.outstanding.erase(state_.outstanding.begin());
    return chunk;
  }
  if (state_.all_handed_out) return std::nullopt;
  state::Chunk chunk;
  chunk.number = state_.next_number;
  chunk.low = state_.watermark;
  const auto high = steps_.Next(connection, LoadKey(chunk.low), rows);
  // The last chunk has no upper bound: its locking read sees what is inserted meanwhile.
  if (high) chunk.high = SaveKey(*high);
  store.HandOutChunk(options_.id, chunk, !high);
  ++state_.next_number;
  state_.watermark = chunk.high;
  if (!high) {
    state_.all_handed_out = true;
    frontier_->Finish();
  } else if (range_.IsInteger()) {
    const uint64_t order = range_.OrderOf(*high);
    frontier_->Advance(order);
    if (first_order_ && *last_order_ > *first_order_ && order >= *first_order_) {
      reached_ = std::min(0.99, static_cast<double>(order - *first_order_) /
                                    static_cast<double>(*last_order_ - *first_order_));
    }
  }
  return chunk;
}

uint64_t Copier::Insert(mysql::Connection& connection, const std::string& range,
                        bool over_existing) {
  return connection.Execute(insert_ + range + " LOCK IN SHARE MODE" +
                            (over_existing ? do_nothing_ : ""));
}

uint64_t Copier::CopyChunk(std::stop_token stop, mysql::Connection& connection,
                           const state::Chunk& chunk) {
  const std::string range = range_.Between("l.", LoadKey(chunk.low), LoadKey(chunk.high));
  try {
    return CopyRange(stop, connection, range);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnprojectable ||
        error.server_errno() == mysql::kDuplicateEntry) {
      throw;
    }
    if (!options_.hand_over) NameTheRow(connection, chunk, error);
  }
  return CopyWhatFits(stop, connection, LoadKey(chunk.low), LoadKey(chunk.high));
}

uint64_t Copier::CopyRange(std::stop_token stop, mysql::Connection& connection,
                           const std::string& range) {
  const auto insert = [&](bool over_existing) -> std::optional<uint64_t> {
    try {
      return Insert(connection, range, over_existing);
    } catch (const Error& error) {
      if (error.server_errno() != mysql::kDuplicateEntry) throw;
      return std::nullopt;
    }
  };
  if (const auto rows = insert(false)) return *rows;
  // The stream has been here before us. What it wrote is as new as what we read, or newer; rows
  // that some other unique key kept out are looked for afterwards.
  const auto rows = insert(true);
  InsertMissing(stop, connection, Missing(connection, range));
  return rows.value_or(0);
}

uint64_t Copier::CopyWhatFits(std::stop_token stop, mysql::Connection& connection,
                              const KeyLiterals& low, const KeyLiterals& high) {
  constexpr size_t kFewRows = 8;
  const std::string range = range_.Between("l.", low, high);
  const std::vector<KeyLiterals> keys = range_.Keys(connection, range);
  if (keys.size() <= kFewRows) {
    HandOver(connection, range);
    return keys.size();
  }
  uint64_t rows = 0;
  const KeyLiterals& middle = keys[keys.size() / 2];
  for (const auto& [from, to] : {std::pair{low, middle}, std::pair{middle, high}}) {
    base::ThrowIfStopped(stop);
    try {
      rows += CopyRange(stop, connection, range_.Between("l.", from, to));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable) throw;
      rows += CopyWhatFits(stop, connection, from, to);
    }
  }
  return rows;
}

// The locking read waits for whoever is changing the row, and whoever changes it next waits for our
// commit: in the binlog the row as it was read stands where it belongs among its changes.
void Copier::HandOver(mysql::Connection& connection, const std::string& range) {
  connection.Execute(hand_over_ + range + " LOCK IN SHARE MODE");
  OSC_FAULT_POINT("copy.handed_over");
}

std::vector<KeyLiterals> Copier::Missing(mysql::Connection& connection, const std::string& range) {
  const ddl::Projection& projection = options_.projection;
  std::string join;
  for (const ddl::ColumnPair& part : projection.key) {
    const ddl::Column& from = projection.source.columns[part.source];
    const ddl::Column& to = projection.target.columns[part.target];
    const std::string live = "l." + mysql::QuoteIdentifier(from.name);
    const std::string off_stage = "o." + mysql::QuoteIdentifier(to.name);
    join += (join.empty() ? "" : " AND ") + mysql::EqualValue(from.type, to.type, live, off_stage) +
            mysql::EqualBytes(from.type, to.type, live, off_stage);
  }
  // Not a locking read: a row that it does not see yet is the stream's, one that it sees too much
  // is tried once more, with a locking read.
  return range_.Keys(connection, range + " AND NOT EXISTS (SELECT 1 FROM " +
                                     mysql::Quote(options_.off_stage) + " o WHERE " + join + ")");
}

std::string Copier::KeyCondition(const KeyLiterals& key) const {
  std::string condition;
  const ddl::Projection& projection = options_.projection;
  for (size_t i = 0; i < key.size(); ++i) {
    condition += (i > 0 ? " AND l." : "l.") +
                 mysql::QuoteIdentifier(projection.source.columns[projection.key[i].source].name) +
                 "=" + key[i];
  }
  return condition;
}

void Copier::InsertMissing(std::stop_token stop, mysql::Connection& connection,
                           std::vector<KeyLiterals> missing) {
  for (int round = 1; !missing.empty(); ++round) {
    const binlog::Position read_at = binlog::CurrentGtidPosition(connection);
    while (!stream_.WaitUntilApplied(stop, read_at, Clock::now() + std::chrono::seconds(10))) {
      if (const auto status = stream_.status(); status.error) throw *status.error;
    }
    std::vector<KeyLiterals> again;
    for (const KeyLiterals& key : missing) {
      const std::string condition = KeyCondition(key);
      try {
        Insert(connection, condition, false);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kUnprojectable) throw;
        if (options_.hand_over) {
          HandOver(connection, condition);
          continue;
        }
        if (error.server_errno() != mysql::kDuplicateEntry) throw Explain(connection, key, error);
        if (Missing(connection, condition).empty()) continue;
        if (round >= kDuplicateRounds) {
          throw Explain(connection, key,
                        apply::WithRivals(connection, mapping_,
                                          apply::RowsInTheWay(connection, mapping_, key), error));
        }
        again.push_back(key);
      }
    }
    missing = std::move(again);
  }
}

void Copier::NameTheRow(mysql::Connection& connection, const state::Chunk& chunk,
                        const Error& error) {
  connection.Execute("SET wait_timeout=15");  // live rows are locked within a transaction
  const auto keys =
      range_.Keys(connection, range_.Between("l.", LoadKey(chunk.low), LoadKey(chunk.high)));
  const auto fails = [&](const KeyLiterals& low, const KeyLiterals& high) {
    connection.Execute("BEGIN");
    bool failed = false;
    try {
      Insert(connection, range_.Between("l.", low, high), true);
    } catch (const Error& again) {
      if (again.code() != ErrorCode::kUnprojectable) throw;
      failed = true;
    }
    connection.Execute("ROLLBACK");
    return failed;
  };
  // Bisection: the row is among keys[begin, end).
  size_t begin = 0;
  size_t end = keys.size();
  while (end - begin > 1 && end > begin) {
    const size_t middle = begin + (end - begin) / 2;
    const KeyLiterals low = begin == 0 ? LoadKey(chunk.low) : keys[begin - 1];
    fails(low, keys[middle - 1]) ? end = middle : begin = middle;
  }
  if (begin >= keys.size()) throw error;
  throw Explain(connection, keys[begin], error);
}

Error Copier::Explain(mysql::Connection& connection, const KeyLiterals& key,
                      const Error& error) const {
  const apply::RowValues values{
      [this](size_t column) {
        return "l." +
               mysql::QuoteIdentifier(mapping_.source_names[mapping_.columns[column].source]);
      },
      " FROM " + range_.table() + " WHERE " + KeyCondition(key)};
  return apply::ExplainUnfit(connection, mapping_, values, "the new definition", error);
}

Copier::Progress Copier::progress(uint64_t estimated_rows) const {
  Progress progress;
  progress.rows = rows_;
  progress.retrying = retrying_.text();
  if (finished_) {
    progress.percent = 100;
  } else if (range_.IsInteger()) {
    progress.percent = 100 * reached_;
  } else if (estimated_rows > 0) {
    // The server's estimate may be half of the truth.
    progress.percent = std::min(
        99.0, 100.0 * static_cast<double>(progress.rows) / static_cast<double>(estimated_rows));
  }
  return progress;
}

}  // namespace osc::shadow
