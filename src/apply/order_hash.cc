#include "src/apply/order_hash.h"

#include <string_view>

namespace osc::apply {
namespace {

using mysql::ColumnType;
using mysql::TypeKind;

constexpr uint64_t kSeed = 0xcbf29ce484222325ull;
constexpr uint64_t kPrime = 0x100000001b3ull;

void Mix(uint64_t& hash, unsigned char byte) { hash = (hash ^ byte) * kPrime; }

// FNV leaves the low bits of short keys close together; lanes are picked by a remainder.
uint64_t Finish(uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdull;
  return hash ^ (hash >> 33);
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// Collations that compare ASCII text as: equal but for letter case, ignorable control characters
// and trailing spaces. Those of a single language may fold more (Latvian i and y) and are not here.
bool FoldsAsciiByCaseOnly(const ColumnType& type) {
  std::string_view name = type.collation;
  const auto underscore = name.find('_');
  if (underscore == std::string_view::npos) return false;
  name.remove_prefix(underscore + 1);
  for (const std::string_view known :
       {"bin", "nopad_bin", "general_", "unicode_ci", "unicode_520_", "unicode_nopad_ci", "0900_",
        "swedish_ci", "uca1400_ai_", "uca1400_as_", "uca1400_nopad_a"}) {
    if (StartsWith(name, known)) return type.charset != "utf8mb4" || name != "swedish_ci";
  }
  return false;
}

bool IsByCodePoint(const ColumnType& type) { return type.collation.ends_with("_bin"); }

// other: the type of the same key on the other table. False when the text cannot be folded.
bool MixText(uint64_t& hash, const ColumnType& type, const ColumnType& other,
             std::string_view text) {
  const bool ascii_based = type.charset == "utf8mb4" || type.charset == "utf8mb3" ||
                           type.charset == "utf8" || type.charset == "latin1" ||
                           type.charset == "ascii";
  if (!ascii_based || !FoldsAsciiByCaseOnly(type)) return false;
  if (other.IsText() && !FoldsAsciiByCaseOnly(other)) return false;
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (IsByCodePoint(type) && (IsByCodePoint(other) || !other.IsText())) {
    for (const char c : text) Mix(hash, static_cast<unsigned char>(c));
    return true;
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return false;
    if (byte < 0x20 || byte == 0x7f) continue;
    Mix(hash, byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
  }
  return true;
}

bool MixCell(uint64_t& hash, const ColumnType& type, const ColumnType& other,
             const binlog::Cell& cell) {
  if (cell.is_null) {
    Mix(hash, 0xff);
    return true;
  }
  if (type.kind == TypeKind::kJson || type.kind == TypeKind::kGeometry ||
      type.kind == TypeKind::kOther) {
    return false;
  }
  if (type.IsText()) return MixText(hash, type, other, cell.bytes());
  std::string_view bytes = cell.bytes();
  if (type.IsInteger()) {
    // Widths may differ between the tables, so hash the number, not its bytes.
    uint64_t number = 0;
    for (size_t i = bytes.size(); i-- > 0;) {
      number = number << 8 | static_cast<unsigned char>(bytes[i]);
    }
    for (int i = 0; i < 8; ++i) Mix(hash, static_cast<unsigned char>(number >> (8 * i)));
    return true;
  }
  if ((type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble) && !bytes.empty()) {
    // Two zeros are equal; all other numbers are so by their bytes.
    const bool is_zero =
        (bytes.back() & 0x7f) == 0 && bytes.find_first_not_of('\0') >= bytes.size() - 1;
    if (is_zero) bytes = {};
  }
  if (type.kind == TypeKind::kBinary) {
    while (!bytes.empty() && bytes.back() == '\0') bytes.remove_suffix(1);
  }
  for (const char c : bytes) Mix(hash, static_cast<unsigned char>(c));
  return true;
}

}  // namespace

std::optional<uint64_t> OrderHash(const RowMapping& mapping, const std::vector<size_t>& columns,
                                  const binlog::RowImage& image) {
  uint64_t hash = kSeed;
  for (const size_t column : columns) {
    Mix(hash, 0xfe);
    const ColumnType& type = mapping.source_types[column];
    if (!MixCell(hash, type, type, image[column])) return std::nullopt;
  }
  return Finish(hash);
}

std::optional<uint64_t> KeyHash(const RowMapping& mapping, const binlog::RowImage& image) {
  uint64_t hash = kSeed;
  for (const size_t part : mapping.key) {
    const RowMapping::Column& column = mapping.columns[part];
    Mix(hash, 0xfe);
    if (!MixCell(hash, mapping.source_types[column.source], column.type, image[column.source])) {
      return std::nullopt;
    }
  }
  return Finish(hash);
}

}  // namespace osc::apply
