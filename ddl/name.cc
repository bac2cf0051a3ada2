#include "ddl/name.h"

#include <algorithm>
#include <clocale>
#include <cwctype>

namespace osc::ddl {
namespace {

wint_t Lower(wint_t code_point) {
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return utf8 == nullptr ? code_point : towlower_l(code_point, utf8);
}

// Two-byte characters are all whose lower case has the same length and matters in practice:
// Latin, Greek, Cyrillic, Armenian.
bool IsTwoByteLead(char c) { return (static_cast<unsigned char>(c) & 0xe0) == 0xc0; }

constexpr std::string_view kSuffix = "_osc";

std::string Cut(std::string name, size_t most) {
  size_t characters = 0;
  size_t end = 0;
  for (; end < name.size(); ++end) {
    if ((static_cast<unsigned char>(name[end]) & 0xc0) != 0x80 && ++characters > most) break;
  }
  name.resize(end);
  return name;
}

}  // namespace

std::string FoldName(std::string_view name) {
  std::string folded(name);
  for (size_t i = 0; i < folded.size(); ++i) {
    if (folded[i] >= 'A' && folded[i] <= 'Z') {
      folded[i] = static_cast<char>(folded[i] - 'A' + 'a');
    } else if (IsTwoByteLead(folded[i]) && i + 1 < folded.size()) {
      const wint_t lower =
          Lower(static_cast<wint_t>((folded[i] & 0x1f) << 6 | (folded[i + 1] & 0x3f)));
      if (lower >= 0x80 && lower < 0x800) {
        folded[i] = static_cast<char>(0xc0 | (lower >> 6));
        folded[i + 1] = static_cast<char>(0x80 | (lower & 0x3f));
      }
      ++i;
    }
  }
  return folded;
}

bool SameName(std::string_view a, std::string_view b) { return FoldName(a) == FoldName(b); }

std::string NameBeside(const std::string& name, const std::set<std::string>& taken) {
  constexpr size_t kMostCharacters = 64;
  std::string base = name;
  const size_t suffix = name.rfind(kSuffix);
  if (suffix != std::string::npos && suffix > 0 &&
      name.find_first_not_of("0123456789", suffix + kSuffix.size()) == std::string::npos) {
    base = name.substr(0, suffix);
    if (!taken.contains(FoldName(base))) return base;
  }
  for (int number = 1;; ++number) {
    const std::string tail = std::string(kSuffix) + (number == 1 ? "" : std::to_string(number));
    std::string candidate = Cut(base, kMostCharacters - tail.size()) + tail;
    if (!taken.contains(FoldName(candidate))) return candidate;
  }
}

}  // namespace osc::ddl
