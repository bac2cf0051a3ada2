// One lane: a thread with a connection that applies its share of the stream in order, and commits
// its position together with the rows.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "src/apply/checkpoint.h"
#include "src/apply/memory_budget.h"
#include "src/apply/row_writer.h"
#include "src/base/wait.h"

namespace osc::apply {

// A lane's share of one source transaction, or of a part of it.
struct LaneItem {
  uint64_t number = 0;                          // of the part
  std::shared_ptr<const RowsPart> part;         // keeps the changes' bytes alive
  std::vector<Change> changes;                  // empty: only the position moves on
  std::vector<int> checkpoints;                 // of which lanes; at least those of earlier items
  std::shared_ptr<const std::string> position;  // these checkpoints after it, encoded
  const RowWriter* writer = nullptr;
  bool in_order = false;  // no netting: holds moved keys, or values that go from row to row
  size_t bytes = 0;       // of memory, about
};

// Applies the items of a lane in one target transaction whose last statement is `advance`;
// falls back to row-by-row order when the net form fails. Nothing has happened when it throws,
// except for kOutcomeUnknown.
void ApplyItems(mysql::Connection& connection, const std::vector<LaneItem>& items,
                const CheckpointUpdate& advance);

class Lane {
 public:
  struct Callbacks {
    // Parts by their numbers, rising, after the commit; `rows` of them all.
    std::function<void(const std::vector<uint64_t>& numbers, uint64_t rows)> finished;
    std::function<void(const Error& error)> failed;  // the lane has ended
    // For people; tried: for how long.
    std::function<void(const Error& error, base::Clock::duration tried)> retrying;
  };

  // hasty: how many are in haste, see Stream::Haste; nothing is held back while any is. Must live
  // longer.
  Lane(const mysql::ConnectionOptions& options, const CheckpointTable& checkpoint,
       size_t batch_rows, const std::atomic<int>& hasty, Callbacks callbacks);
  ~Lane();

  void start();
  // Called by the dispatcher only. Waits while the queue is full; throws kCancelled.
  void Push(std::stop_token stop, LaneItem item);
  // Waits until the item with this number, once pushed, is committed. Throws kCancelled.
  void WaitUntilDone(std::stop_token stop, uint64_t number);
  // Everything that was pushed.
  void WaitUntilIdle(std::stop_token stop);
  bool IsIdle() const;
  // Looks anew whether anybody is in haste. Any thread.
  void Hurry();

 private:
  void Run(std::stop_token stop);
  // Closes the connection when there is nothing to do for a while.
  std::vector<LaneItem> Take(std::stop_token stop);
  bool IsWorthACommit() const;
  void Apply(std::stop_token stop, const std::vector<LaneItem>& items);

  const mysql::ConnectionOptions options_;
  const size_t batch_rows_;
  const CheckpointTable& checkpoint_;
  const std::atomic<int>& hasty_;
  const Callbacks callbacks_;
  std::optional<mysql::Connection> connection_;  // the lane's thread only

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<LaneItem> queue_;
  size_t queued_changes_ = 0;
  size_t queued_bytes_ = 0;
  base::Clock::time_point queued_since_{};
  int waiting_ = 0;  // for this lane
  uint64_t pushed_number_ = 0;
  uint64_t done_number_ = 0;
  std::jthread thread_;
};

}  // namespace osc::apply
