#include "shadow/table_locks.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "shadow/blockers.h"
#include "shadow/metadata_locks.h"
#include "src/apply/stream.h"
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
constexpr milliseconds kGatePoll{1};

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

mysql::Connection OpenLocker(const SwapPlan& plan, size_t tables) {
  mysql::Connection connection = OpenForSwap(plan);
  const auto longest =
      std::chrono::ceil<seconds>((plan.lock_timeout + kEndBlockersTime) * static_cast<int>(tables));
  connection.Execute("SET wait_timeout=" + std::to_string(longest.count()) +
                     ", lock_wait_timeout=" + std::to_string(longest.count() + 1));
  return connection;
}

TableLocks::TableLocks(std::vector<const SwapPlan*> plans, const std::vector<bool>& is_gated,
                       const mysql::TableName& sentry, mysql::Connection& control)
    : plans_(std::move(plans)),
      sentry_(sentry),
      control_(control),
      order_(plans_.size()),
      held_(plans_.size()) {
  std::iota(order_.begin(), order_.end(), 0);
  for (size_t table = 0; table < plans_.size(); ++table) {
    const SwapPlan& plan = *plans_[table];
    lock_timeout_ = std::max(lock_timeout_, plan.lock_timeout);
    gates_.emplace_back();
    // At a gate it is idle while others are waited for as well.
    sessions_.push_back(OpenLocker(plan, plans_.size() * (is_gated[table] ? 2 : 1)));
    if (!is_gated[table]) continue;
    gates_.back() = Gate{OpenLocker(plan, plans_.size())};
    is_gated_ = true;
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
    auto patience = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (holds_another) patience = std::min(patience, slice);
    if (Ask(table, std::max(patience, milliseconds(0)))) {
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
    if (EndBlockersOf(table)) {
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

// Leaves it waiting when it returns false.
bool TableLocks::Ask(size_t table, milliseconds patience) {
  waiting_ = table;
  if (IsGated(table)) return AskByGate(table, patience);
  std::string lock = "LOCK TABLES " + mysql::Quote(plans_[table]->live) + " WRITE";
  if (table + 1 == plans_.size() && !is_gated_) lock += ", " + mysql::Quote(sentry_) + " WRITE";
  sessions_[table].Send(lock);
  return sessions_[table].IsReady(patience);
}

bool TableLocks::AskByGate(size_t table, milliseconds patience) {
  const SwapPlan& plan = *plans_[table];
  const std::string live = mysql::Quote(plan.live);
  const auto deadline = Clock::now() + patience;
  mysql::Connection& reader = sessions_[table];
  reader.Execute("BEGIN");
  reader.Send("SELECT 1 FROM " + live + " LIMIT 0");
  if (!reader.IsReady(patience)) return false;
  reader.Finish();
  held_[table] = true;
  // Fails by the sentry; and where there should be none, as a whole by its second part.
  const std::string nowhere = live + " TO " + mysql::Quote(sentry_);
  gates_[table]->session.Send("RENAME /* " + apply::Marker(plan.id, "swap:gate") + " */ TABLE " +
                              nowhere + ", " + nowhere);
  gates_[table]->is_sent = true;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  return WaitUntilAlone(table, std::max(left, milliseconds(0)));
}

// The gate is queued by then, so that nobody can come any more.
bool TableLocks::WaitUntilAlone(size_t table, milliseconds patience) {
  if (!gates_[table]->is_sent) return false;
  const mysql::TableName& live = plans_[table]->live;
  return base::PollUntil({}, Clock::now() + patience, kGatePoll, [&] {
    return IsQueuedFor(control_, live, gates_[table]->session.thread_id()) &&
           !IsHeldByOthers(control_, live, sessions_[table].thread_id());
  });
}

bool TableLocks::EndBlockersOf(size_t table) {
  const SwapPlan& plan = *plans_[table];
  if (!IsGated(table)) {
    return EndBlockers(sessions_[table], control_, plan.live, plan.may_kill, plan.killed);
  }
  return EndBlockers([&](milliseconds wait) { return WaitUntilAlone(table, wait); }, control_,
                     plan.live, plan.may_kill, plan.killed);
}

void TableLocks::Finish(size_t table) {
  waiting_.reset();
  if (!IsGated(table)) sessions_[table].Finish();
  held_[table] = true;
}

void TableLocks::Release(size_t table) {
  held_[table] = false;
  if (IsGated(table)) EndGate(table);
  sessions_[table].Execute(IsGated(table) ? "ROLLBACK" : "UNLOCK TABLES");
}

void TableLocks::EndGate(size_t table) {
  Gate& gate = *gates_[table];
  if (!gate.is_sent) return;
  gate.is_sent = false;
  control_.Execute("KILL QUERY " + std::to_string(gate.session.thread_id()));
  try {
    gate.session.Finish();
  } catch (const Error&) {
    // As always.
  }
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
  if (held_[table]) return;  // the gate goes with it
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
