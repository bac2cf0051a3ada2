#include "src/apply/lane.h"

#include <limits>

#include "src/base/fault_point.h"
#include "src/base/retry.h"
#include "src/base/wait.h"

namespace osc::apply {
namespace {

// One target transaction takes in at most this much of the stream: enough to spread the cost of a
// commit, little enough to keep the lag and the row locks short.
constexpr size_t kBatchChanges = 1000;
constexpr size_t kBatchBytes = 2 << 20;
// The dispatcher holds the lanes' bytes in check.
constexpr size_t kQueueItems = 10000;

std::vector<const Change*> AllChanges(const std::vector<const LaneItem*>& items) {
  std::vector<const Change*> changes;
  for (const LaneItem* item : items) {
    for (const Change& change : item->changes) changes.push_back(&change);
  }
  return changes;
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

void ApplyItems(mysql::Connection& connection, const std::vector<const LaneItem*>& items,
                const CheckpointUpdate& advance) {
  const std::vector<const Change*> changes = AllChanges(items);
  bool in_order = false;
  for (const LaneItem* item : items) in_order = in_order || item->in_order;
  if (!in_order && !changes.empty()) {
    in_order = items.front()->writer->NeedsOrder(connection, changes);
  }
  DefaultedRows* const defaulted = changes.empty() ? nullptr : items.front()->writer->defaulted();
  if (defaulted != nullptr) defaulted->Prepare(connection.options(), changes);
  const auto attempt = [&](bool net) {
    bool quarantine_changed = false;
    bool defaulted_changed = false;
    connection.Execute("BEGIN");
    try {
      if (!changes.empty()) {
        const RowWriter& writer = *items.front()->writer;
        if (net) {
          writer.WriteNet(connection, changes);
        } else {
          quarantine_changed = writer.WriteInOrder(connection, changes);
        }
      }
      if (defaulted != nullptr) defaulted_changed = defaulted->Follow(connection, changes);
      if (quarantine_changed) OSC_FAULT_POINT("apply.quarantine_written");
      if (defaulted_changed) OSC_FAULT_POINT("apply.defaulted_written");
      advance.Run(connection);
      OSC_FAULT_POINT("apply.before_commit");
      connection.Commit();
      OSC_FAULT_POINT("apply.after_commit");
      if (quarantine_changed) items.front()->writer->quarantine()->NoteCommit();
      if (defaulted_changed) defaulted->NoteCommit();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutcomeUnknown) Rollback(connection);
      throw;
    }
  };
  if (!in_order) {
    try {
      return attempt(true);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnprojectable && error.code() != ErrorCode::kDiverged) throw;
    }
  }
  attempt(false);
}

Lane::Lane(int index, const mysql::ConnectionOptions& options, const CheckpointTable& checkpoint,
           Callbacks callbacks)
    : index_(index),
      options_(WithIdleLimit(options)),
      checkpoint_(checkpoint),
      callbacks_(std::move(callbacks)) {}

Lane::~Lane() = default;

void Lane::start() {
  thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
}

void Lane::Push(std::stop_token stop, LaneItem item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return queue_.size() < kQueueItems; });
  base::ThrowIfStopped(stop);
  queue_.push_back(std::move(item));
  changed_.notify_all();
}

void Lane::WaitUntilDone(std::stop_token stop, uint64_t number) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return done_number_ >= number; });
  base::ThrowIfStopped(stop);
}

uint64_t Lane::done_number() const {
  const std::lock_guard lock(mutex_);
  return done_number_;
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
  base::ThrowIfStopped(stop);
  std::vector<LaneItem> items;
  size_t changes = 0;
  size_t bytes = 0;
  while (!queue_.empty()) {
    const LaneItem& next = queue_.front();
    // Each direction has a writer of its own; the dispatcher never lets two meet in one batch, but
    // an empty item may precede either.
    const bool fits =
        items.empty() || (changes + next.changes.size() <= kBatchChanges &&
                          bytes + next.bytes <= kBatchBytes && next.writer == items.front().writer);
    if (!fits) break;
    changes += next.changes.size();
    bytes += next.bytes;
    items.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  changed_.notify_all();
  return items;
}

void Lane::Apply(std::stop_token stop, const std::vector<LaneItem>& items) {
  std::vector<const LaneItem*> pointers;
  for (const LaneItem& item : items) pointers.push_back(&item);
  const std::string& position = *items.back().position;
  const CheckpointUpdate advance = checkpoint_.SetLane(index_, position);
  bool outcome_unknown = false;
  const auto started = base::Clock::now();
  const base::RetryPolicy policy{.attempts = std::numeric_limits<int>::max()};
  base::Retry(
      stop, policy,
      [&] {
        try {
          if (!connection_) connection_ = mysql::Connection::Open(options_);
          if (outcome_unknown && checkpoint_.LoadLane(*connection_, index_) == position) return;
          outcome_unknown = false;
          ApplyItems(*connection_, pointers, advance);
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
      for (const LaneItem& item : items) callbacks_.finished(item.number, item.changes.size());
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
