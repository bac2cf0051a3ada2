// What a MySQL GTID may hold. For the readers of GTIDs as text and as events.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

namespace osc::binlog {

inline constexpr uint64_t kLastGtidNumber = std::numeric_limits<int64_t>::max() - 1;

// Lower-case letters, digits and _, up to 32, the first no digit.
inline bool IsGtidTag(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && text.size() <= 32 && !is_digit(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z'); });
}

}  // namespace osc::binlog
