#include "src/apply/stream.h"

#include <algorithm>
#include <limits>

#include "src/apply/accepted_loss.h"
#include "src/base/log.h"
#include "src/base/retry.h"

namespace osc::apply {
namespace {

// How often lanes without rows of their own move their positions on, so that a restart does not
// begin far back: while rows flow, and while only other tables are written.
constexpr std::chrono::seconds kAdvanceWithRows{5};
constexpr std::chrono::seconds kAdvanceIdle{60};

// A conflict over row locks that lasts no longer is nothing to tell. One lock wait is given up
// after 5 s.
constexpr std::chrono::seconds kQuietConflict{8};
constexpr std::chrono::milliseconds kPauseInterval{50};

// What may wait in all lanes together, as it lies in memory.
constexpr size_t kBudgetBytes = 32 << 20;

mysql::ConnectionOptions WithTimeout(mysql::ConnectionOptions options) {
  options.read_timeout = std::chrono::seconds(60);
  return options;
}

}  // namespace

std::string Marker(const std::string& id, const std::string& what) {
  return "osc:" + id + ":" + what;
}

std::string SwapMarker(const std::string& id, int number) {
  return Marker(id, "swap:" + std::to_string(number));
}

Stream::Stream(StreamOptions options, std::shared_ptr<const CopyFrontier> frontier,
               std::shared_ptr<ChangeObserver> observer)
    : options_(std::move(options)),
      frontier_(std::move(frontier)),
      observer_(std::move(observer)),
      checkpoint_(options_.checkpoint, Marker(options_.id, "checkpoint")),
      prepared_(options_.prepared, Marker(options_.id, "prepared")),
      old_quarantine_(options_.inverse, {options_.quarantine, options_.held_old},
                      Marker(options_.id, "quarantine")),
      new_quarantine_(options_.forward, {options_.quarantine, options_.held_new},
                      Marker(options_.id, "quarantine")),
      old_defaulted_(options_.inverse, options_.defaulted, Marker(options_.id, "defaulted")),
      new_defaulted_(options_.forward, options_.defaulted, Marker(options_.id, "defaulted")),
      replace_forward_{&options_.forward, nullptr, nullptr,
                       RowWriter(options_.forward, WriteMode::kReplace, nullptr, nullptr)},
      inverse_{&options_.inverse, &old_quarantine_, &old_defaulted_,
               RowWriter(options_.inverse, WriteMode::kExact, &old_quarantine_, &old_defaulted_)},
      forward_{&options_.forward, &new_quarantine_, &new_defaulted_,
               RowWriter(options_.forward, WriteMode::kExact, &new_quarantine_, &new_defaulted_)},
      seeded_inverse_{&options_.inverse, &old_quarantine_, nullptr,
                      RowWriter(options_.inverse, WriteMode::kReplace, &old_quarantine_, nullptr)},
      seeded_forward_{&options_.forward, &new_quarantine_, nullptr,
                      RowWriter(options_.forward, WriteMode::kReplace, &new_quarantine_, nullptr)},
      retrying_(options_.id + " stream"),
      budget_(kBudgetBytes) {}

Stream::~Stream() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();  // first: it pushes to the lanes
  lanes_.clear();
  alone_.reset();
}

const Stream::Direction& Stream::direction() const {
  if (epoch_ == 0) return replace_forward_;
  if (IsSeeded()) return epoch_ % 2 == 1 ? seeded_inverse_ : seeded_forward_;
  return epoch_ % 2 == 1 ? inverse_ : forward_;
}

void Stream::start(int swaps_done) {
  connection_ = mysql::Connection::Open(WithTimeout(options_.connection));
  checkpoint_.Claim(*connection_);
  DropTriggers(*connection_);
  Checkpoint checkpoint = checkpoint_.Load(*connection_);
  prepared_.Find(*connection_);
  old_quarantine_.Find(*connection_);
  new_quarantine_.Find(*connection_);
  old_defaulted_.Find(*connection_);
  new_defaulted_.Find(*connection_);
  if (swaps_done == checkpoint.epoch) {  // else the swap that it was accepted for has happened
    TakeBackLoss(*connection_, old_quarantine_);
    TakeBackLoss(*connection_, new_quarantine_);
  }
  epoch_ = checkpoint.epoch;
  swap_phase_ = swaps_done > checkpoint.epoch ? SwapPhase::kDone : SwapPhase::kNone;
  read_ = checkpoint.Start();
  lane_start_ = checkpoint.lanes;
  tracker_ = std::make_unique<AppliedTracker>(read_);
  const auto start_lane = [this] {
    Lane::Callbacks callbacks;
    callbacks.finished = [this](const std::vector<uint64_t>& numbers, uint64_t rows) {
      rows_applied_ += rows;
      tracker_->Finish(numbers);
    };
    callbacks.failed = [this](const Error& error) { Fail(error); };
    callbacks.retrying = [this](const Error& error, base::Clock::duration tried) {
      NoteFailure(error, tried);
    };
    auto lane = std::make_unique<Lane>(WithTimeout(options_.connection), checkpoint_,
                                       options_.batch_rows, hasty_, std::move(callbacks));
    lane->start();
    return lane;
  };
  for (size_t i = 0; i < checkpoint.lanes.size(); ++i) lanes_.push_back(start_lane());
  alone_ = start_lane();
  lag_ = std::make_unique<LagSampler>(
      WithTimeout(options_.connection),
      [this](const binlog::Position& position) { return tracker_->AppliedCovers(position); });
  lag_->start();
  last_advance_ = base::Clock::now();
  has_started_ = true;
  running_ = true;
  thread_ = std::thread([this] { Run(stop_.get_token()); });
}

void Stream::Refuse(const Error& error) {
  const std::lock_guard lock(mutex_);
  error_ = error;
}

Stream::Status Stream::status() const {
  Status status;
  status.running = running_;
  status.epoch = epoch_;
  status.conflicts = conflicts_;
  const bool has_started = has_started_;
  // In this order, so that the rows of what has been applied are counted.
  if (has_started) status.applied = tracker_->Applied();
  status.rows_applied = rows_applied_;
  if (has_started) status.lag = lag_->Lag();
  status.retrying = retrying_.text();
  const std::lock_guard lock(mutex_);
  status.error = error_;
  if (error_) status.running = false;  // its thread may still be on its way out
  return status;
}

bool Stream::AreLanesIdle() const {
  return alone_->IsIdle() &&
         std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->IsIdle(); });
}

bool Stream::IsStill() const { return is_paused_ && !is_reading_ && AreLanesIdle(); }

bool Stream::WaitUntilApplied(std::stop_token stop, const binlog::Position& position,
                              base::Clock::time_point deadline) {
  const Haste haste(*this);
  return tracker_->WaitUntilCovers(stop, position, deadline);
}

bool Stream::WaitForNoted(std::stop_token stop, base::Clock::time_point deadline) {
  const uint64_t number = noted_number_;
  if (number == 0) return true;
  const Haste haste(*this);
  return tracker_->WaitUntilFinished(stop, number, deadline);
}

Stream::Haste::Haste(Stream& stream) : stream_(stream) {
  ++stream_.hasty_;
  for (const auto& lane : stream_.lanes_) lane->Hurry();
  if (stream_.alone_) stream_.alone_->Hurry();
}

bool Stream::WaitForEpoch(std::stop_token stop, int epoch, base::Clock::time_point deadline) {
  return base::PollUntil(stop, deadline, base::Millis(1),
                         [&] { return epoch_ >= epoch || !running_; }) &&
         epoch_ >= epoch;
}

void Stream::Fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (error_) return;
    error_ = error;
  }
  spdlog::error("{} stream of {} stopped: {}", options_.id, mysql::Quote(options_.live),
                error.message());
  running_ = false;
  stop_.request_stop();
  tracker_->Fail();
}

// Lanes and chunks of the copy meet on the off-stage table's indexes, and now and then one of them
// has to give way. Only one that never gets through is worth a word.
void Stream::NoteFailure(const Error& error, base::Clock::duration tried) {
  if (error.code() != ErrorCode::kRetryable) return retrying_.Set(error.message());
  const uint64_t conflicts = ++conflicts_;
  if (tried < kQuietConflict) return;
  retrying_.Set("conflict " + std::to_string(conflicts) + " over row locks: " + error.message());
}

void Stream::Run(std::stop_token stop) {
  try {
    const base::RetryPolicy policy{.attempts = std::numeric_limits<int>::max()};
    base::Retry(
        stop, policy,
        [&] {
          while (!stop.stop_requested()) {
            ReadUntilPause(stop);
            while (is_paused_ && base::SleepFor(stop, kPauseInterval)) {
              AdvanceLanes(stop);
              is_reading_ = false;
            }
            is_reading_ = true;
          }
          base::ThrowIfStopped(stop);
        },
        [&](const Error& error) { retrying_.Set(error.message()); });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) Fail(error);
  } catch (const std::exception& error) {
    Fail(Error(ErrorCode::kInternal, error.what()));
  }
  running_ = false;
}

// Without a connection to read from while it is paused: the server would wait to write to it, and
// give it up.
void Stream::ReadUntilPause(std::stop_token stop) {
  if (is_paused_) return;
  if (!connection_) {
    connection_ = mysql::Connection::Open(WithTimeout(options_.connection));
  }
  const auto filter = [this](std::string_view database, std::string_view table) {
    return database == options_.live.database &&
           (table == options_.live.name || table == options_.handed_over.name);
  };
  constexpr std::chrono::milliseconds kHeartbeat{200};
  binlog::Reader reader(options_.connection, read_, filter, kHeartbeat, options_.row_memory);
  reader.LetGather([this] { return hasty_ == 0; });
  while (!stop.stop_requested() && !is_paused_) {
    auto transaction = reader.Next(stop);
    if (!transaction) {
      base::ThrowIfStopped(stop);
    } else {
      Dispatch(stop, std::move(*transaction));
    }
    retrying_.Set("");
    AdvanceLanes(stop);
    ReleaseDuplicates(stop);
  }
}

void Stream::Dispatch(std::stop_token stop, binlog::Transaction transaction) {
  const bool is_commit = transaction.xa == binlog::Transaction::Xa::kCommit;
  binlog::Position before;
  if (transaction.HasRows() || is_commit) before = read_;
  // A statement changes what the rows after it mean, so it is handled before the position that
  // covers it can be stored.
  AdvancePosition(&read_, transaction);
  if (!transaction.statement.empty()) HandleStatement(stop, transaction);
  const bool was_prepared = HandleXa(stop, &transaction);
  binlog::RowParts parts(std::move(transaction.spool), std::move(transaction.rows),
                         options_.part_bytes);
  if (!parts.AtEnd()) {
    DispatchRows(stop, transaction, std::move(parts), before, !was_prepared);
    if (was_prepared) ForgetPrepared(stop, transaction);
  } else {
    tracker_->Begin(next_number_++, transaction, 0);
  }
  PassLaneStart(transaction);
}

void Stream::DispatchRows(std::stop_token stop, const binlog::Transaction& transaction,
                          binlog::RowParts parts, const binlog::Position& before,
                          bool ends_transaction) {
  uint64_t row = 0;
  while (!parts.AtEnd()) {
    budget_.Take(stop, 0);  // a row larger than all of it goes before the next is read
    Route route;
    route.transaction = &transaction;
    route.number = next_number_++;
    route.next_row = row;
    route.part = std::make_shared<RowsPart>(parts.Next(), TransactionName(transaction));
    route.is_last = ends_transaction && parts.AtEnd();
    FillRoute(&route);
    row = route.next_row;
    DropApplied(&route);
    if (route.rows.empty()) {
      BeginRoute(route, 0);
      continue;
    }
    HoldDuringSwap(stop);
    budget_.Take(stop, route.bytes);
    route.part->budget = &budget_;
    route.part->bytes = route.bytes;
    LaneCheckpoint reached{route.is_last ? read_ : before, {}};
    if (!route.is_last) reached.begun = {TransactionName(transaction), row};
    route.position = reached.Encode();
    rows_since_advance_ = rows_since_release_ = true;
    NoteChanges(stop, route);
    GoesAlone(route) ? ApplyAlone(stop, std::move(route)) : SendToLanes(stop, std::move(route));
  }
}

void Stream::NoteChanges(std::stop_token stop, const Route& route) {
  if (!observer_) return;
  std::vector<const binlog::RowImage*> images;
  for (const Routed& row : route.rows) {
    const Change& change = row.change;
    if (!change.before.empty()) images.push_back(&change.before);
    if (!change.after.empty() && (change.before.empty() || row.moved)) {
      images.push_back(&change.after);
    }
  }
  noted_number_ = route.number;  // first: who asks from now on waits for these
  observer_->Note(stop, *direction().mapping, images);
}

bool Stream::LaneCovers(int lane, const binlog::Transaction& transaction, uint64_t row) const {
  if (lane_start_.empty()) return false;
  const LaneCheckpoint& start = lane_start_[lane];
  return CoversTransaction(start.position, transaction) ||
         (start.begun && row < start.begun->rows &&
          start.begun->transaction == TransactionName(transaction));
}

void Stream::PassLaneStart(const binlog::Transaction& transaction) {
  if (lane_start_.empty()) return;
  bool passed_all = true;
  for (LaneCheckpoint& lane : lane_start_) {
    if (lane.begun && lane.begun->transaction == TransactionName(transaction)) lane.begun.reset();
    if (lane.begun || !read_.Covers(lane.position)) passed_all = false;
  }
  if (passed_all) lane_start_.clear();
}

void Stream::HoldDuringSwap(std::stop_token stop) {
  while (swap_phase_ == SwapPhase::kExpected) {
    base::SleepFor(stop, base::Millis(1));
    base::ThrowIfStopped(stop);
  }
  if (swap_phase_ == SwapPhase::kDone) {
    throw Error(ErrorCode::kDiverged, "rows of " + mysql::Quote(options_.live) +
                                          " were written between the freeze point and the swap");
  }
}

void Stream::RunOnOwnConnection(std::stop_token stop,
                                const std::function<void(mysql::Connection&)>& work) {
  const auto started = base::Clock::now();
  const base::RetryPolicy policy{.attempts = std::numeric_limits<int>::max()};
  base::Retry(
      stop, policy,
      [&] {
        try {
          if (!connection_) {
            connection_ = mysql::Connection::Open(WithTimeout(options_.connection));
          }
          // Within it, rows are locked that the lanes need after a loss of the network.
          connection_->Execute("SET wait_timeout=30");
          work(*connection_);
          connection_->Execute("SET wait_timeout=86400");
        } catch (...) {
          connection_.reset();  // with it goes a transaction that was not finished, and its locks
          throw;
        }
      },
      [&](const Error& error) { NoteFailure(error, base::Clock::now() - started); });
}

void Stream::WaitForAllLanes(std::stop_token stop) {
  for (const auto& lane : lanes_) lane->WaitUntilIdle(stop);
  alone_->WaitUntilIdle(stop);
}

void Stream::AdvanceLanes(std::stop_token stop) {
  const auto now = base::Clock::now();
  const auto due = rows_since_advance_ ? kAdvanceWithRows : kAdvanceIdle;
  // What is applied alone, and not yet, counts for all lanes.
  if (now - last_advance_ < due || !lane_start_.empty() || !alone_->IsIdle()) return;
  last_advance_ = now;
  rows_since_advance_ = false;
  const auto position = std::make_shared<const std::string>(read_.Encode());
  for (size_t i = 0; i < lanes_.size(); ++i) {
    LaneItem item;
    item.number = next_number_;
    item.checkpoints = {static_cast<int>(i)};
    item.position = position;
    item.writer = &direction().writer;
    lanes_[i]->Push(stop, std::move(item));
  }
  ++next_number_;
}

}  // namespace osc::apply
