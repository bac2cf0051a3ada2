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

std::optional<size_t> SourceOf(const Projection& projection, size_t target) {
  for (const ColumnPair& pair : projection.columns) {
    if (pair.target == target) return pair.source;
  }
  return std::nullopt;
}

bool Holds(const Key& key, std::optional<size_t> column) {
  return column && std::any_of(key.parts.begin(), key.parts.end(), [&](const KeyPart& part) {
           return !part.expression && part.column == *column;
         });
}

bool IsWithin(const Projection& projection, const Key& source_key, const Key& target_key) {
  return std::all_of(source_key.parts.begin(), source_key.parts.end(), [&](const KeyPart& part) {
    return Holds(target_key, TargetOf(projection, part.column));
  });
}

bool Contains(const Projection& projection, const Key& source_key, const Key& target_key) {
  return std::all_of(target_key.parts.begin(), target_key.parts.end(), [&](const KeyPart& part) {
    return !part.expression && Holds(source_key, SourceOf(projection, part.column));
  });
}

// Rows are unique under more columns than those of a unique key, so that a key and the one that the
// ALTER made of it by adding or leaving out columns match rows by all the columns of both.
struct Candidate {
  const Key* source = nullptr;
  const Key* target = nullptr;
  bool same_columns = true;
  std::string refusal;  // empty when it can be used
};

// Why the columns that only the target's key has do not identify rows of the source.
std::string WhyNotExtended(const Projection& projection, const Key& source_key,
                           const Key& target_key) {
  for (const KeyPart& part : target_key.parts) {
    const Column& target = projection.target.columns[part.column];
    const std::optional<size_t> found = SourceOf(projection, part.column);
    if (!found) return "has column '" + target.name + "', which the old table has not";
    if (Holds(source_key, found)) continue;
    const Column& source = projection.source.columns[*found];
    if (source.nullable) return "has column '" + source.name + "', which may be NULL so far";
    if (source.generated) return "has column '" + source.name + "', which is generated";
    const std::string why = WhyNotComparable(source.type, target.type);
    if (!why.empty()) return "has column '" + source.name + "', which " + why;
  }
  return "";
}

std::string WhyNotMapped(const Projection& projection, const Key& key) {
  for (const KeyPart& part : key.parts) {
    const Column& column = projection.source.columns[part.column];
    const std::optional<size_t> target = TargetOf(projection, part.column);
    if (!target) return "column '" + column.name + "' is not in the other table";
    const Column& other = projection.target.columns[*target];
    const std::string why = WhyNotComparable(column.type, other.type);
    if (!why.empty()) return "column '" + column.name + "' " + why;
  }
  return "";
}

Candidate Examine(const Projection& projection, const Key& key) {
  Candidate candidate{&key, nullptr, true, WhyNotUsable(projection.source, key)};
  if (candidate.refusal.empty()) candidate.refusal = WhyNotMapped(projection, key);
  if (!candidate.refusal.empty()) return candidate;
  candidate.refusal = "the other table has no unique key over these columns";
  for (const bool same_columns : {true, false}) {
    for (const Key& target_key : projection.target.keys) {
      if (!target_key.unique) continue;
      const bool within = IsWithin(projection, key, target_key);
      const bool contains = Contains(projection, key, target_key);
      if (same_columns ? !within || !contains : within == contains) continue;
      std::string why = WhyNotUsable(projection.target, target_key);
      if (why.empty() && within) why = WhyNotExtended(projection, key, target_key);
      if (why.empty()) return {&key, &target_key, same_columns, ""};
      candidate.refusal = "its counterpart '" + target_key.name + "' " + why;
    }
  }
  return candidate;
}

bool IsInteger(const Projection& projection, const Key& key) {
  return std::all_of(key.parts.begin(), key.parts.end(), [&](const KeyPart& part) {
    return projection.source.columns[part.column].type.IsInteger();
  });
}

// Smaller is better.
std::tuple<bool, bool, bool, size_t> Cost(const Projection& projection,
                                          const Candidate& candidate) {
  return {!candidate.same_columns, !candidate.source->IsPrimary(),
          !IsInteger(projection, *candidate.source), candidate.source->parts.size()};
}

std::vector<Candidate> Candidates(const Projection& projection) {
  std::vector<Candidate> candidates;
  for (const Key& key : projection.source.keys) {
    if (key.unique) candidates.push_back(Examine(projection, key));
  }
  return candidates;
}

// nullptr when none can be used.
const Candidate* Best(const Projection& projection, const std::vector<Candidate>& candidates) {
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    if (!candidate.refusal.empty()) continue;
    if (best == nullptr || Cost(projection, candidate) < Cost(projection, *best)) {
      best = &candidate;
    }
  }
  return best;
}

[[noreturn]] void RefuseAll(const Projection& projection,
                            const std::vector<Candidate>& candidates) {
  std::string list;
  for (const Candidate& candidate : candidates) {
    list += (list.empty() ? ": " : "; ");
    list += "'" + candidate.source->name + "' " + candidate.refusal;
  }
  throw Error(
      ErrorCode::kRefused,
      "table " + mysql::Quote(projection.source.name) +
          " shares no usable unique key with its altered definition" +
          (candidates.empty() ? ": it has no primary or unique key" : list),
      "osc needs a PRIMARY KEY or a UNIQUE key over whole NOT NULL columns that both "
      "definitions have, of integer, decimal, date and time, text or binary types; where a "
      "new key takes the place of the old one, add it as a UNIQUE key by a migration of its "
      "own first");
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
    return same_collation && source.IgnoresBlanksAtTheEnd() ? "" : changes;
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
  const std::vector<Candidate> candidates = Candidates(*projection);
  const Candidate* best = Best(*projection, candidates);
  if (best == nullptr) RefuseAll(*projection, candidates);
  projection->source_key = best->source->name;
  projection->target_key = best->target->name;
  projection->key.clear();
  for (const KeyPart& part : best->source->parts) {
    projection->key.push_back({part.column, *TargetOf(*projection, part.column)});
  }
  for (const KeyPart& part : best->target->parts) {
    const size_t source = *SourceOf(*projection, part.column);
    if (!Holds(*best->source, source)) projection->key.push_back({source, part.column});
  }
}

std::string DescribeKey(const TableDefinition& table, const Key& key) {
  std::string columns;
  for (const KeyPart& part : key.parts) {
    columns += (columns.empty() ? "" : ", ") + table.columns[part.column].name;
  }
  return (key.IsPrimary() ? "PRIMARY KEY" : "UNIQUE KEY " + key.name) + " (" + columns + ")";
}

std::string WhySharedKey(const Projection& forward) {
  const std::vector<Candidate> candidates = Candidates(forward);
  const Candidate* best = Best(forward, candidates);
  if (best == nullptr) RefuseAll(forward, candidates);
  const Key& source = *best->source;
  const Key& target = *best->target;
  std::string why;
  const auto both_primary = source.IsPrimary() && target.IsPrimary();
  if (!best->same_columns) {
    why = "all the columns of " + DescribeKey(forward.source, source) + " of the old table and " +
          DescribeKey(forward.target, target) +
          " of the new one, because no unique key has the same columns in both";
  } else if (both_primary) {
    why = "the primary key of both tables";
  } else if (source.IsPrimary()) {
    why = "the primary key of the old table, " + DescribeKey(forward.target, target) +
          " of the new one";
  } else {
    why = "the table has no primary key";
    if (candidates.front().source->IsPrimary()) {
      why = "PRIMARY KEY will not do: " + candidates.front().refusal;
    }
    why +=
        "; the best of its unique keys that both tables have over whole NOT NULL columns "
        "(integers first, then the fewest columns)";
    if (!source.IsPrimary() && target.name != source.name) {
      why += ", " + DescribeKey(forward.target, target) + " of the new table";
    }
  }
  if (IsInteger(forward, source)) why += ", integers";
  if (!source.IsPrimary()) {
    why += "; slower than a primary key, because the copy looks up each row by it";
  }
  return why;
}

}  // namespace osc::ddl
