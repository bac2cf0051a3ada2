#include "src/binlog/gtid_set.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "src/base/error.h"
#include "src/binlog/gtid_limits.h"

namespace osc::binlog {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts the text before the first separator off and returns it, trimmed.
std::string_view Cut(std::string_view* text, char separator) {
  const size_t at = text->find(separator);
  const std::string_view head = text->substr(0, at);
  *text = at == std::string_view::npos ? std::string_view() : text->substr(at + 1);
  return Trim(head);
}

[[noreturn]] void ThrowMalformed(std::string_view what, std::string_view text) {
  throw Error(ErrorCode::kInvalidArgument,
              "'" + std::string(text) + "' is not a " + std::string(what));
}

template <typename Number>
Number ParseNumber(std::string_view digits, std::string_view what, std::string_view text) {
  Number number = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || result.ec != std::errc() || result.ptr != digits.data() + digits.size()) {
    ThrowMalformed(what, text);
  }
  return number;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = IsDigit(text[i]) || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

void AppendLittleEndian(std::string* out, uint64_t value) {
  for (int i = 0; i < 8; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

uint8_t HexDigit(char c) { return static_cast<uint8_t>(IsDigit(c) ? c - '0' : c - 'a' + 10); }

void AppendUuid(std::string* out, std::string_view uuid) {
  for (size_t i = 0; i + 1 < uuid.size(); i += 2) {
    if (uuid[i] == '-') ++i;
    out->push_back(static_cast<char>(HexDigit(uuid[i]) << 4 | HexDigit(uuid[i + 1])));
  }
}

}  // namespace

std::string Gtid::ToString() const {
  if (family == mysql::Family::kMySql) return source + ":" + std::to_string(number);
  return std::to_string(domain) + "-" + std::to_string(server_id) + "-" + std::to_string(number);
}

GtidSet GtidSet::Parse(mysql::Family family, std::string_view text) {
  GtidSet set(family);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view item = Cut(&rest, ',');
    if (item.empty()) continue;
    if (family == mysql::Family::kMySql) {
      set.ParseMySqlItem(item, text);
    } else {
      set.ParseMariaDbItem(item, text);
    }
  }
  return set;
}

// "uuid:1-5:7:tag:1-3": numbers after a tag belong to it.
void GtidSet::ParseMySqlItem(std::string_view item, std::string_view text) {
  constexpr std::string_view kWhat = "MySQL GTID set";
  const std::string uuid = Lower(Cut(&item, ':'));
  if (!IsUuid(uuid) || item.empty()) ThrowMalformed(kWhat, text);
  std::string source = uuid;
  bool has_interval = false;
  while (!item.empty()) {
    std::string_view part = Cut(&item, ':');
    if (part.empty()) ThrowMalformed(kWhat, text);
    if (!IsDigit(part[0])) {
      const std::string tag = Lower(part);
      if (!IsGtidTag(tag)) ThrowMalformed(kWhat, text);
      source = uuid + ":" + tag;
      has_interval = false;
      continue;
    }
    Interval interval;
    const bool is_range = part.find('-') != std::string_view::npos;
    interval.first = ParseNumber<uint64_t>(Cut(&part, '-'), kWhat, text);
    interval.last = is_range ? ParseNumber<uint64_t>(Trim(part), kWhat, text) : interval.first;
    if (interval.first == 0 || interval.last < interval.first || interval.last > kLastGtidNumber) {
      ThrowMalformed(kWhat, text);
    }
    AddInterval(&intervals_[source], interval);
    has_interval = true;
  }
  if (!has_interval) ThrowMalformed(kWhat, text);
}

void GtidSet::ParseMariaDbItem(std::string_view item, std::string_view text) {
  constexpr std::string_view kWhat = "MariaDB GTID position";
  if (std::count(item.begin(), item.end(), '-') != 2) ThrowMalformed(kWhat, text);
  Gtid gtid;
  gtid.family = family_;
  gtid.domain = ParseNumber<uint32_t>(Cut(&item, '-'), kWhat, text);
  gtid.server_id = ParseNumber<uint32_t>(Cut(&item, '-'), kWhat, text);
  gtid.number = ParseNumber<uint64_t>(Trim(item), kWhat, text);
  Add(gtid);
}

void GtidSet::AddInterval(std::vector<Interval>* intervals, Interval added) {
  // The usual case is the number that follows the last one.
  if (!intervals->empty() && intervals->back().last + 1 == added.first) {
    intervals->back().last = added.last;
    return;
  }
  // All that overlap or touch the added one become one.
  auto begin = std::lower_bound(intervals->begin(), intervals->end(), added.first,
                                [](const Interval& i, uint64_t n) { return i.last + 1 < n; });
  auto end = begin;
  while (end != intervals->end() && end->first <= added.last + 1) {
    added.first = std::min(added.first, end->first);
    added.last = std::max(added.last, end->last);
    ++end;
  }
  begin = intervals->erase(begin, end);
  intervals->insert(begin, added);
}

bool GtidSet::IsEmpty() const { return intervals_.empty() && domains_.empty(); }

bool GtidSet::Contains(const Gtid& gtid) const {
  if (gtid.family != family_) return false;
  if (family_ == mysql::Family::kMariaDb) {
    const auto found = domains_.find(gtid.domain);
    return found != domains_.end() && found->second.sequence >= gtid.number;
  }
  const auto found = intervals_.find(gtid.source);
  if (found == intervals_.end()) return false;
  const auto at = std::lower_bound(found->second.begin(), found->second.end(), gtid.number,
                                   [](const Interval& i, uint64_t n) { return i.last < n; });
  return at != found->second.end() && at->first <= gtid.number;
}

bool GtidSet::Contains(const GtidSet& other) const {
  if (other.IsEmpty()) return true;
  if (other.family_ != family_) return false;
  for (const auto& [domain, end] : other.domains_) {
    const auto found = domains_.find(domain);
    if (found == domains_.end() || found->second.sequence < end.sequence) return false;
  }
  for (const auto& [source, intervals] : other.intervals_) {
    const auto found = intervals_.find(source);
    if (found == intervals_.end()) return false;
    auto mine = found->second.begin();
    for (const Interval& interval : intervals) {
      while (mine != found->second.end() && mine->last < interval.first) ++mine;
      if (mine == found->second.end() || mine->first > interval.first ||
          mine->last < interval.last) {
        return false;
      }
    }
  }
  return true;
}

void GtidSet::Add(const Gtid& gtid) {
  if (gtid.family != family_) {
    throw Error(ErrorCode::kInvalidArgument,
                "GTID " + gtid.ToString() + " is of the other server family");
  }
  if (family_ == mysql::Family::kMySql) {
    AddInterval(&intervals_[gtid.source], {gtid.number, gtid.number});
    return;
  }
  const auto [at, is_new] =
      domains_.try_emplace(gtid.domain, DomainEnd{gtid.server_id, gtid.number});
  if (!is_new && at->second.sequence < gtid.number) at->second = {gtid.server_id, gtid.number};
}

void GtidSet::Add(const GtidSet& other) {
  if (other.IsEmpty()) return;
  if (other.family_ != family_) {
    throw Error(ErrorCode::kInvalidArgument,
                "GTID set " + other.ToString() + " is of the other server family");
  }
  for (const auto& [source, intervals] : other.intervals_) {
    auto& mine = intervals_[source];
    for (const Interval& interval : intervals) AddInterval(&mine, interval);
  }
  for (const auto& [domain, end] : other.domains_) {
    const auto [at, is_new] = domains_.try_emplace(domain, end);
    if (!is_new && at->second.sequence < end.sequence) at->second = end;
  }
}

GtidSet GtidSet::Intersection(const GtidSet& other) const {
  GtidSet both(family_);
  if (other.family_ != family_) return both;
  for (const auto& [domain, end] : domains_) {
    const auto found = other.domains_.find(domain);
    if (found == other.domains_.end()) continue;
    both.domains_[domain] = found->second.sequence < end.sequence ? found->second : end;
  }
  for (const auto& [source, intervals] : intervals_) {
    const auto found = other.intervals_.find(source);
    if (found == other.intervals_.end()) continue;
    std::vector<Interval> common;
    auto theirs = found->second.begin();
    auto mine = intervals.begin();
    while (mine != intervals.end() && theirs != found->second.end()) {
      const Interval part{std::max(mine->first, theirs->first), std::min(mine->last, theirs->last)};
      if (part.first <= part.last) common.push_back(part);
      if (mine->last < theirs->last) {
        ++mine;
      } else {
        ++theirs;
      }
    }
    if (!common.empty()) both.intervals_[source] = std::move(common);
  }
  return both;
}

std::string GtidSet::ToString() const {
  std::string text;
  AppendTo(&text);
  return text;
}

void GtidSet::AppendTo(std::string* text) const {
  const auto append = [text](char separator, uint64_t number) {
    *text += separator;
    *text += std::to_string(number);
  };
  bool first = true;
  for (const auto& [source, intervals] : intervals_) {
    if (!std::exchange(first, false)) *text += ',';
    *text += source;
    for (const Interval& interval : intervals) {
      append(':', interval.first);
      if (interval.last != interval.first) append('-', interval.last);
    }
  }
  for (const auto& [domain, end] : domains_) {
    if (!std::exchange(first, false)) *text += ',';
    *text += std::to_string(domain);
    append('-', end.server_id);
    append('-', end.sequence);
  }
}

std::string GtidSet::EncodeForDump() const {
  constexpr size_t kUuidSize = 36;
  const bool tagged = std::any_of(intervals_.begin(), intervals_.end(),
                                  [](const auto& entry) { return entry.first.size() > kUuidSize; });
  std::string out;
  // With tags the count sits between two format bytes, which an old reader takes for an absurd
  // count; without tags the format is that of every MySQL since 5.6.
  const uint64_t count = intervals_.size();
  AppendLittleEndian(&out, tagged ? (uint64_t{1} << 56 | count << 8 | 1) : count);
  for (const auto& [source, intervals] : intervals_) {
    AppendUuid(&out, std::string_view(source).substr(0, kUuidSize));
    if (tagged) {
      const std::string_view tag =
          source.size() > kUuidSize ? std::string_view(source).substr(kUuidSize + 1) : "";
      // A number below 128 in the server's variable-length form: shifted by the length's one bit.
      out.push_back(static_cast<char>(tag.size() << 1));
      out += tag;
    }
    AppendLittleEndian(&out, intervals.size());
    for (const Interval& interval : intervals) {
      AppendLittleEndian(&out, interval.first);
      AppendLittleEndian(&out, interval.last + 1);
    }
  }
  return out;
}

}  // namespace osc::binlog
