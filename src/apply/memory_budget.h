// How much of the stream is in memory between the dispatcher and the lanes' commits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/wait.h"
#include "src/binlog/row_image.h"

namespace osc::apply {

// Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t bytes) : bytes_(bytes) {}

  // Waits until it fits, or nothing else is taken. Throws kCancelled.
  void Take(std::stop_token stop, size_t bytes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return taken_ == 0 || taken_ + bytes <= bytes_; });
    base::ThrowIfStopped(stop);
    taken_ += bytes;
  }
  void Give(size_t bytes) {
    const std::lock_guard lock(mutex_);
    taken_ -= bytes;
    changed_.notify_all();
  }

 private:
  const size_t bytes_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  size_t taken_ = 0;
};

// Row events that are applied together, kept alive by the changes that point into them. Returns its
// bytes to the budget, which must outlive it.
struct RowsPart {
  RowsPart(std::vector<binlog::RowsEvent> rows, std::string name)
      : events(std::move(rows)), transaction(std::move(name)) {}
  ~RowsPart() {
    if (budget != nullptr) budget->Give(bytes);
  }
  RowsPart(const RowsPart&) = delete;
  RowsPart& operator=(const RowsPart&) = delete;

  const std::vector<binlog::RowsEvent> events;
  const std::string transaction;  // TransactionName()
  MemoryBudget* budget = nullptr;
  size_t bytes = 0;
};

}  // namespace osc::apply
