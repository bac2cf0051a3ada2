#include "src/base/retry.h"

#include <algorithm>
#include <random>

#include "src/base/wait.h"

namespace osc::base {

bool IsRetryable(ErrorCode code) {
  return code == ErrorCode::kRetryable || code == ErrorCode::kConnectionLost ||
         code == ErrorCode::kBusy;
}

std::chrono::milliseconds BackoffDelay(const RetryPolicy& policy, int attempt) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const double doubled =
      static_cast<double>(policy.first_delay.count()) * (1u << std::clamp(attempt - 1, 0, 20));
  const double capped = std::min(doubled, static_cast<double>(policy.longest_delay.count()));
  std::uniform_real_distribution<double> jitter(0.5, 1.5);
  return std::chrono::milliseconds(static_cast<long>(capped * jitter(random)));
}

void Retry(std::stop_token stop, const RetryPolicy& policy, const std::function<void()>& work,
           const std::function<void(const Error&)>& before_retry) {
  for (int attempt = 1;; ++attempt) {
    try {
      return work();
    } catch (const Error& error) {
      if (!IsRetryable(error.code()) || attempt >= policy.attempts) throw;
      if (before_retry) before_retry(error);
    }
    SleepFor(stop, BackoffDelay(policy, attempt));
    ThrowIfStopped(stop);
  }
}

}  // namespace osc::base
