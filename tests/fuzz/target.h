// What libFuzzer and the unit tests run: each target takes any bytes, and finds that the code under
// test gives a result or one of the errors that it promises. Everything else (a broken promise, an
// error of another kind) leaves the target as std::logic_error; sanitizers see the rest.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace osc::fuzz {

// Text of an ALTER, with or without its head.
void RunAlter(std::string_view input);
// The first byte picks what the rest is: the text of a GTID set, or a GTID event of one family.
void RunGtid(std::string_view input);
// The first two bytes: choices among column types that look alike in a table map, and the type of
// the rows event. Two bytes: size of the table map's body. Then that body, then the rows event's.
void RunRows(std::string_view input);
// The first byte is the family (even: MySQL). Then whole events, header and body, one after the
// other; the last one reaches to the end.
void RunEvents(std::string_view input);
// A binary JSON document.
void RunJson(std::string_view input);
// Text of a statement from the binlog.
void RunStatement(std::string_view input);

inline void Require(bool holds, const std::string& promise) {
  if (!holds) throw std::logic_error("broken: " + promise);
}

}  // namespace osc::fuzz
