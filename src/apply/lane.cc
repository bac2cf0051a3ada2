#include "src/apply/lane.h"

#include <algorithm>
#include <limits>

#include "src/base/fault_point.h"
#include "src/base/retry.h"
#include "src/base/wait.h"

namespace osc::apply {
namespace {

// As the number of rows, for large ones.
constexpr size_t kBatchBytes = 2 << 20;
// Under a trickle of small transactions a commit for each would cost the server more than the rows,
// and make the application's own commits wait: so few rows are held for as long as that, unless
// somebody waits for them.
constexpr std::chrono::milliseconds kHeld{100};
constexpr size_t kHeldChanges = 200;
constexpr size_t kHeldBytes = 256 * 1024;
// The dispatcher holds the lanes' bytes in check.
constexpr size_t kQueueItems = 10000;

std::vector<const Change*> AllChanges(const std::vector<LaneItem>& items) {
  std::vector<const Change*> changes;
  for (const LaneItem& item : items) {
    for (const Change& change : item.changes) changes.push_back(&change);
  }
  return changes;
}

// Items in a row that all need their order, or none of them.
struct Run {
  bool in_order = false;
  std::vector<const Change*> changes;
};

std::vector<Run> SplitIntoRuns(const std::vector<LaneItem>& items) {
  std::vector<Run> runs;
  for (const LaneItem& item : items) {
    if (item.changes.empty()) continue;
    if (runs.empty() || runs.back().in_order != item.in_order) runs.push_back({item.in_order, {}});
    for (const Change& change : item.changes) runs.back().changes.push_back(&change);
  }
  return runs;
}

// Returns whether the quarantine has changed.
bool WriteRuns(mysql::Connection& connection, const RowWriter& writer,
               const std::vector<Run>& runs) {
  bool quarantine_changed = false;
  for (const Run& run : runs) {
    // A row that has just gone to the quarantine may come again.
    if (run.in_order || quarantine_changed) {
      quarantine_changed |= writer.WriteInOrder(connection, run.changes);
    } else {
      writer.WriteNet(connection, run.changes);
    }
  }
  return quarantine_changed;
}

void Rollback(mysql::Connection& connection) {
  try {
    connection.Execute("ROLLBACK");
  } catch (const Error&) {
    // The connection is lost and with it the transaction; the next statement reports it.
  }
}

// A transaction may lock live rows, when it brings rows up to date before the first swap.
constexpr std::chrono::seconds kIdleLimit{15};
constexpr std::chrono::seconds kClosedAfter{8};

mysql::ConnectionOptions WithIdleLimit(mysql::ConnectionOptions options) {
  options.idle_limit = kIdleLimit;
  return options;
}

}  // namespace

void ApplyItems(mysql::Connection& connection, const std::vector<LaneItem>& items,
                const CheckpointUpdate& advance) {
  const RowWriter& writer = *items.front().writer;
  const std::vector<const Change*> changes = AllChanges(items);
  const std::vector<Run> all_in_order{{true, changes}};
  std::vector<Run> runs = SplitIntoRuns(items);
  if (!changes.empty() && writer.NeedsOrder(connection, changes)) runs = all_in_order;
  DefaultedRows* const defaulted = changes.empty() ? nullptr : writer.defaulted();
  if (defaulted != nullptr) defaulted->Prepare(connection.options(), changes);
  const auto attempt = [&] {
    bool defaulted_changed = false;
    connection.Execute("BEGIN");
    try {
      const bool quarantine_changed = WriteRuns(connection, writer, runs);
      if (defaulted != nullptr) defaulted_changed = defaulted->Follow(connection, changes);
      if (quarantine_changed) OSC_FAULT_POINT("apply.quarantine_written");
      if (defaulted_changed) OSC_FAULT_POINT("apply.defaulted_written");
      advance.Run(connection);
      OSC_FAULT_POINT("apply.before_commit");
      connection.Commit();
      OSC_FAULT_POINT("apply.after_commit");
      if (quarantine_changed) writer.quarantine()->NoteCommit();
      if (defaulted_changed) defaulted->NoteCommit();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutcomeUnknown) Rollback(connection);
      throw;
    }
  };
  const bool has_net =
      std::any_of(runs.begin(), runs.end(), [](const Run& run) { return !run.in_order; });
  if (has_net) {
    try {
      return attempt();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable && error.code() != ErrorCode::kDiverged) throw;
    }
    runs = all_in_order;
  }
  attempt();
}

Lane::Lane(const mysql::ConnectionOptions& options, const CheckpointTable& checkpoint,
           size_t batch_rows, const std::atomic<int>& hasty, Callbacks callbacks)
    : options_(WithIdleLimit(options)),
      batch_rows_(batch_rows),
      checkpoint_(checkpoint),
      hasty_(hasty),
      callbacks_(std::move(callbacks)) {}

Lane::~Lane() = default;

void Lane::start() {
  thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
}

void Lane::Push(std::stop_token stop, LaneItem item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return queue_.size() < kQueueItems; });
  base::ThrowIfStopped(stop);
  pushed_number_ = item.number;
  const bool was_empty = queue_.empty();
  const bool was_worth_it = IsWorthACommit();
  if (was_empty) queued_since_ = base::Clock::now();
  queued_changes_ += item.changes.size();
  queued_bytes_ += item.bytes;
  queue_.push_back(std::move(item));
  // The lane is not woken for each row of a batch that it waits for.
  if (was_empty || (!was_worth_it && IsWorthACommit())) changed_.notify_all();
}

void Lane::WaitUntilDone(std::stop_token stop, uint64_t number) {
  std::unique_lock lock(mutex_);
  if (done_number_ < number) {
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return done_number_ >= number; });
    --waiting_;
  }
  base::ThrowIfStopped(stop);
}

void Lane::WaitUntilIdle(std::stop_token stop) {
  uint64_t pushed = 0;
  {
    const std::lock_guard lock(mutex_);
    pushed = pushed_number_;
  }
  WaitUntilDone(stop, pushed);
}

bool Lane::IsIdle() const {
  const std::lock_guard lock(mutex_);
  return done_number_ == pushed_number_;
}

void Lane::Hurry() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

bool Lane::IsWorthACommit() const {
  return waiting_ > 0 || hasty_ > 0 || queued_changes_ >= kHeldChanges ||
         queued_bytes_ >= kHeldBytes;
}

std::vector<LaneItem> Lane::Take(std::stop_token stop) {
  const auto has_items = [&] { return !queue_.empty(); };
  std::unique_lock lock(mutex_);
  if (connection_ && !changed_.wait_for(lock, stop, kClosedAfter, has_items)) {
    lock.unlock();
    connection_.reset();
    lock.lock();
  }
  changed_.wait(lock, stop, has_items);
  changed_.wait_until(lock, stop, queued_since_ + kHeld, [&] { return IsWorthACommit(); });
  base::ThrowIfStopped(stop);
  std::vector<LaneItem> items;
  size_t changes = 0;
  size_t bytes = 0;
  while (!queue_.empty()) {
    const LaneItem& next = queue_.front();
    // Each direction has a writer of its own; the dispatcher never lets two meet in one batch, but
    // an empty item may precede either.
    const bool fits =
        items.empty() || (changes + next.changes.size() <= batch_rows_ &&
                          bytes + next.bytes <= kBatchBytes && next.writer == items.front().writer);
    if (!fits) break;
    changes += next.changes.size();
    bytes += next.bytes;
    items.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_changes_ -= changes;
  queued_bytes_ -= bytes;
  queued_since_ = {};  // the rest does not wait
  changed_.notify_all();
  return items;
}

void Lane::Apply(std::stop_token stop, const std::vector<LaneItem>& items) {
  const std::vector<int>& lanes = items.back().checkpoints;
  const std::string& position = *items.back().position;
  const CheckpointUpdate advance = checkpoint_.SetLanes(lanes, position);
  bool outcome_unknown = false;
  const auto started = base::Clock::now();
  const base::RetryPolicy policy{.attempts = std::numeric_limits<int>::max()};
  base::Retry(
      stop, policy,
      [&] {
        try {
          if (!connection_) connection_ = mysql::Connection::Open(options_);
          if (outcome_unknown && checkpoint_.LoadLane(*connection_, lanes.front()) == position) {
            return;
          }
          outcome_unknown = false;
          ApplyItems(*connection_, items, advance);
        } catch (const Error& error) {
          if (error.code() == ErrorCode::kConnectionLost) connection_.reset();
          if (error.code() != ErrorCode::kOutcomeUnknown) throw;
          connection_.reset();
          outcome_unknown = true;
          throw Error(ErrorCode::kConnectionLost, error.message(), error.hint(),
                      error.server_errno());
        }
      },
      [&](const Error& error) { callbacks_.retrying(error, base::Clock::now() - started); });
}

void Lane::Run(std::stop_token stop) {
  try {
    while (true) {
      const std::vector<LaneItem> items = Take(stop);
      Apply(stop, items);
      std::vector<uint64_t> numbers;
      uint64_t rows = 0;
      for (const LaneItem& item : items) {
        numbers.push_back(item.number);
        rows += item.changes.size();
      }
      callbacks_.finished(numbers, rows);
      const std::lock_guard lock(mutex_);
      done_number_ = items.back().number;
      changed_.notify_all();
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) callbacks_.failed(error);
  } catch (const std::exception& error) {
    callbacks_.failed(Error(ErrorCode::kInternal, error.what()));
  }
}

}  // namespace osc::apply
