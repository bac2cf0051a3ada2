#include "src/apply/lag.h"

#include "src/base/error.h"
#include "src/binlog/reader.h"

namespace osc::apply {

using base::Clock;

constexpr std::chrono::milliseconds kInterval{100};
// Silence shorter than this is an ordinary round trip.
constexpr std::chrono::milliseconds kBlindAfter{1000};
constexpr size_t kMostSamples = 36000;  // an hour; then the newest ones are thinned out

LagSampler::LagSampler(mysql::ConnectionOptions server, IsApplied is_applied)
    : options_(std::move(server)),
      is_applied_(std::move(is_applied)),
      last_success_(Clock::now()) {}

void LagSampler::start() {
  thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
}

std::chrono::milliseconds LagSampler::Lag() {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  while (!samples_.empty() && is_applied_(samples_.front().position)) samples_.pop_front();
  auto since = now;
  if (now - last_success_ > kBlindAfter) since = last_success_;
  if (!samples_.empty()) since = std::min(since, samples_.front().at);
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - since);
}

void LagSampler::SampleUntilError(std::stop_token stop) {
  auto connection = mysql::Connection::Open(options_);
  while (base::SleepFor(stop, kInterval)) {
    const auto at = Clock::now();
    binlog::Position position = binlog::CurrentGtidPosition(connection);
    const bool applied = is_applied_(position);
    const std::lock_guard lock(mutex_);
    last_success_ = Clock::now();
    if (applied) {
      samples_.clear();
    } else if (samples_.size() < kMostSamples) {
      samples_.push_back({at, std::move(position)});
    }
  }
}

void LagSampler::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    try {
      SampleUntilError(stop);
    } catch (const std::exception&) {
      // The growing lag says it; the stream itself reports why the server cannot be reached.
      base::SleepFor(stop, std::chrono::seconds(1));
    }
  }
}

}  // namespace osc::apply
