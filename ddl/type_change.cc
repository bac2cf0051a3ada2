#include "ddl/type_change.h"

#include <algorithm>
#include <array>
#include <optional>

namespace osc::ddl {
namespace {

using mysql::ColumnType;
using mysql::TypeKind;

enum class TypeFamily {
  kInteger,
  kDecimal,
  kFloating,
  kBit,
  kYear,
  kTemporal,
  kText,
  kBinary,
  kEnum,
  kSet,
  kJson,
  kGeometry,
  kVector,
  kUuid,
  kInet,
  kOther
};

TypeFamily FamilyOf(const ColumnType& type) {
  if (type.IsInteger()) return TypeFamily::kInteger;
  if (type.IsTemporal()) return TypeFamily::kTemporal;
  if (type.IsText()) return TypeFamily::kText;
  if (type.IsBinary()) return TypeFamily::kBinary;
  switch (type.kind) {
    case TypeKind::kDecimal:
      return TypeFamily::kDecimal;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return TypeFamily::kFloating;
    case TypeKind::kBit:
      return TypeFamily::kBit;
    case TypeKind::kYear:
      return TypeFamily::kYear;
    case TypeKind::kEnum:
      return TypeFamily::kEnum;
    case TypeKind::kSet:
      return TypeFamily::kSet;
    case TypeKind::kJson:
      return TypeFamily::kJson;
    case TypeKind::kGeometry:
      return TypeFamily::kGeometry;
    case TypeKind::kVector:
      return TypeFamily::kVector;
    case TypeKind::kUuid:
      return TypeFamily::kUuid;
    case TypeKind::kInet4:
    case TypeKind::kInet6:
      return TypeFamily::kInet;
    default:
      return TypeFamily::kOther;
  }
}

uint64_t BytesPerCharacter(const std::string& charset) {
  for (const char* four : {"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"}) {
    if (charset == four) return 4;
  }
  for (const char* three : {"utf8mb3", "utf8", "ujis", "eucjpms"}) {
    if (charset == three) return 3;
  }
  for (const char* two : {"ucs2", "gbk", "sjis", "big5", "euckr", "gb2312", "cp932"}) {
    if (charset == two) return 2;
  }
  return 1;
}

bool HasLength(const ColumnType& type) {
  return type.kind == TypeKind::kChar || type.kind == TypeKind::kVarchar ||
         type.kind == TypeKind::kBinary || type.kind == TypeKind::kVarbinary;
}

uint64_t Capacity(const ColumnType& type) {
  switch (type.kind) {
    case TypeKind::kTinyText:
    case TypeKind::kTinyBlob:
      return 0xff;
    case TypeKind::kText:
    case TypeKind::kBlob:
      return 0xffff;
    case TypeKind::kMediumText:
    case TypeKind::kMediumBlob:
      return 0xffffff;
    case TypeKind::kLongText:
    case TypeKind::kLongBlob:
      return 0xffffffff;
    default:
      return type.length * (type.IsText() ? BytesPerCharacter(type.charset) : 1);
  }
}

bool IsLonger(const ColumnType& written, const ColumnType& read_back) {
  if (HasLength(written) && HasLength(read_back)) return written.length > read_back.length;
  return Capacity(written) > Capacity(read_back);
}

bool IsUnicode(const std::string& charset) {
  static constexpr std::array<std::string_view, 8> kUnicode = {
      "utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32", "gb18030"};
  return std::find(kUnicode.begin(), kUnicode.end(), charset) != kUnicode.end();
}

// Whether every character of `charset` is in `other`.
bool IsWithin(const std::string& charset, const std::string& other) {
  if (charset == other || charset == "ascii") return true;
  const bool utf8mb3 = charset == "utf8" || charset == "utf8mb3";
  if (utf8mb3 && (other == "utf8" || other == "utf8mb3")) return true;
  const bool beyond_first_plane = IsUnicode(charset) && !utf8mb3 && charset != "ucs2";
  if (beyond_first_plane) return BytesPerCharacter(other) == 4 && IsUnicode(other);
  return IsUnicode(other);
}

int IntegerBytes(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTinyInt:
      return 1;
    case TypeKind::kSmallInt:
      return 2;
    case TypeKind::kMediumInt:
      return 3;
    case TypeKind::kInt:
      return 4;
    default:
      return 8;
  }
}

class Comparison {
 public:
  Comparison(const ColumnType& written, const ColumnType& read_back)
      : written_(written), back_(read_back) {}

  std::vector<TypeLoss> Run() {
    const TypeFamily family = FamilyOf(written_);
    if (family != FamilyOf(back_)) {
      CompareFamilies();
      return std::move(losses_);
    }
    switch (family) {
      case TypeFamily::kInteger:
        CompareIntegers();
        break;
      case TypeFamily::kDecimal:
        CompareDecimals();
        break;
      case TypeFamily::kFloating:
        CompareFloating();
        break;
      case TypeFamily::kBit:
      case TypeFamily::kBinary:
        CompareLength();
        break;
      case TypeFamily::kTemporal:
        CompareTemporal();
        break;
      case TypeFamily::kText:
        CompareText();
        break;
      case TypeFamily::kEnum:
      case TypeFamily::kSet:
        CompareMembers();
        break;
      case TypeFamily::kGeometry:
        if (back_.text != "geometry" && back_.text != written_.text) {
          Blocks("geometries of other types " + Fit());
        }
        break;
      case TypeFamily::kVector:
        if (written_.length != back_.length) Blocks("vectors of another dimension " + Fit());
        break;
      case TypeFamily::kInet:
        if (written_.kind == TypeKind::kInet6 && back_.kind == TypeKind::kInet4) {
          Blocks("addresses written as " + written_.text + " " + Fit());
        }
        break;
      default:
        break;
    }
    return std::move(losses_);
  }

 private:
  void Blocks(const std::string& detail) { losses_.push_back({true, detail}); }
  void Changes(const std::string& detail) { losses_.push_back({false, detail}); }
  std::string Fit() const { return "do not fit " + back_.text; }

  void CompareSigns() {
    if (!written_.is_unsigned && back_.is_unsigned) Blocks("negative values " + Fit());
  }

  void CompareFamilies() {
    if (written_.IsInteger() && back_.kind == TypeKind::kDecimal) {
      const uint32_t digits = back_.length - std::min(back_.scale, back_.length);
      static constexpr std::array<uint32_t, 9> kMostDigits = {0, 3, 5, 8, 10, 0, 0, 0, 20};
      if (digits < kMostDigits[static_cast<size_t>(IntegerBytes(written_.kind))]) {
        Blocks("larger values " + Fit());
      }
      CompareSigns();
      return;
    }
    Blocks("the type family changes from " + back_.text + " to " + written_.text +
           ": values that " + back_.text + " cannot hold");
  }

  void CompareIntegers() {
    const int written_bytes = IntegerBytes(written_.kind);
    const int back_bytes = IntegerBytes(back_.kind);
    if (written_bytes > back_bytes) {
      Blocks("larger values " + Fit());
    } else if (written_.is_unsigned && !back_.is_unsigned && written_bytes == back_bytes) {
      Blocks("unsigned values above the middle " + Fit());
    }
    CompareSigns();
  }

  void CompareDecimals() {
    if (written_.length - written_.scale > back_.length - back_.scale) {
      Blocks("larger values " + Fit());
    }
    if (written_.scale > back_.scale) {
      Changes("digits after the point are rounded to " + std::to_string(back_.scale));
    }
    CompareSigns();
  }

  void CompareFloating() {
    if (written_.kind == TypeKind::kDouble && back_.kind == TypeKind::kFloat) {
      Changes("DOUBLE values are rounded to FLOAT");
      Blocks("values beyond FLOAT's range " + Fit());
    } else if (back_.length > 0 && (written_.length == 0 || written_.length > back_.length ||
                                    written_.scale > back_.scale)) {
      Changes("values are rounded to " + back_.text);
    }
    CompareSigns();
  }

  void CompareLength() {
    if (IsLonger(written_, back_)) Blocks("longer values " + Fit());
  }

  void CompareTemporal() {
    if (written_.fraction_digits > back_.fraction_digits) {
      Changes("fractional seconds are rounded to " + std::to_string(back_.fraction_digits) +
              " digits");
    }
    if (written_.kind == back_.kind) return;
    if (back_.kind == TypeKind::kTimestamp) {
      Blocks("values before 1970 or after 2038 " + Fit());
    } else if (back_.kind == TypeKind::kDate) {
      Changes("the time of day is lost in " + back_.text);
    } else if (back_.kind == TypeKind::kTime || written_.kind == TypeKind::kTime) {
      Blocks("the type family changes from " + back_.text + " to " + written_.text);
    }
  }

  void CompareText() {
    if (IsLonger(written_, back_)) Blocks("longer texts " + Fit());
    if (!IsWithin(written_.charset, back_.charset)) {
      Blocks("characters of " + written_.charset + " that " + back_.charset + " does not have");
    }
    if (back_.kind == TypeKind::kChar && written_.kind != TypeKind::kChar) {
      Changes("trailing blanks are lost in " + back_.text);
    }
  }

  void CompareMembers() {
    std::optional<size_t> last;
    bool reordered = false;
    std::string added;
    for (const std::string& member : written_.members) {
      const auto found = std::find(back_.members.begin(), back_.members.end(), member);
      if (found == back_.members.end()) {
        added += (added.empty() ? "'" : ", '") + member + "'";
        continue;
      }
      const size_t place = static_cast<size_t>(found - back_.members.begin());
      if (last && place < *last) reordered = true;
      last = place;
    }
    if (!added.empty()) Blocks("members that the old definition does not have: " + added);
    if (reordered) Changes("the members stand in another order: values go back by their text");
    if (!IsWithin(written_.charset, back_.charset)) {
      Blocks("characters of " + written_.charset + " that " + back_.charset + " does not have");
    }
  }

  const ColumnType& written_;
  const ColumnType& back_;
  std::vector<TypeLoss> losses_;
};

}  // namespace

std::vector<TypeLoss> LossesGoingBack(const ColumnType& written, const ColumnType& read_back) {
  return Comparison(written, read_back).Run();
}

bool MayBecomeEqual(const ColumnType& written, const ColumnType& read_back) {
  const TypeFamily family = FamilyOf(written);
  if (family != FamilyOf(read_back)) {
    return !written.IsInteger() || read_back.kind != TypeKind::kDecimal;
  }
  switch (family) {
    case TypeFamily::kEnum:
    case TypeFamily::kSet:
      return false;  // what changes is their order
    case TypeFamily::kText:
      // Blanks at the end count in some collations, and are lost in CHAR.
      return written.kind != TypeKind::kChar && read_back.kind == TypeKind::kChar &&
             !written.IgnoresBlanksAtTheEnd();
    case TypeFamily::kBinary:
      return written.kind != TypeKind::kBinary && read_back.kind == TypeKind::kBinary;
    case TypeFamily::kTemporal:
      if (written.kind != read_back.kind && written.kind == TypeKind::kTime) return true;
      if (written.kind != read_back.kind && read_back.kind == TypeKind::kTime) return true;
      break;
    default:
      break;
  }
  const std::vector<TypeLoss> losses = LossesGoingBack(written, read_back);
  return std::any_of(losses.begin(), losses.end(),
                     [](const TypeLoss& loss) { return !loss.blocks; });
}

}  // namespace osc::ddl
