// The one retry loop of the program: exponential backoff with jitter, for errors that the server
// rolled back (kRetryable) or that a new connection mends (kConnectionLost, kBusy).
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "src/base/error.h"

namespace osc::base {

struct RetryPolicy {
  int attempts = 10;                          // at least 1
  std::chrono::milliseconds first_delay{20};  // doubled after each failure, +-50% jitter
  std::chrono::milliseconds longest_delay{2000};
};

// True for the codes that a repetition can mend.
bool IsRetryable(ErrorCode code);

// The delay before attempt number `attempt` (1 is the first repetition), with jitter.
std::chrono::milliseconds BackoffDelay(const RetryPolicy& policy, int attempt);

// Calls `work` until it returns, throws an error that cannot be retried, or the attempts are used
// up (the last error is rethrown). `before_retry`, when given, sees each error that is retried.
// Throws kCancelled when a stop is asked for between two attempts.
void Retry(std::stop_token stop, const RetryPolicy& policy, const std::function<void()>& work,
           const std::function<void(const Error&)>& before_retry = {});

}  // namespace osc::base
