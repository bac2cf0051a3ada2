#include "shadow/verifier.h"

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "shadow/catch_up.h"
#include "shadow/chunk_comparison.h"
#include "shadow/comparison_way.h"
#include "shadow/names.h"
#include "shadow/row_repair.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/retry.h"
#include "src/base/wait.h"

namespace osc::shadow {
namespace {

using base::Clock;
using base::Millis;
using state::VerifyState;

constexpr int kMostThreads = 8;
constexpr Millis kNoteInterval{200};
constexpr Clock::duration kShortest = std::chrono::microseconds(100);
constexpr uint64_t kFirstChunkRows = 2000;
constexpr uint64_t kMostChunkRows = 200000;
// Tables with more differences than that are not the same table; nobody wants to wait for the rest.
constexpr uint64_t kEnoughDifferences = 10000;
// InnoDB: the table was emptied or rebuilt after the snapshot was made (both families).
constexpr unsigned kDefinitionHasChanged = 1412;

}  // namespace

// One thread's connections and comparisons.
class Verifier::Worker {
 public:
  Worker(Verifier& verifier, state::Store& store, int number)
      : verifier_(verifier),
        store_(store),
        connection_(mysql::Connection::Open(verifier.options_.tables.connection)) {
    const Tables& tables = verifier.options_.tables;
    const auto name = [&](const std::string& what) {
      return mysql::TableName{tables.live.database,
                              "_oscv" + what + "_" + tables.id + "_" + std::to_string(number)};
    };
    SettleOptions settle{tables.connection, name("s"),
                         name("i"),         verifier.source_is_live_,
                         tables.live,       QuarantineName(tables.id, tables.live)};
    if (verifier.repair_) {
      const auto record = [&store, id = tables.id](const std::string& text) {
        spdlog::warn("{} {}", id, text);
        store.AddEvent(id, text);
      };
      repair_.emplace(*verifier.sql_, settle, verifier.mapping_, verifier.stream_, record);
    }
    settler_.emplace(*verifier.sql_, verifier.inverse_.get(), std::move(settle), verifier.stream_);
    converted_ = name("c");
    if (verifier.uses_replica_) OpenReplica();
    if (!replica_) comparison_.emplace(*verifier.sql_, connection_, converted_, CatchUpHere());
  }

  // Where the tables are read.
  mysql::Connection& connection() { return replica_ ? *replica_ : connection_; }

  // What the server has now is to be seen by the comparison that follows.
  void Refresh(std::stop_token stop) {
    if (!replica_) return;
    if (verifier_.uses_replica_ && !WaitForReplica(stop, connection_, *replica_)) {
      verifier_.LeaveReplica(store_, ReplicaIsBehind());
    }
    if (verifier_.uses_replica_) return;
    comparison_.reset();
    replica_.reset();
    comparison_.emplace(*verifier_.sql_, connection_, converted_, CatchUpHere());
  }

  ChunkComparison::Result Read(std::stop_token stop, const state::VerifyChunk& chunk) {
    stop_ = stop;
    const KeyLiterals low = LoadKey(chunk.low);
    const KeyLiterals high = LoadKey(chunk.high);
    if (!chunk.backwards) return comparison_->Compare(stop, low, high);
    return {.rows = 0, .suspects = verifier_.sql_->Strays(connection_, low, high)};
  }

  // Of what was read.
  struct Compared {
    state::VerifyCounts counts;
    std::vector<state::Difference> differences;
  };
  Compared Settle(std::stop_token stop, const state::VerifyChunk& chunk,
                  const ChunkComparison::Result& result) {
    RowSettler::Verdict verdict = settler_->Settle(stop, result.suspects);
    // Rows are counted on the source's side; those that only the other side has come to them.
    uint64_t rows = result.rows + (verifier_.source_is_live_
                                       ? verdict.counts.extra
                                       : verdict.counts.missing + verdict.counts.quarantined);
    Compared compared;
    if (repair_ && !verdict.wrong.empty()) {
      RowRepair::Result repaired = repair_->Repair(stop, *settler_, &verdict);
      rows -= repaired.extra;
      compared.differences = std::move(repaired.repaired);
      if (!repaired.failure.empty()) verifier_.NoteUnrepaired(repaired.failure);
    }
    compared.counts = verdict.counts;
    if (chunk.backwards) {
      compared.counts.matching = 0;  // counted on the way forwards
    } else {
      const uint64_t unequal = compared.counts.differences() + compared.counts.quarantined;
      compared.counts.rows = rows;
      compared.counts.matching = rows > unequal ? rows - unequal : 0;
    }
    const auto tell = [&](const std::vector<state::Difference>& list) {
      compared.differences.insert(compared.differences.end(), list.begin(), list.end());
    };
    for (const auto& row : verdict.wrong) tell(row.differences);
    tell(verdict.quarantined);
    return compared;
  }

 private:
  std::function<void()> CatchUpHere() {
    return [this] { CatchUp(stop_, verifier_.stream_, connection_); };
  }

  void OpenReplica() {
    try {
      replica_ = mysql::Connection::Open(verifier_.replica_);
      if (verifier_.sql_->converts()) RequireSilentTemporaryTables(*replica_);
      comparison_.emplace(*verifier_.sql_, *replica_, converted_, [this] {
        CatchUp(stop_, verifier_.stream_, connection_);
        WaitForReplica(stop_, connection_, *replica_);
      });
    } catch (const Error& error) {
      comparison_.reset();
      replica_.reset();
      verifier_.LeaveReplica(store_, error.message());
    }
  }

  Verifier& verifier_;
  state::Store& store_;
  mysql::Connection connection_;
  std::optional<mysql::Connection> replica_;
  mysql::TableName converted_;
  std::stop_token stop_;
  std::optional<ChunkComparison> comparison_;
  std::optional<RowSettler> settler_;
  std::optional<RowRepair> repair_;
};

Verifier::Verifier(VerifyOptions options, apply::Stream& stream, ChangedChunks& changed, Pace& pace,
                   std::function<std::string()> throttle)
    : options_(std::move(options)),
      stream_(stream),
      changed_(changed),
      pace_(pace),
      throttle_(std::move(throttle)) {}

void Verifier::NoteUnrepaired(const std::string& why) {
  spdlog::warn("{} cannot be repaired off stage: {}", options_.tables.id, why);
  const std::lock_guard lock(mutex_);
  if (unrepaired_.empty()) unrepaired_ = why;
}

void Verifier::TryReplica(std::stop_token stop, mysql::Connection& connection, state::Store& store,
                          const std::string& address) {
  replica_ = ReplicaOptions(options_.tables.connection, address);
  uses_replica_ = true;
  try {
    auto replica = mysql::Connection::Open(replica_);
    RequireReplica(stop, connection, replica, options_.tables);
  } catch (const Error& error) {
    // A login that is refused has an error number of the server.
    const bool refused = error.code() == ErrorCode::kRefused && error.server_errno() == 0;
    if (error.code() == ErrorCode::kCancelled || refused) throw;
    LeaveReplica(store, error.message());
  }
}

void Verifier::LeaveReplica(state::Store& store, const std::string& why) {
  if (!uses_replica_.exchange(false)) return;
  const std::string text = "compared on the server itself: " + why;
  spdlog::warn("{} {}", options_.tables.id, text);
  store.AddEvent(options_.tables.id, text);
  const std::lock_guard lock(mutex_);
  replica_note_ = text;
}

void Verifier::TellReplica(state::Verification* verification) {
  const std::lock_guard lock(mutex_);
  if (replica_note_.empty()) return;
  verification->replica.clear();
  verification->note = replica_note_;
}

// Changes that were committed before somebody asked have to be known.
void Verifier::Reopen(std::stop_token stop, mysql::Connection& connection, state::Store& store) {
  CatchUp(stop, stream_, connection);
  WaitForNoted(stop, stream_);
  state::Verification verification = store.GetVerification(options_.tables.id);
  verification.state = VerifyState::kRunning;
  OSC_FAULT_POINT("verify.caught_up");
  store.ReopenVerification(options_.tables.id, std::move(verification));
  OSC_FAULT_POINT("verify.reopened");
}

void Verifier::Run(std::stop_token stop) {
  state::Store store = state::Store::Open(options_.state_directory);
  const Tables& tables = options_.tables;
  auto connection = mysql::Connection::Open(tables.connection);
  const ComparisonWay way = WayToCompare(tables.forward, options_.swaps);
  const ddl::Projection& compared = way.projection;
  source_is_live_ = way.is_forward == (options_.swaps % 2 == 0);
  const auto& source = source_is_live_ ? tables.live : tables.off_stage;
  const auto& target = source_is_live_ ? tables.off_stage : tables.live;
  sql_ = std::make_unique<ComparisonSql>(compared, source, target, connection.server());
  if (options_.swaps > 0 && sql_->converts()) {
    inverse_ =
        std::make_unique<ComparisonSql>(ddl::Invert(compared), target, source, connection.server());
  }
  state::Verification verification = store.GetVerification(tables.id);
  if (!verification.replica.empty()) {
    TryReplica(stop, connection, store, verification.replica);
  } else {
    replica_note_ = verification.note;  // of an engine that was interrupted
  }
  if (verification.incremental && verification.state == VerifyState::kPending) {
    Reopen(stop, connection, store);
    verification = store.GetVerification(tables.id);
  }
  repair_ = verification.repair;
  if (repair_) {
    apply::StreamOptions stream = MakeStreamOptions(tables);
    mapping_ = options_.swaps % 2 == 0 ? std::move(stream.forward) : std::move(stream.inverse);
  }
  queue_ = std::make_unique<ChunkQueue>(*sql_, changed_, tables.id);
  queue_->Restore(store);
  differences_ = verification.counts.differences();
  verification.state = VerifyState::kRunning;
  if (!verification.started_at) verification.started_at = std::chrono::system_clock::now();
  auto estimate =
      connection.QueryValue("SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
                            mysql::QuoteText(tables.live.database) +
                            " AND TABLE_NAME=" + mysql::QuoteText(tables.live.name));
  verification.rows_estimated = estimate ? std::strtoull(estimate->c_str(), nullptr, 10) : 0;
  TellReplica(&verification);
  store.SetVerification(tables.id, verification);
  OSC_FAULT_POINT("verify.begun");
  RunWorkers(stop, store, std::move(verification));
}

void Verifier::Work(std::stop_token stop, int number) {
  const std::string& id = options_.tables.id;
  std::optional<state::Store> store;
  std::optional<Worker> worker;
  uint64_t rows = kFirstChunkRows;
  while (!queue_->IsEmpty() && differences_ < kEnoughDifferences) {
    if (!throttle_().empty() || !pace_.MayWork(number)) {
      base::SleepFor(stop, Millis(20));
      base::ThrowIfStopped(stop);
      continue;
    }
    std::optional<state::VerifyChunk> chunk;
    Clock::duration took{};
    const auto step = [&] {
      try {
        if (!store) store.emplace(state::Store::Open(options_.state_directory));
        if (!worker) worker.emplace(*this, *store, number);
        if (!chunk) chunk = queue_->Next(worker->connection(), *store, rows);
        if (!chunk) return;
        OSC_FAULT_POINT("verify.handed_out");
        WaitForNoted(stop, stream_);
        worker->Refresh(stop);
        // Only the reading burdens the server. What waits for the stream, before and after, is
        // neither to be rested from nor a reason to make chunks smaller, which would only be more
        // waits.
        ChunkComparison::Result found;
        pace_.Do(stop, number, [&] {
          const auto began = Clock::now();
          found = worker->Read(stop, *chunk);
          took = Clock::now() - began;
        });
        const Worker::Compared compared = worker->Settle(stop, *chunk, found);
        OSC_FAULT_POINT("verify.compared");
        store->FinishVerifyChunk(id, chunk->number, compared.counts, compared.differences);
        differences_ += compared.counts.differences();
      } catch (const Error& error) {
        if (error.server_errno() == kDefinitionHasChanged) {
          throw Error(ErrorCode::kRetryable, error.message());
        }
        if (error.code() == ErrorCode::kConnectionLost) worker.reset();
        throw;
      }
    };
    base::Retry(stop, {.attempts = 1000}, step, [&](const Error& error) {
      spdlog::warn("{} verification: {}", id, error.message());
    });
    if (!chunk) return;
    const double factor = std::clamp(
        std::chrono::duration<double>(pace_.chunk_time()) / std::max(took, kShortest), 0.3, 3.0);
    rows = std::clamp<uint64_t>(static_cast<uint64_t>(static_cast<double>(rows) * factor), 200,
                                kMostChunkRows);
  }
}

void Verifier::RunWorkers(std::stop_token stop, state::Store& store,
                          state::Verification verification) {
  const std::string& id = options_.tables.id;
  std::stop_source stop_all;
  const std::stop_callback forward(stop, [&] { stop_all.request_stop(); });
  std::mutex mutex;  // guards the next three
  std::condition_variable ended;
  std::exception_ptr first_error;
  int running = kMostThreads;
  const auto began = Clock::now();
  const int64_t elapsed_before = verification.elapsed_ms;
  const uint64_t rows_before = verification.counts.rows;
  const auto note_progress = [&] {
    const state::Verification now = store.GetVerification(id);
    const auto elapsed = std::chrono::duration_cast<Millis>(Clock::now() - began);
    verification.elapsed_ms = elapsed_before + elapsed.count();
    const double seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000);
    verification.rows_per_second =
        static_cast<double>(now.counts.rows - std::min(rows_before, now.counts.rows)) / seconds;
    verification.eta_seconds.reset();
    if (verification.rows_per_second > 0 && verification.rows_estimated > now.counts.rows) {
      verification.eta_seconds =
          static_cast<int64_t>(static_cast<double>(verification.rows_estimated - now.counts.rows) /
                               verification.rows_per_second);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < kMostThreads; ++i) {
      workers.emplace_back([&, i] {
        std::exception_ptr error;
        try {
          Work(stop_all.get_token(), i);
        } catch (...) {
          error = std::current_exception();
          stop_all.request_stop();
        }
        const std::lock_guard lock(mutex);
        if (!first_error) first_error = error;
        --running;
        ended.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, kNoteInterval, [&] { return running == 0; })) {
      lock.unlock();
      note_progress();
      TellReplica(&verification);
      store.SetVerification(id, verification);
      lock.lock();
    }
  }
  if (first_error) std::rethrow_exception(first_error);
  base::ThrowIfStopped(stop);
  note_progress();
  verification.eta_seconds.reset();
  verification.finished_at = std::chrono::system_clock::now();
  const state::Verification found = store.GetVerification(id);
  verification.state = found.counts.differences() > 0 ? VerifyState::kFailed : VerifyState::kPassed;
  verification.note = differences_ >= kEnoughDifferences ? "given up: there may be more" : "";
  TellReplica(&verification);
  if (verification.state == VerifyState::kFailed && !unrepaired_.empty()) {
    verification.note = "not repaired: " + unrepaired_;
  }
  OSC_FAULT_POINT("verify.ended");
  store.SetVerification(id, verification);
}

}  // namespace osc::shadow
