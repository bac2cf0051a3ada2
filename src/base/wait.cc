#include "src/base/wait.h"

#include <condition_variable>
#include <mutex>

#include "src/base/error.h"

namespace osc::base {

bool SleepFor(std::stop_token stop, std::chrono::nanoseconds duration) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

bool PollUntil(std::stop_token stop, Clock::time_point deadline, Millis interval,
               const std::function<bool()>& done) {
  while (true) {
    if (done()) return true;
    if (Clock::now() >= deadline) return false;
    SleepFor(stop, interval);
    ThrowIfStopped(stop);
  }
}

void ThrowIfStopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "stopped");
}

}  // namespace osc::base
