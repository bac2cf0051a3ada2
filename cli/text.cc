#include "cli/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace osc::cli {
namespace {

std::string Print(const char* format, auto... values) {
  char text[64];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

struct Decoded {
  char32_t point;
  size_t bytes;
};

// The code point at the front of `text`; a byte that is no UTF-8 counts as one of its own.
Decoded Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80    ? 1
                        : first >= 0xF0 ? 4
                        : first >= 0xE0 ? 3
                        : first >= 0xC0 ? 2
                                        : 0;
  if (length <= 1 || text.size() < length) return {first, 1};
  char32_t point = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {first, 1};
    point = (point << 6) | (byte(i) & 0x3F);
  }
  return {point, length};
}

// Near enough for names: East Asian wide ranges and emoji take two columns, combining marks none.
size_t PointWidth(char32_t point) {
  struct Range {
    char32_t low, high;
  };
  static constexpr std::array<Range, 6> kNone{{{0x300, 0x36F},
                                               {0x200B, 0x200F},
                                               {0x20D0, 0x20FF},
                                               {0xFE00, 0xFE0F},
                                               {0xFE20, 0xFE2F},
                                               {0x1F3FB, 0x1F3FF}}};
  static constexpr std::array<Range, 9> kWide{{{0x1100, 0x115F},
                                               {0x2E80, 0x303E},
                                               {0x3041, 0xA4CF},
                                               {0xAC00, 0xD7A3},
                                               {0xF900, 0xFAFF},
                                               {0xFE30, 0xFE6F},
                                               {0xFF00, 0xFF60},
                                               {0x1F300, 0x1FAFF},
                                               {0x20000, 0x3FFFD}}};
  const auto within = [point](const Range& range) {
    return point >= range.low && point <= range.high;
  };
  if (std::any_of(kNone.begin(), kNone.end(), within)) return 0;
  return std::any_of(kWide.begin(), kWide.end(), within) ? 2 : 1;
}

}  // namespace

std::string FormatCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string FormatRows(uint64_t count) {
  return FormatCount(count) + (count == 1 ? " row" : " rows");
}

std::string FormatBytes(uint64_t bytes) {
  static constexpr std::array<const char*, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  // 1023.95 would be rounded up to "1024.0".
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return Print("%.1f %s", value, kUnits[unit]);
}

std::string FormatSeconds(int64_t seconds) {
  const auto s = static_cast<long long>(std::max<int64_t>(seconds, 0));
  if (s < 60) return Print("%llds", s);
  if (s < 3600) return Print("%lldm%02llds", s / 60, s % 60);
  if (s < 24 * 3600) return Print("%lldh%02lldm", s / 3600, s / 60 % 60);
  return Print("%lldd%02lldh", s / 86400, s / 3600 % 24);
}

std::string FormatMillis(int64_t millis) {
  if (millis < 1000) return std::to_string(std::max<int64_t>(millis, 0)) + " ms";
  const auto tenths = static_cast<long long>(millis / 100);
  if (tenths < 600) return Print("%lld.%lld s", tenths / 10, tenths % 10);
  return FormatSeconds(millis / 1000);
}

std::string FormatShort(double number) {
  return Print("%.*f", number < 1 ? 2 : number < 10 ? 1 : 0, number);
}

std::string FormatPercent(double percent) {
  const double safe = std::isfinite(percent) ? std::clamp(percent, 0.0, 100.0) : 0.0;
  return Print("%.1f%%", std::floor(safe * 10 + 1e-9) / 10);
}

std::string FormatMinute(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
  return text;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Decoded next = Decode(text);
    width += PointWidth(next.point);
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string Fit(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  const size_t dots = std::min<size_t>(3, width);
  std::string cut;
  size_t used = 0;
  while (!text.empty()) {
    const Decoded next = Decode(text);
    used += PointWidth(next.point);
    if (used + dots > width) break;
    cut += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
  }
  return cut + std::string(dots, '.');
}

std::string Printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const Decoded next = Decode(text);
    const bool space = next.point == '\n' || next.point == '\t' || next.point == '\r';
    const bool broken = next.bytes == 1 && next.point >= 0x80;
    const bool control = next.point < 0x20 || (next.point >= 0x7F && next.point < 0xA0);
    // Marks that turn the direction of what follows can make a line read as something else.
    const bool turning = (next.point >= 0x202A && next.point <= 0x202E) ||
                         (next.point >= 0x2066 && next.point <= 0x2069);
    if (space) {
      clean += ' ';
    } else if (broken || control || turning) {
      clean += '?';
    } else {
      clean += text.substr(0, next.bytes);
    }
    text.remove_prefix(next.bytes);
  }
  return clean;
}

std::string FormatTable(const std::vector<std::vector<std::string>>& rows, size_t width) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - DisplayWidth(row[i]) + 2, ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    text += (width == 0 ? line : Fit(line, width)) + "\n";
  }
  return text;
}

}  // namespace osc::cli
