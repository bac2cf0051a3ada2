#include "shadow/queued_rename.h"

#include <algorithm>
#include <utility>

#include "shadow/metadata_locks.h"
#include "shadow/table_locks.h"
#include "src/base/log.h"
#include "src/base/wait.h"
#include "src/mysql/session_list.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;

constexpr unsigned kTableExists = 1050;  // the sentry, met by a RENAME that nothing held back
// A PREPARE that is not held up mostly answers within the first one. The list that is looked at
// then is long on some servers: less and less often.
constexpr milliseconds kProbePatience{1};
constexpr milliseconds kLongestProbePatience{16};
constexpr milliseconds kQueuePoll{1};

}  // namespace

QueuedRename::QueuedRename(const SwapPlan& plan, size_t tables, mysql::Connection& control)
    : plan_(plan), control_(control), session_(OpenForSwap(plan)) {
  for (size_t i = 0; i < tables; ++i) probers_.push_back(OpenForSwap(plan));
}

void QueuedRename::Send(const std::string& sql) {
  is_sent_ = true;
  session_.Send(sql);
}

void QueuedRename::ProveThatItIsNext(const mysql::TableName& table) {
  mysql::Connection& prober = probers_.at(probed_++);
  const std::string prepare = "PREPARE osc_probe FROM @osc_probe";
  prober.Execute("SET @osc_probe=" +
                 mysql::QuoteText("SELECT 1 FROM " + mysql::Quote(table) + " LIMIT 0"));
  const auto deadline = Clock::now() + plan_.lock_timeout;
  while (Clock::now() < deadline) {
    RequireThatItWaits();
    prober.Send(prepare);
    for (auto patience = kProbePatience; !prober.IsReady(patience);
         patience = std::min(2 * patience, kLongestProbePatience)) {
      if (IsSeenWaiting(prober)) return;  // it ends by itself after the RENAME
      if (Clock::now() >= deadline) ThrowBusy(table);
    }
    prober.Finish();
  }
  ThrowBusy(table);
}

void QueuedRename::WaitUntilItIsNext(const mysql::TableName& table) {
  const bool is_queued = base::PollUntil({}, Clock::now() + plan_.lock_timeout, kQueuePoll, [&] {
    RequireThatItWaits();
    return IsQueuedFor(control_, table, session_.thread_id());
  });
  if (!is_queued) ThrowBusy(table);
}

void QueuedRename::Finish() {
  is_sent_ = false;
  session_.Finish();
}

void QueuedRename::End() {
  if (!is_sent_) return;
  is_sent_ = false;
  try {
    control_.Execute("KILL QUERY " + std::to_string(session_.thread_id()));
  } catch (const Error& error) {
    spdlog::warn("{} cannot end the waiting RENAME: {}", plan_.id, error.message());
  }
  try {
    session_.Finish();
  } catch (const Error&) {
    // As wanted. The sentry would have made it fail all the same.
  }
}

// It can only have failed: says why.
void QueuedRename::RequireThatItWaits() {
  if (!session_.IsReady(milliseconds(0))) return;
  is_sent_ = false;
  try {
    session_.Finish();
  } catch (const Error& error) {
    if (error.server_errno() != kTableExists) throw;
    throw Error(ErrorCode::kRetryable, "the session that held the lock has been ended");
  }
  throw Error(ErrorCode::kInternal, "the RENAME ended before its time");
}

bool QueuedRename::IsSeenWaiting(const mysql::Connection& prober) {
  const auto sessions = mysql::ListSessions(control_);
  for (const mysql::Connection* waiter : {&prober, &std::as_const(session_)}) {
    const auto session = mysql::FindSession(sessions, waiter->thread_id());
    if (!session || !session->WaitsForMetadataLock()) return false;
  }
  return true;
}

void QueuedRename::ThrowBusy(const mysql::TableName& table) {
  throw Error(ErrorCode::kBusy, "the RENAME did not get to wait for " + mysql::Quote(table) +
                                    DescribeBlockers(control_, table));
}

}  // namespace osc::shadow
