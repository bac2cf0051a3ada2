#include "src/binlog/value_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "src/base/error.h"

namespace osc::binlog {
namespace {

constexpr std::array<unsigned, 10> kDigitsToBytes = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr std::array<unsigned, 7> kPowersOfTen = {1, 10, 100, 1000, 10000, 100000, 1000000};
constexpr unsigned kGroupDigits = 9;
constexpr unsigned kMostDigits = 81;  // nine groups, more than any DECIMAL has

// Exactly `width` digits.
void AppendPadded(std::string& out, uint64_t value, unsigned width) {
  const size_t at = out.size();
  out.resize(at + width);
  for (unsigned i = width; i-- > 0; value /= 10) {
    out[at + i] = static_cast<char>('0' + value % 10);
  }
}

void AppendFraction(std::string& out, unsigned microsecond, unsigned digits) {
  if (digits == 0) return;
  if (digits > 6) throw Error(ErrorCode::kDiverged, "a time has more than six digits of a second");
  out += '.';
  AppendPadded(out, microsecond / kPowersOfTen[6 - digits], digits);
}

void AppendClock(std::string& out, const DateTime& value) {
  AppendPadded(out, value.hour, value.hour > 99 ? 3 : 2);
  out += ':';
  AppendPadded(out, value.minute, 2);
  out += ':';
  AppendPadded(out, value.second, 2);
}

}  // namespace

void AppendInteger(std::string& out, int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

void AppendInteger(std::string& out, uint64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

void AppendDouble(std::string& out, double value) {
  if (!std::isfinite(value)) {
    throw Error(ErrorCode::kDiverged, "a floating value in the binlog is not a finite number");
  }
  char digits[40];
  const auto end =
      std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::scientific).ptr;
  out.append(digits, end);
}

size_t DecimalSize(unsigned precision, unsigned scale) {
  const unsigned whole = precision - scale;
  return whole / kGroupDigits * 4 + kDigitsToBytes[whole % kGroupDigits] +
         scale / kGroupDigits * 4 + kDigitsToBytes[scale % kGroupDigits];
}

// Big-endian groups of nine digits; the incomplete ones are outermost. The first bit is set for
// positive values, and all bits of negative ones are inverted.
void AppendDecimal(std::string& out, unsigned precision, unsigned scale, std::string_view bytes) {
  if (scale > precision || precision == 0 || precision > kMostDigits ||
      bytes.size() != DecimalSize(precision, scale)) {
    throw Error(ErrorCode::kDiverged, "a DECIMAL in the binlog is malformed");
  }
  const bool is_negative = (static_cast<uint8_t>(bytes[0]) & 0x80) == 0;
  const uint8_t mask = is_negative ? 0xff : 0;
  size_t at = 0;
  const auto group = [&](unsigned digits) {
    uint32_t value = 0;
    for (unsigned i = 0; i < kDigitsToBytes[digits]; ++i, ++at) {
      uint8_t byte = static_cast<uint8_t>(bytes[at]) ^ mask;
      if (at == 0) byte ^= 0x80;
      value = value << 8 | byte;
    }
    return value;
  };
  if (is_negative) out += '-';
  const unsigned whole = precision - scale;
  const size_t first = out.size();
  if (whole % kGroupDigits > 0)
    AppendPadded(out, group(whole % kGroupDigits), whole % kGroupDigits);
  for (unsigned i = 0; i < whole / kGroupDigits; ++i) {
    AppendPadded(out, group(kGroupDigits), kGroupDigits);
  }
  size_t zeros = first;
  while (zeros < out.size() && out[zeros] == '0') ++zeros;
  out.erase(first, zeros - first);
  if (out.size() == first) out += '0';
  if (scale == 0) return;
  out += '.';
  for (unsigned i = 0; i < scale / kGroupDigits; ++i) {
    AppendPadded(out, group(kGroupDigits), kGroupDigits);
  }
  if (scale % kGroupDigits > 0)
    AppendPadded(out, group(scale % kGroupDigits), scale % kGroupDigits);
}

DateTime DateTimeOfSeconds(uint64_t seconds) {
  DateTime value;
  // Days since 0000-03-01 in eras of 400 years, so that a leap day ends a year.
  const uint64_t days = seconds / 86400 + 719468;
  const uint64_t era = days / 146097;
  const uint64_t day_of_era = days % 146097;
  const uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t month = (5 * day_of_year + 2) / 153;  // 0 is March
  value.day = static_cast<unsigned>(day_of_year - (153 * month + 2) / 5 + 1);
  value.month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
  value.year = static_cast<unsigned>(year_of_era + era * 400 + (value.month <= 2 ? 1 : 0));
  const auto second_of_day = static_cast<unsigned>(seconds % 86400);
  value.hour = second_of_day / 3600;
  value.minute = second_of_day / 60 % 60;
  value.second = second_of_day % 60;
  return value;
}

DateTime UnpackDateTime(int64_t packed) {
  if (packed < 0) throw Error(ErrorCode::kDiverged, "a date in the binlog is negative");
  const auto bits = static_cast<uint64_t>(packed);
  const uint64_t days = bits >> 41;
  const uint64_t months = days >> 5;
  DateTime value;
  value.year = static_cast<unsigned>(months / 13);
  value.month = static_cast<unsigned>(months % 13);
  value.day = static_cast<unsigned>(days & 31);
  value.hour = static_cast<unsigned>(bits >> 36 & 31);
  value.minute = static_cast<unsigned>(bits >> 30 & 63);
  value.second = static_cast<unsigned>(bits >> 24 & 63);
  value.microsecond = static_cast<unsigned>(bits & 0xffffff);
  return value;
}

DateTime UnpackTime(int64_t packed) {
  DateTime value;
  value.is_negative = packed < 0;
  const uint64_t bits =
      value.is_negative ? 0 - static_cast<uint64_t>(packed) : static_cast<uint64_t>(packed);
  value.hour = static_cast<unsigned>(bits >> 36 & 0x3ff);
  value.minute = static_cast<unsigned>(bits >> 30 & 63);
  value.second = static_cast<unsigned>(bits >> 24 & 63);
  value.microsecond = static_cast<unsigned>(bits & 0xffffff);
  return value;
}

void AppendDate(std::string& out, const DateTime& value) {
  AppendPadded(out, value.year, 4);
  out += '-';
  AppendPadded(out, value.month, 2);
  out += '-';
  AppendPadded(out, value.day, 2);
}

void AppendTime(std::string& out, const DateTime& value, unsigned fraction_digits) {
  if (value.is_negative) out += '-';
  AppendClock(out, value);
  AppendFraction(out, value.microsecond, fraction_digits);
}

void AppendDateTime(std::string& out, const DateTime& value, unsigned fraction_digits) {
  AppendDate(out, value);
  out += ' ';
  AppendClock(out, value);
  AppendFraction(out, value.microsecond, fraction_digits);
}

}  // namespace osc::binlog
