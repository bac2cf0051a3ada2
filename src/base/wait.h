// Waiting that ends early when a stop is asked for. Every pause in the program goes through here.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

namespace osc::base {

using Clock = std::chrono::steady_clock;
using Millis = std::chrono::milliseconds;

// Sleeps for the duration or until a stop is asked for; true when the whole time has passed.
bool SleepFor(std::stop_token stop, std::chrono::nanoseconds duration);

// Polls every `interval` until `done` returns true (true), the deadline passes (false) or a stop
// is asked for (throws Error kCancelled). `done` is called at least once.
bool PollUntil(std::stop_token stop, Clock::time_point deadline, Millis interval,
               const std::function<bool()>& done);

// Throws Error kCancelled when a stop was asked for.
void ThrowIfStopped(const std::stop_token& stop);

}  // namespace osc::base
