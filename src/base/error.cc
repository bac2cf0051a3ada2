#include "src/base/error.h"

namespace osc {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kRefused:
      return "refused";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kRetryable:
      return "retryable";
    case ErrorCode::kConnectionLost:
      return "connection_lost";
    case ErrorCode::kOutcomeUnknown:
      return "outcome_unknown";
    case ErrorCode::kPositionLost:
      return "position_lost";
    case ErrorCode::kDiverged:
      return "diverged";
    case ErrorCode::kUnprojectable:
      return "unprojectable";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace osc
