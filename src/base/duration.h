// Durations as users write and read them: "200ms", "3s", "15m", "24h", "7d".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace osc::base {

// Parses one or more number-unit pairs ("1h30m"). A bare number, a negative one, an unknown unit or
// an overflow throws Error kInvalidArgument that quotes the text.
std::chrono::milliseconds ParseDuration(std::string_view text);

// The shortest exact form in one or two units: "200ms", "3s", "1h30m", "24h".
std::string FormatDuration(std::chrono::milliseconds duration);

// A UTC time as "2026-11-21T10:00:00.123Z".
std::string FormatTime(std::chrono::system_clock::time_point time);
// The inverse of FormatTime; throws Error kInvalidArgument.
std::chrono::system_clock::time_point ParseTime(std::string_view text);

}  // namespace osc::base
