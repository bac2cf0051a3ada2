#include "src/binlog/position.h"

#include <charconv>

#include "src/base/error.h"

namespace osc::binlog {
namespace {

constexpr std::string_view kGtids = "gtids:";

// A binlog file's number; its width grows past six digits, so names do not sort as text.
std::optional<uint64_t> FileNumber(std::string_view file, std::string_view* base) {
  const size_t dot = file.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  *base = file.substr(0, dot);
  uint64_t number = 0;
  const char* end = file.data() + file.size();
  const auto result = std::from_chars(file.data() + dot + 1, end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

bool Position::Covers(const Position& other) const {
  if (gtids && other.gtids) return gtids->Contains(*other.gtids);
  if (file == other.file) return offset >= other.offset;
  std::string_view my_base;
  std::string_view other_base;
  const auto mine = FileNumber(file, &my_base);
  const auto others = FileNumber(other.file, &other_base);
  return mine && others && my_base == other_base && *mine > *others;
}

std::string Position::ToString() const {
  return gtids ? gtids->ToString() : file + ":" + std::to_string(offset);
}

std::string Position::Encode() const {
  std::string text;
  if (gtids) {
    text += kGtids;
    gtids->AppendTo(&text);
  }
  text += '@';
  text += file;
  text += ':';
  text += std::to_string(offset);
  return text;
}

Position Position::Decode(mysql::Family family, const std::string& text) {
  const auto fail = [&]() -> Error {
    return Error(ErrorCode::kInvalidArgument, "'" + text + "' is not a binlog position");
  };
  const size_t at = text.find('@');
  const size_t colon = text.rfind(':');
  if (at == std::string::npos || colon == std::string::npos || colon < at) throw fail();
  Position position;
  if (at > 0) {
    if (text.compare(0, kGtids.size(), kGtids) != 0) throw fail();
    position.gtids =
        GtidSet::Parse(family, std::string_view(text).substr(kGtids.size(), at - kGtids.size()));
  }
  position.file = text.substr(at + 1, colon - at - 1);
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data() + colon + 1, end, position.offset);
  if (result.ec != std::errc() || result.ptr != end) throw fail();
  return position;
}

}  // namespace osc::binlog
