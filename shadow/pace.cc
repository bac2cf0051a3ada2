#include "shadow/pace.h"

#include <algorithm>
#include <utility>

#include "src/mysql/own_sessions.h"
#include "src/mysql/session_list.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Nobody has anything to do that is to be held back when nobody has asked for so long.
constexpr seconds kUnasked{1};
constexpr milliseconds kLookInterval{200};
// Others who have not been seen for so long are gone.
constexpr seconds kOthersGone{5};
constexpr seconds kUntilNextTry{1};
constexpr seconds kLongestRest{5};
// Beside others a chunk locks its rows no longer, and writes no more at once to the binlog, than a
// write can wait for.
constexpr milliseconds kSharedChunkTime{20};

mysql::ConnectionOptions Impatient(mysql::ConnectionOptions options) {
  options.read_timeout = seconds(10);
  return options;
}

bool AreOthersThere(mysql::Connection& connection) {
  const auto sessions = mysql::ListSessions(connection);
  return std::any_of(sessions.begin(), sessions.end(), [](const mysql::Session& session) {
    const bool runs = session.command == "Query" || session.command == "Execute";
    return runs && !mysql::IsOwnSession(session.id);
  });
}

}  // namespace

Pace::Pace(mysql::ConnectionOptions server, std::string id, const mysql::TableName& live,
           const apply::Stream& stream)
    : server_(Impatient(std::move(server))), record_(id, live), stream_(stream) {
  thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
}

void Pace::Set(const state::Settings& settings) {
  threads_ = settings.copy_threads;
  chunk_time_ = settings.chunk_time;
  nice_ = settings.nice.value_or(kByServer);
}

std::chrono::milliseconds Pace::locked_chunk_time() const {
  const milliseconds wanted = chunk_time_;
  return nice_ >= 0 || !is_shared_ ? wanted : std::min(wanted, kSharedChunkTime);
}

double Pace::Share(int number) const {
  const int most = threads_;
  if (const double nice = nice_; nice >= 0) return number < most ? 1 / (1 + nice) : 0;
  const std::lock_guard lock(mutex_);
  return std::clamp(control_.threads(most) - number, 0.0, 1.0);
}

bool Pace::MayWork(int number) {
  asked_at_ = Clock::now();
  return Share(number) > 0;
}

void Pace::Do(std::stop_token stop, int number, const std::function<void()>& work) {
  const auto began = Clock::now();
  ++working_;
  try {
    work();
  } catch (...) {
    --working_;
    throw;
  }
  --working_;
  const auto ended = Clock::now();
  const auto rested_enough = [&] {
    const double share = Share(number);
    if (share <= 0) return true;  // it is asked before the next piece
    const auto rest = (ended - began) * ((1 - share) / share);
    return Clock::now() - ended >= std::min<std::chrono::duration<double>>(rest, kLongestRest);
  };
  while (!rested_enough()) {
    asked_at_ = Clock::now();
    if (!base::SleepFor(stop, milliseconds(5))) return;
  }
}

std::optional<state::Progress::Pace> Pace::status() const {
  if (nice_ >= 0 || !is_shared_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return state::Progress::Pace{control_.threads(threads_), control_.recent().count(),
                               control_.alone().count()};
}

void Pace::LookUntilError(std::stop_token stop) {
  std::optional<mysql::Connection> connection;
  uint64_t rows_applied = stream_.status().rows_applied;
  Clock::time_point seen_at{};
  Clock::time_point next_look{};
  bool is_needed = false;
  while (base::SleepFor(stop, is_needed ? PaceControl::kInterval : kLookInterval)) {
    const auto now = Clock::now();
    is_needed = nice_ < 0 && now - asked_at_.load() <= kUnasked;
    if (!is_needed) {
      connection.reset();
      continue;
    }
    if (!connection) connection = mysql::Connection::Open(server_);
    if (now >= next_look) {
      next_look = now + kLookInterval;
      const uint64_t rows = stream_.status().rows_applied;
      if (std::exchange(rows_applied, rows) != rows || AreOthersThere(*connection)) seen_at = now;
      is_shared_ = now - seen_at < kOthersGone;
    }
    if (!is_shared_) {
      const std::lock_guard lock(mutex_);
      control_.Forget();
      continue;
    }
    const auto began = Clock::now();
    const bool was_quiet = working_ == 0;
    record_.Touch(*connection);
    const auto ended = Clock::now();
    const std::lock_guard lock(mutex_);
    control_.Note(ended, ended - began, was_quiet && working_ == 0, threads_);
  }
}

void Pace::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    try {
      LookUntilError(stop);
    } catch (const std::exception&) {
      // Those who work find out by themselves what is wrong with the server. Without a measure they
      // take what they are allowed.
      is_shared_ = false;
      const std::lock_guard lock(mutex_);
      control_.Forget();
    }
    base::SleepFor(stop, kUntilNextTry);
  }
}

}  // namespace osc::shadow
