#include "inverse/pace_meter.h"

#include <chrono>

namespace osc::inverse {
namespace {

constexpr std::chrono::seconds kWindow{10};

double Seconds(base::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void PaceMeter::Note(base::Clock::time_point now, uint64_t rows, double percent) {
  samples_.push_back({now, rows, percent});
  while (samples_.size() > 2 && now - samples_.front().at > kWindow) samples_.pop_front();
}

double PaceMeter::RowsPerSecond() const {
  if (samples_.size() < 2) return 0;
  const double seconds = Seconds(samples_.back().at - samples_.front().at);
  return seconds <= 0 ? 0
                      : static_cast<double>(samples_.back().rows - samples_.front().rows) / seconds;
}

std::optional<int64_t> PaceMeter::EtaSeconds() const {
  if (samples_.size() < 2) return std::nullopt;
  const double gained = samples_.back().percent - samples_.front().percent;
  if (gained <= 0) return std::nullopt;
  const double seconds = Seconds(samples_.back().at - samples_.front().at);
  return static_cast<int64_t>((100 - samples_.back().percent) / gained * seconds);
}

}  // namespace osc::inverse
