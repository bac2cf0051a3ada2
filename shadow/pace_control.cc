#include "shadow/pace_control.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace osc::shadow {
namespace {

using std::chrono::seconds;

// So many writes are listened to before the work goes on, as long as that does not keep it waiting,
// and so many of them are remembered.
constexpr int kHeard = 20;
constexpr seconds kListenAtMost{2};
constexpr size_t kRemembered = 100;
// A write is late when it waits longer than that many times a long one of those.
constexpr double kLate = 3;
constexpr PaceControl::Wait kNeverLate{5};
constexpr double kLess = 0.75;       // by each late write
constexpr double kLateShare = 0.02;  // where less and more are in balance
constexpr double kLeast = 0.1;       // the work is to come to an end
// What writes wait without the work changes with the application's day.
constexpr seconds kListenEvery{15};

void Remember(std::deque<PaceControl::Wait>* waits, PaceControl::Wait wait) {
  waits->push_back(wait);
  if (waits->size() > kRemembered) waits->pop_front();
}

// That 95 of a hundred do not exceed. Among the longest are those that a server makes wait now and
// then by itself.
PaceControl::Wait Long(const std::deque<PaceControl::Wait>& waits) {
  if (waits.empty()) return PaceControl::Wait(0);
  std::vector<PaceControl::Wait> sorted(waits.begin(), waits.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() * 95 / 100];
}

}  // namespace

void PaceControl::Forget() { *this = PaceControl(); }

void PaceControl::Note(base::Clock::time_point now, Wait waited, bool is_quiet, int most) {
  if (phase_ == Phase::kFree) Listen(now);
  if (phase_ == Phase::kListening) {
    if (is_quiet) {
      Remember(&alone_, waited);
      ++heard_;
    }
    if (heard_ < kHeard && now - listens_since_ < kListenAtMost) return;
    phase_ = Phase::kPacing;
    listened_at_ = now;
    return;
  }
  Remember(&latest_, waited);
  if (waited > std::max(kNeverLate, alone() * kLate)) {
    threads_ *= kLess;
  } else {
    threads_ *= std::pow(kLess, -kLateShare / (1 - kLateShare));
  }
  threads_ = std::clamp(threads_, kLeast, static_cast<double>(most));
  if (now - listened_at_ < kListenEvery || threads_ >= most) return;
  Listen(now);
}

void PaceControl::Listen(base::Clock::time_point now) {
  phase_ = Phase::kListening;
  listens_since_ = now;
  heard_ = 0;
}

double PaceControl::threads(int most) const {
  switch (phase_) {
    case Phase::kFree:
      return most;
    case Phase::kListening:
      return 0;
    case Phase::kPacing:
      break;
  }
  return std::min(threads_, static_cast<double>(most));
}

PaceControl::Wait PaceControl::alone() const { return Long(alone_); }

PaceControl::Wait PaceControl::recent() const { return Long(latest_); }

}  // namespace osc::shadow
