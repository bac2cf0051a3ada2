// Numbers, times and names for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace osc::cli {

std::string FormatCount(uint64_t count);     // "1,234,567"
std::string FormatRows(uint64_t count);      // "1 row", "1,234 rows"
std::string FormatBytes(uint64_t bytes);     // "812 B", "1.2 GiB"
std::string FormatSeconds(int64_t seconds);  // "45s", "2m10s", "3h05m", "2d04h"
std::string FormatMillis(int64_t millis);    // "12 ms", "3.4 s", then as FormatSeconds
std::string FormatShort(double number);      // "0.05", "1.5", "12"
// Down to a tenth, so that 100% is said only when it is; never below 0 or above 100.
std::string FormatPercent(double percent);
std::string FormatMinute(std::chrono::system_clock::time_point time);  // "2026-11-22 10:00 UTC"

// Columns that a terminal uses for the text (UTF-8).
size_t DisplayWidth(std::string_view text);
// Cut to `width` columns, with "..." at its end when something was cut off.
std::string Fit(std::string_view text, size_t width);
// Control characters, which a name or a server's message may hold, as '?'. Line ends become spaces.
std::string Printable(std::string_view text);

// Rows as left-aligned columns two spaces apart, the first row being the heading; each line is cut
// to `width` (0: not cut).
std::string FormatTable(const std::vector<std::vector<std::string>>& rows, size_t width);

}  // namespace osc::cli
