#include "shadow/open_snapshots.h"

#include "shadow/blockers.h"
#include "shadow/open_transactions.h"
#include "src/base/retry.h"
#include "src/mysql/own_sessions.h"

namespace osc::shadow {
namespace {

// At random times, and seldom: engines that look too often would keep each other's list old.
constexpr base::RetryPolicy kInterval{.first_delay = std::chrono::milliseconds(150),
                                      .longest_delay = std::chrono::milliseconds(1500)};

// connection -> when its transaction began. nullopt: the list could be of an earlier time.
std::optional<std::map<uint64_t, std::string>> ReadSnapshots(mysql::Connection& connection) {
  connection.Execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  connection.Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  const auto open = ListTransactions(connection);
  connection.Execute("COMMIT");
  if (!open || !open->contains(connection.thread_id())) return std::nullopt;
  std::map<uint64_t, std::string> began;
  for (const auto& [id, transaction] : *open) {
    if (transaction.keeps_snapshot && !mysql::IsOwnSession(id)) began[id] = transaction.began;
  }
  return began;
}

}  // namespace

OpenSnapshots::OpenSnapshots(mysql::ConnectionOptions connection)
    : connection_(std::move(connection)),
      since_(base::Clock::now()),
      next_look_(since_),
      told_("") {}

std::optional<std::string> OpenSnapshots::StillOpen() {
  if (!told_ || base::Clock::now() < next_look_) return told_;
  auto connection = mysql::Connection::Open(connection_);
  const auto now = ReadSnapshots(connection);
  next_look_ = base::Clock::now() + base::BackoffDelay(kInterval, ++looks_);
  if (!now) return told_;
  if (!began_) began_ = now;
  std::erase_if(*began_, [&now](const auto& transaction) {
    const auto it = now->find(transaction.first);
    return it == now->end() || it->second != transaction.second;
  });
  const auto sessions = FindSessions(connection, [this](const mysql::Session& session) {
    return began_->contains(session.id) && !IsOfServer(session);
  });
  if (sessions.empty()) {
    told_.reset();
  } else {
    told_ = sessions.front().Describe();
    if (sessions.size() > 1) *told_ += ", and " + std::to_string(sessions.size() - 1) + " more";
  }
  return told_;
}

}  // namespace osc::shadow
