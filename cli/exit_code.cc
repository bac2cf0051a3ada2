#include "cli/exit_code.h"

namespace osc::cli {

int ExitCodeOf(ErrorCode code, Stage stage) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return stage == Stage::kPreflight ? kExitRefused : kExitUsage;
    case ErrorCode::kNotFound:  // connecting: the database; preflight: the table; else: the id
      return stage == Stage::kPreflight || stage == Stage::kConnect ? kExitRefused : kExitUsage;
    case ErrorCode::kRefused:
      return kExitRefused;
    case ErrorCode::kBusy:
      return stage == Stage::kConnect ? kExitUnreachable : kExitRefused;
    case ErrorCode::kDiverged:
      return stage == Stage::kVerdict ? kExitDifferent : kExitFailed;
    case ErrorCode::kConnectionLost:
      return kExitUnreachable;
    default:
      return kExitFailed;
  }
}

ErrorCode ParseErrorCode(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    if (ErrorCodeName(code) == name) return code;
  }
  return ErrorCode::kInternal;
}

}  // namespace osc::cli
