#include "shadow/copier.h"

#include <algorithm>
#include <thread>

#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/retry.h"
#include "src/base/wait.h"
#include "src/mysql/host_list.h"

namespace osc::shadow {
namespace {

using base::Clock;

// Threads above the wanted number wait, so that it can be raised while the copy runs.
constexpr int kMostThreads = 16;
constexpr uint64_t kFirstChunkRows = 1000;
constexpr uint64_t kMostChunkRows = 200000;
constexpr std::chrono::seconds kRecordInterval{1};
constexpr Clock::duration kShortest = std::chrono::microseconds(100);

}  // namespace

Copier::Copier(CopyOptions options, std::shared_ptr<apply::CopyFrontier> frontier,
               apply::Stream& stream, Pace& pace, std::function<std::string()> throttle)
    : options_(std::move(options)),
      record_(options_.id, options_.rows.live),
      ranges_(options_.rows, stream),
      range_(ranges_.range()),
      steps_(range_),
      frontier_(std::move(frontier)),
      pace_(pace),
      throttle_(std::move(throttle)),
      retrying_(options_.id + " copy") {}

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
  if (!range_.IsInteger() || state_.all_handed_out || options_.rows.hand_over) return;
  const std::string key = mysql::QuoteIdentifier(
      options_.rows.projection.target.columns[options_.rows.projection.key.front().target].name);
  std::string drop = "DELETE FROM " + mysql::Quote(options_.rows.off_stage);
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
        const uint64_t copied =
            ranges_.Copy(stop, *connection, LoadKey(chunk->low), LoadKey(chunk->high));
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
        std::chrono::duration<double>(pace_.locked_chunk_time()) / std::max(took, kShortest), 0.3,
        2.0);
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
