// What the process's exit code says: see the contract in docs and `osc --help`.
#pragma once

#include <string_view>

#include "src/base/error.h"

namespace osc::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRefused = 3;
inline constexpr int kExitUnreachable = 4;
inline constexpr int kExitDifferent = 5;
inline constexpr int kExitDetached = 130;

// Where a command was when an error came: the same code means different things there. A missing
// table is a refusal of preflight, a missing migration is bad input.
enum class Stage { kInput, kConnect, kPreflight, kEngine, kVerdict };

int ExitCodeOf(ErrorCode code, Stage stage);

// The inverse of ErrorCodeName, for errors that come out of the store; kInternal when unknown.
ErrorCode ParseErrorCode(std::string_view name);

}  // namespace osc::cli
