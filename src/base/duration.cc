#include "src/base/duration.h"

#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <limits>

#include "src/base/error.h"

namespace osc::base {
namespace {

struct Unit {
  const char* name;
  int64_t millis;
};
constexpr std::array<Unit, 5> kUnits{
    {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}}};

[[noreturn]] void Bad(std::string_view text) {
  throw Error(ErrorCode::kInvalidArgument, "'" + std::string(text) + "' is not a duration",
              "write a number with a unit, for example 200ms, 3s, 15m, 24h or 7d");
}

}  // namespace

std::chrono::milliseconds ParseDuration(std::string_view text) {
  int64_t total = 0;
  size_t at = 0;
  if (text.empty()) Bad(text);
  while (at < text.size()) {
    int64_t number = 0;
    const size_t digits = at;
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]))) {
      if (number > std::numeric_limits<int64_t>::max() / 100) Bad(text);
      number = number * 10 + (text[at++] - '0');
    }
    const size_t unit = at;
    while (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at]))) ++at;
    if (digits == unit || unit == at) Bad(text);
    const std::string_view name = text.substr(unit, at - unit);
    int64_t millis = 0;
    for (const Unit& known : kUnits) {
      if (name == known.name) millis = known.millis;
    }
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 4;
    if (millis == 0 || number > (kMost - total) / millis) Bad(text);
    total += number * millis;
  }
  return std::chrono::milliseconds(total);
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  int64_t left = duration.count();
  if (left == 0) return "0s";
  if (left < 60000 && left % 1000 != 0) return std::to_string(left) + "ms";
  std::string text;
  for (size_t i = kUnits.size() - 1; i-- > 0;) {  // days are read but written as hours
    const int64_t count = left / kUnits[i].millis;
    if (count == 0) continue;
    text += std::to_string(count) + kUnits[i].name;
    left -= count * kUnits[i].millis;
  }
  return text;
}

std::string FormatTime(std::chrono::system_clock::time_point time) {
  using std::chrono::duration_cast;
  const auto millis = duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(millis / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(millis % 1000));
  return text;
}

std::chrono::system_clock::time_point ParseTime(std::string_view text) {
  std::tm parts{};
  int millis = 0;
  if (std::sscanf(std::string(text).c_str(), "%d-%d-%dT%d:%d:%d.%dZ", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &millis) != 7) {
    throw Error(ErrorCode::kInvalidArgument, "'" + std::string(text) + "' is not a time");
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return std::chrono::system_clock::from_time_t(timegm(&parts)) + std::chrono::milliseconds(millis);
}

}  // namespace osc::base
