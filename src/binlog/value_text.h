// The servers' stored values as the digits of SQL literals, shared by columns and JSON documents.
// All append; none adds quotes. Each throws Error kDiverged when the bytes are no such value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace osc::binlog {

void AppendInteger(std::string& out, int64_t value);
void AppendInteger(std::string& out, uint64_t value);
// Always with an exponent, so that SQL takes it for a floating literal, and with as many digits as
// give the same bits back.
void AppendDouble(std::string& out, double value);

// The digits of a stored DECIMAL with all of its digits after the point, no zeros before it.
void AppendDecimal(std::string& out, unsigned precision, unsigned scale, std::string_view bytes);
// Bytes of a stored DECIMAL.
size_t DecimalSize(unsigned precision, unsigned scale);

struct DateTime {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned microsecond = 0;
  bool is_negative = false;  // of a time
};

// From seconds since 1970, in UTC.
DateTime DateTimeOfSeconds(uint64_t seconds);
// The server's 64-bit forms, which JSON documents hold and columns are a part of.
DateTime UnpackDateTime(int64_t packed);
DateTime UnpackTime(int64_t packed);

void AppendDate(std::string& out, const DateTime& value);
void AppendTime(std::string& out, const DateTime& value, unsigned fraction_digits);
void AppendDateTime(std::string& out, const DateTime& value, unsigned fraction_digits);

}  // namespace osc::binlog
