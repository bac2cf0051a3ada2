// Knows up to where every lane has applied the stream, although lanes finish out of order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>

#include "src/base/wait.h"
#include "src/binlog/reader.h"

namespace osc::apply {

// Moves the position past the transaction.
void AdvancePosition(binlog::Position* position, const binlog::Transaction& transaction);
// True when the transaction lies within the position.
bool CoversTransaction(const binlog::Position& position, const binlog::Transaction& transaction);

// Thread-safe. The dispatcher begins transactions in binlog order; lanes finish their parts.
class AppliedTracker {
 public:
  explicit AppliedTracker(const binlog::Position& start) : applied_(start) {}

  // parts: how many Finish() calls will follow; 0 when there is nothing to apply. Numbers rise.
  void Begin(uint64_t number, const binlog::Transaction& transaction, int parts);
  // The same for rows of a transaction of which more follow: the position stays before it.
  void BeginWithin(uint64_t number, int parts);
  void Finish(const std::vector<uint64_t>& numbers);

  binlog::Position Applied() const;
  bool AppliedCovers(const binlog::Position& position) const;
  // False when the deadline passes or the tracker is woken for a failure first; throws kCancelled.
  bool WaitUntilCovers(std::stop_token stop, const binlog::Position& position,
                       base::Clock::time_point deadline);
  // The same for everything up to this number. It has been begun, or surely will be.
  bool WaitUntilFinished(std::stop_token stop, uint64_t number, base::Clock::time_point deadline);
  // Wakes all who wait: the stream has failed.
  void Fail();

 private:
  struct Entry {
    uint64_t number;
    int parts_left;
    binlog::Position passed;  // added to what is applied once it and all before it are
    bool ends_transaction;
  };
  void PopFinished();
  bool HasFinished(uint64_t number) const;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool failed_ = false;
  std::deque<Entry> entries_;
  uint64_t begun_ = 0;  // the last number
  binlog::Position applied_;
};

}  // namespace osc::apply
