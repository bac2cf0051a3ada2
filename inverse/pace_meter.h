// Speed and remaining time of the copy, over the last seconds.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "src/base/wait.h"

namespace osc::inverse {

// Used by one thread.
class PaceMeter {
 public:
  void Note(base::Clock::time_point now, uint64_t rows, double percent);
  double RowsPerSecond() const;
  std::optional<int64_t> EtaSeconds() const;  // none while nothing moves

 private:
  struct Sample {
    base::Clock::time_point at;
    uint64_t rows;
    double percent;
  };
  std::deque<Sample> samples_;
};

}  // namespace osc::inverse
