#include "ddl/shared_key.h"

#include <algorithm>
#include <tuple>

#include "ddl/name.h"
#include "src/base/error.h"

namespace osc::ddl {
namespace {

using mysql::ColumnType;
using mysql::TypeKind;

std::optional<size_t> TargetOf(const Projection& projection, size_t source) {
  for (const ColumnPair& pair : projection.columns) {
    if (pair.source == source) return pair.target;
  }
  return std::nullopt;
}

// Why a key alone, whatever the other table has, cannot identify rows; empty when it can.
std::string WhyNotUsable(const TableDefinition& table, const Key& key) {
  if (key.type != "BTREE") return "is a " + key.type + " index, which has no order";
  if (key.ignored) return "is ignored or invisible, so that the server does not read by it";
  for (const KeyPart& part : key.parts) {
    if (part.expression) return "holds an expression";
    const Column& column = table.columns[part.column];
    if (part.prefix_length > 0) return "holds only a prefix of column '" + column.name + "'";
    if (column.nullable) return "column '" + column.name + "' may be NULL";
    if (column.generated) return "column '" + column.name + "' is generated";
  }
  return "";
}

// Why the source key's columns do not identify the rows through this key of the target.
std::string WhyNotMatching(const Projection& projection, const Key& source_key,
                           const Key& target_key) {
  if (source_key.parts.size() != target_key.parts.size()) return "is over other columns";
  for (const KeyPart& part : source_key.parts) {
    const std::optional<size_t> target = TargetOf(projection, part.column);
    const bool found = target && std::any_of(target_key.parts.begin(), target_key.parts.end(),
                                             [&](const KeyPart& other) {
                                               return !other.expression && other.column == *target;
                                             });
    if (!found) return "is over other columns";
  }
  return WhyNotUsable(projection.target, target_key);
}

struct Candidate {
  const Key* source = nullptr;
  const Key* target = nullptr;
  std::string refusal;  // empty when it can be used
};

Candidate Examine(const Projection& projection, const Key& key) {
  Candidate candidate{&key, nullptr, WhyNotUsable(projection.source, key)};
  if (!candidate.refusal.empty()) return candidate;
  for (const KeyPart& part : key.parts) {
    const Column& column = projection.source.columns[part.column];
    const std::optional<size_t> target = TargetOf(projection, part.column);
    if (!target) {
      candidate.refusal = "column '" + column.name + "' is not in the other table";
      return candidate;
    }
    const std::string why = WhyNotComparable(column.type, projection.target.columns[*target].type);
    if (!why.empty()) {
      candidate.refusal = "column '" + column.name + "' " + why;
      return candidate;
    }
  }
  std::string nearest;
  for (const Key& target_key : projection.target.keys) {
    if (!target_key.unique) continue;
    const std::string why = WhyNotMatching(projection, key, target_key);
    if (why.empty()) {
      candidate.target = &target_key;
      return candidate;
    }
    if (why != "is over other columns") {
      nearest = "its counterpart '" + target_key.name + "' " + why;
    }
  }
  candidate.refusal =
      nearest.empty() ? "the other table has no unique key over these columns" : nearest;
  return candidate;
}

// Smaller is better.
std::tuple<bool, bool, size_t> Cost(const Projection& projection, const Candidate& candidate) {
  bool integers = true;
  for (const KeyPart& part : candidate.source->parts) {
    integers = integers && projection.source.columns[part.column].type.IsInteger();
  }
  return {!candidate.source->IsPrimary(), !integers, candidate.source->parts.size()};
}

[[noreturn]] void RefuseAll(const Projection& projection,
                            const std::vector<Candidate>& candidates) {
  std::string list;
  for (const Candidate& candidate : candidates) {
    list += (list.empty() ? ": " : "; ");
    list += "'" + candidate.source->name + "' " + candidate.refusal;
  }
  throw Error(ErrorCode::kRefused,
              "table " + mysql::Quote(projection.source.name) +
                  " shares no usable unique key with its altered definition" +
                  (candidates.empty() ? ": it has no primary or unique key" : list),
              "osc needs a PRIMARY KEY or a UNIQUE key over whole NOT NULL columns that both "
              "definitions have, of integer, decimal, date and time, text or binary types");
}

bool IsFloating(const ColumnType& type) {
  return type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble;
}

// Why a copy cannot go along a column of this type; empty when it can. The servers read an ENUM or
// SET by range only where each value is named, so that there must not be too many.
std::string WhyNotOrdered(const ColumnType& type) {
  constexpr size_t kMostEnumMembers = 1000;
  constexpr size_t kMostSetMembers = 8;
  const std::string has = "has the type " + type.text + ", which a copy cannot be ordered by";
  switch (type.kind) {
    case TypeKind::kEnum:
      return type.members.size() <= kMostEnumMembers
                 ? ""
                 : "is an ENUM of more than " + std::to_string(kMostEnumMembers) + " members";
    case TypeKind::kSet:
      return type.members.size() <= kMostSetMembers
                 ? ""
                 : "is a SET of more than " + std::to_string(kMostSetMembers) + " members";
    case TypeKind::kDecimal:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kBit:
    case TypeKind::kYear:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kUuid:
    case TypeKind::kInet4:
    case TypeKind::kInet6:
      return "";
    default:
      return type.IsInteger() || type.IsTemporal() || type.IsText() ? "" : has;
  }
}

bool IsPadded(const ColumnType& type) {
  return type.collation.find("_nopad_") == std::string::npos &&
         type.collation.find("_0900_") == std::string::npos;
}

// Character sets whose texts become others and come back the same, for the characters that both
// have.
bool ComesBackTheSame(const std::string& charset) {
  for (const char* known :
       {"utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32", "latin1", "ascii"}) {
    if (charset == known) return true;
  }
  return false;
}

std::string WhyTextsDiffer(const ColumnType& source, const ColumnType& target,
                           const std::string& changes) {
  const bool same_collation = source.collation == target.collation;
  if (source.kind != target.kind) {
    // Blanks at the end are lost in CHAR: harmless where they do not count.
    return same_collation && IsPadded(source) ? "" : changes;
  }
  if (same_collation || source.charset == target.charset) return "";
  if (ComesBackTheSame(source.charset) && ComesBackTheSame(target.charset)) return "";
  return "changes its character set from " + source.charset + " to " + target.charset;
}

}  // namespace

std::string WhyNotComparable(const ColumnType& source, const ColumnType& target) {
  if (source.IsInteger() && target.IsInteger()) return "";
  for (const ColumnType* type : {&source, &target}) {
    if (const std::string why = WhyNotOrdered(*type); !why.empty()) return why;
  }
  const std::string changes = "changes its type from " + source.text + " to " + target.text;
  if (source.IsText() && target.IsText()) return WhyTextsDiffer(source, target, changes);
  if (source.kind != target.kind) return changes;
  // Rounded, cut or padded values would no longer be the same key.
  if (source.fraction_digits != target.fraction_digits) return changes;
  if (source.kind == TypeKind::kBinary && source.length != target.length) return changes;
  const bool has_scale = source.kind == TypeKind::kDecimal || IsFloating(source);
  if (has_scale && source.scale != target.scale) return changes;
  if (IsFloating(source) && source.length != target.length) return changes;
  if (source.collation != target.collation) {
    return "changes its collation from " + source.collation + " to " + target.collation;
  }
  // 'a,b' is not 'b,a', though both may be the same set.
  const size_t members = std::min(source.members.size(), target.members.size());
  const bool same_order =
      std::equal(source.members.begin(), source.members.begin() + members, target.members.begin());
  if (source.kind == TypeKind::kSet && !same_order) return changes;
  return "";
}

void ChooseSharedKey(Projection* projection) {
  std::vector<Candidate> candidates;
  for (const Key& key : projection->source.keys) {
    if (key.unique) candidates.push_back(Examine(*projection, key));
  }
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    if (!candidate.refusal.empty()) continue;
    if (best == nullptr || Cost(*projection, candidate) < Cost(*projection, *best)) {
      best = &candidate;
    }
  }
  if (best == nullptr) RefuseAll(*projection, candidates);
  projection->source_key = best->source->name;
  projection->target_key = best->target->name;
  projection->key.clear();
  for (const KeyPart& part : best->source->parts) {
    projection->key.push_back({part.column, *TargetOf(*projection, part.column)});
  }
}

}  // namespace osc::ddl
