#include "shadow/pace_control.h"

#include <algorithm>
#include <cmath>

namespace osc::shadow {
namespace {

using std::chrono::seconds;

constexpr size_t kWrites = 20;  // that are looked at together
// A write is late when it waits longer than that many times what it does without the work.
constexpr double kLate = 3;
constexpr PaceControl::Wait kNeverLate{5};
constexpr double kLess = 0.75;       // by each late write
constexpr double kLateShare = 0.02;  // where less and more are in balance
constexpr double kLeast = 0.05;      // the work is to come to an end
// What writes wait without the work changes with the application's day.
constexpr seconds kListenEvery{60};
// At the least for so long: it is not the work that they wait for.
constexpr seconds kListenAtLeast{5};

PaceControl::Wait LongestButOne(std::vector<PaceControl::Wait> waits) {
  if (waits.size() < 2) return PaceControl::Wait(0);
  std::nth_element(waits.begin(), waits.end() - 2, waits.end());
  return *(waits.end() - 2);
}

}  // namespace

void PaceControl::Forget() {
  phase_ = Phase::kFree;
  latest_.clear();
  alone_ = Wait(0);
  threads_ = 1;
}

void PaceControl::Listen() {
  phase_ = Phase::kListening;
  latest_.clear();
}

void PaceControl::EndListening(base::Clock::time_point now) {
  alone_ = LongestButOne(latest_);
  limit_ = std::max(kNeverLate, alone_ * kLate);
  phase_ = Phase::kPacing;
  listened_at_ = above_least_at_ = now;
}

void PaceControl::Note(base::Clock::time_point now, Wait waited, bool is_quiet, int most) {
  if (phase_ == Phase::kFree) Listen();
  if (phase_ == Phase::kListening && !is_quiet) return;
  if (latest_.size() == kWrites) latest_.erase(latest_.begin());
  latest_.push_back(waited);
  if (phase_ == Phase::kListening) {
    if (latest_.size() == kWrites) EndListening(now);
    return;
  }
  if (waited > limit_) {
    // All that would have been written meanwhile is late too.
    const double late = 1 + waited / Wait(kInterval);
    threads_ *= std::max(0.2, std::pow(kLess, late));
  } else {
    threads_ *= std::pow(kLess, -kLateShare / (1 - kLateShare));
  }
  threads_ = std::clamp(threads_, kLeast, static_cast<double>(most));
  if (threads_ > kLeast) above_least_at_ = now;
  const bool stuck = now - above_least_at_ > kListenAtLeast;
  const bool is_old = now - listened_at_ > kListenEvery && threads_ < most;
  if (stuck || is_old) Listen();
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

PaceControl::Wait PaceControl::recent() const {
  return phase_ == Phase::kPacing ? LongestButOne(latest_) : Wait(0);
}

}  // namespace osc::shadow
