#include "src/apply/applied_tracker.h"

#include <algorithm>

namespace osc::apply {

void AdvancePosition(binlog::Position* position, const binlog::Transaction& transaction) {
  if (position->gtids && transaction.gtid) position->gtids->Add(*transaction.gtid);
  position->file = transaction.file;
  position->offset = transaction.end_offset;
}

bool CoversTransaction(const binlog::Position& position, const binlog::Transaction& transaction) {
  if (position.gtids && transaction.gtid) return position.gtids->Contains(*transaction.gtid);
  binlog::Position end;
  end.file = transaction.file;
  end.offset = transaction.end_offset;
  return position.Covers(end);
}

void AppliedTracker::Begin(uint64_t number, const binlog::Transaction& transaction, int parts) {
  const std::lock_guard lock(mutex_);
  begun_ = number;
  if (entries_.empty() && parts == 0) {
    AdvancePosition(&applied_, transaction);
    changed_.notify_all();
    return;
  }
  // Transactions without rows that come while a lane is stuck may be very many.
  const bool joins = parts == 0 && entries_.back().ends_transaction;
  if (!joins) {
    Entry entry{number, parts, {}, true};
    if (applied_.gtids) entry.passed.gtids.emplace(applied_.gtids->family());
    entries_.push_back(std::move(entry));
  }
  AdvancePosition(&entries_.back().passed, transaction);
}

void AppliedTracker::BeginWithin(uint64_t number, int parts) {
  const std::lock_guard lock(mutex_);
  begun_ = number;
  entries_.push_back({number, parts, {}, false});
}

void AppliedTracker::Finish(const std::vector<uint64_t>& numbers) {
  const std::lock_guard lock(mutex_);
  for (const uint64_t number : numbers) {
    const auto entry = std::lower_bound(
        entries_.begin(), entries_.end(), number,
        [](const Entry& candidate, uint64_t wanted) { return candidate.number < wanted; });
    if (entry != entries_.end() && entry->number == number) --entry->parts_left;
  }
  PopFinished();
}

void AppliedTracker::PopFinished() {
  while (!entries_.empty() && entries_.front().parts_left <= 0) {
    const Entry& entry = entries_.front();
    if (entry.ends_transaction) {
      if (applied_.gtids && entry.passed.gtids) applied_.gtids->Add(*entry.passed.gtids);
      applied_.file = entry.passed.file;
      applied_.offset = entry.passed.offset;
    }
    entries_.pop_front();
  }
  changed_.notify_all();
}

binlog::Position AppliedTracker::Applied() const {
  const std::lock_guard lock(mutex_);
  return applied_;
}

bool AppliedTracker::AppliedCovers(const binlog::Position& position) const {
  const std::lock_guard lock(mutex_);
  return applied_.Covers(position);
}

bool AppliedTracker::WaitUntilCovers(std::stop_token stop, const binlog::Position& position,
                                     base::Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, deadline, [&] { return failed_ || applied_.Covers(position); });
  base::ThrowIfStopped(stop);
  return !failed_ && applied_.Covers(position);
}

bool AppliedTracker::HasFinished(uint64_t number) const {
  return begun_ >= number && (entries_.empty() || entries_.front().number > number);
}

bool AppliedTracker::WaitUntilFinished(std::stop_token stop, uint64_t number,
                                       base::Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, deadline, [&] { return failed_ || HasFinished(number); });
  base::ThrowIfStopped(stop);
  return !failed_ && HasFinished(number);
}

void AppliedTracker::Fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  changed_.notify_all();
}

}  // namespace osc::apply
