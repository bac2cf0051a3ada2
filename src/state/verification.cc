#include "src/state/verification.h"

#include <array>

#include "src/base/error.h"

namespace osc::state {
namespace {

// In the order of VerifyState.
constexpr std::array<std::string_view, 7> kNames{"none",   "pending", "running", "passed",
                                                 "failed", "stale",   "skipped"};

}  // namespace

std::string_view VerifyStateName(VerifyState state) {
  return kNames.at(static_cast<size_t>(state));
}

VerifyState ParseVerifyState(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<VerifyState>(i);
  }
  throw Error(ErrorCode::kInternal, "'" + std::string(name) + "' is not a state of a verification");
}

VerifyCounts& VerifyCounts::operator+=(const VerifyCounts& other) {
  rows += other.rows;
  matching += other.matching;
  missing += other.missing;
  extra += other.extra;
  different += other.different;
  quarantined += other.quarantined;
  repaired += other.repaired;
  return *this;
}

}  // namespace osc::state
