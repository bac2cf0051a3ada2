#include "shadow/table_locks.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/wait.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// With the lock on one table the next one is waited for no longer than this at a time: whoever has
// that one may be waiting for the first, and neither of us would get on. Short at first, because
// only luck helps against sessions that take both in different orders, and many tries have more of
// it; longer and longer, for those who have it for a while without waiting.
constexpr milliseconds kFirstSlice{5};
constexpr milliseconds kLongestSlice{300};

// The session whose lock makes writers wait. Should the server lose sight of us without a word, it
// ends the session and with it the lock: after it has been idle for longer than any step may take.
mysql::Connection OpenLocker(const SwapPlan& plan, size_t tables) {
  mysql::Connection connection = OpenForSwap(plan);
  const auto longest =
      std::chrono::ceil<seconds>((plan.lock_timeout + kEndBlockersTime) * static_cast<int>(tables));
  connection.Execute("SET wait_timeout=" + std::to_string(longest.count()) +
                     ", lock_wait_timeout=" + std::to_string(longest.count() + 1));
  return connection;
}

// In which writers get on, those of one table and those of both.
void TakeABreak(std::stop_token stop, milliseconds longest) {
  thread_local std::minstd_rand random{std::random_device{}()};
  base::SleepFor(stop, milliseconds(1 + random() % longest.count()));
  base::ThrowIfStopped(stop);
}

}  // namespace

mysql::Connection OpenForSwap(const SwapPlan& plan) {
  mysql::ConnectionOptions options = plan.connection;
  options.read_timeout = std::chrono::duration_cast<seconds>(plan.lock_timeout) + seconds(10);
  mysql::Connection connection = mysql::Connection::Open(options);
  const auto longest = std::max<int64_t>(1, std::chrono::ceil<seconds>(plan.lock_timeout).count());
  connection.Execute("SET lock_wait_timeout=" + std::to_string(longest));
  return connection;
}

TableLocks::TableLocks(std::vector<const SwapPlan*> plans, const mysql::TableName& sentry,
                       mysql::Connection& control)
    : plans_(std::move(plans)),
      sentry_(sentry),
      control_(control),
      order_(plans_.size()),
      held_(plans_.size()) {
  std::iota(order_.begin(), order_.end(), 0);
  for (const SwapPlan* plan : plans_) {
    lock_timeout_ = std::max(lock_timeout_, plan->lock_timeout);
    sessions_.push_back(OpenLocker(*plan, plans_.size()));
  }
}

Clock::time_point TableLocks::Take(std::stop_token stop) {
  const auto deadline = Clock::now() + lock_timeout_;
  milliseconds slice = kFirstSlice;
  auto asked_at = Clock::now();
  for (; !TryAll(deadline, slice); asked_at = Clock::now()) {
    TakeABreak(stop, slice);
    slice = std::min(slice + slice / 8 + milliseconds(1), kLongestSlice);
  }
  OSC_FAULT_POINT("swap.locked");
  return asked_at;
}

// False when it is better to begin anew, in another order.
bool TableLocks::TryAll(Clock::time_point deadline, milliseconds slice) {
  for (const size_t table : order_) {
    const bool holds_another = table != order_.front();
    Send(table);
    auto patience = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (holds_another) patience = std::min(patience, slice);
    if (sessions_[table].IsReady(std::max(patience, milliseconds(0)))) {
      Finish(table);
      continue;
    }
    const SwapPlan& plan = *plans_[table];
    if (holds_another && Clock::now() < deadline) {
      GiveUp();
      order_.erase(std::find(order_.begin(), order_.end(), table));
      order_.push_front(table);
      return false;
    }
    if (EndBlockers(sessions_[table], control_, plan.live, plan.may_kill, plan.killed)) {
      Finish(table);
      continue;
    }
    // Looked at while the lock is waited for: whoever holds the table then is in the way.
    const std::string blockers = DescribeBlockers(control_, plan.live);
    GiveUp();
    throw Error(ErrorCode::kBusy,
                "the lock on " + mysql::Quote(plan.live) + " was not given within " +
                    std::to_string(lock_timeout_.count()) + " ms" + blockers,
                "end the transaction that holds the table, or wait: it will be tried again");
  }
  return true;
}

void TableLocks::Send(size_t table) {
  std::string lock = "LOCK TABLES " + mysql::Quote(plans_[table]->live) + " WRITE";
  if (table + 1 == plans_.size()) lock += ", " + mysql::Quote(sentry_) + " WRITE";
  sessions_[table].Send(lock);
  waiting_ = table;
}

void TableLocks::Finish(size_t table) {
  waiting_.reset();
  sessions_[table].Finish();
  held_[table] = true;
}

void TableLocks::Release(size_t table) {
  held_[table] = false;
  sessions_[table].Execute("UNLOCK TABLES");
}

void TableLocks::GiveUp() {
  if (waiting_) EndWait();
  for (size_t table = 0; table < sessions_.size(); ++table) {
    if (!held_[table]) continue;
    try {
      Release(table);
    } catch (const Error&) {
      // The session is gone and its locks with it.
    }
  }
}

void TableLocks::EndWait() {
  const size_t table = *waiting_;
  waiting_.reset();
  try {
    control_.Execute("KILL QUERY " + std::to_string(sessions_[table].thread_id()));
  } catch (const Error& error) {
    spdlog::warn("{} cannot end the wait for the lock: {}", plans_[table]->id, error.message());
  }
  held_[table] = true;  // it may have been given just now
  try {
    sessions_[table].Finish();
  } catch (const Error&) {
    // As wanted.
  }
}

}  // namespace osc::shadow
