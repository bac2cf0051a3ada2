#include "ddl/revert_notes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "ddl/check_constraints.h"
#include "ddl/column_clause.h"
#include "ddl/name.h"
#include "ddl/type_change.h"
#include "src/base/error.h"

namespace osc::ddl {
namespace {

using Json = nlohmann::ordered_json;

// `old` and `altered` are the forward projection's source and target: after the cutover values are
// written under `altered` and a revert has to put them back into `old`.
class NoteTaker {
 public:
  NoteTaker(const Projection& forward, const std::vector<RevertDefault>& defaults)
      : forward_(forward), old_(forward.source), altered_(forward.target), defaults_(defaults) {}

  std::vector<RevertNote> Take() {
    for (size_t i = 0; i < old_.columns.size(); ++i) {
      if (!old_.columns[i].generated && !TargetOf(i)) NoteUnmapped(i);
    }
    for (const ColumnPair& pair : forward_.columns) NoteColumn(pair);
    for (const Key& key : old_.keys) {
      if (key.unique) NoteUniqueKey(key);
    }
    NoteChecks();
    return std::move(notes_);
  }

 private:
  std::optional<size_t> TargetOf(size_t source) const {
    for (const ColumnPair& pair : forward_.columns) {
      if (pair.source == source) return pair.target;
    }
    return std::nullopt;
  }

  void Lossy(const std::string& column, const std::string& detail) {
    notes_.push_back({"lossy", column, detail});
  }
  void Blocked(const std::string& column, const std::string& detail) {
    notes_.push_back({"blocked", column, detail});
  }

  void NoteUnmapped(size_t index) {
    const Column& column = old_.columns[index];
    const std::optional<size_t> same_name = altered_.FindColumn(column.name);
    if (same_name && altered_.columns[*same_name].generated) {
      Lossy(column.name,
            "becomes a generated column: after a revert, rows keep the value from before the "
            "cutover and rows inserted since have the default");
      if (!DefaultOf(column).violates.empty()) NoteValue(column);
    } else if (!column.has_default) {
      NoteValue(column);
    }
  }

  RevertDefault DefaultOf(const Column& column) const {
    for (const RevertDefault& value : defaults_) {
      if (value.column == column.name) return value;
    }
    return {column.name, "", ImplicitDefault(column.type), ""};
  }

  void NoteValue(const Column& column) {
    const RevertDefault value = DefaultOf(column);
    if (!value.expression.empty()) return;
    constexpr std::string_view kIntroducer = "_utf8mb4";
    std::string shown = value.literal;
    if (shown.starts_with(kIntroducer)) shown.erase(0, kIntroducer.size());
    const std::string other = "; --revert-default \"" + column.name + "=...\" gives another";
    if (value.violates.empty()) {
      Lossy(column.name,
            "dropped and has no default: after a revert, rows inserted since the cutover have " +
                shown + other);
    } else {
      Blocked(column.name, "dropped and has no default, and its CHECK " + value.violates +
                               " refuses " + shown +
                               ": rows inserted since the cutover block a revert" + other);
    }
  }

  void NoteColumn(const ColumnPair& pair) {
    const Column& before = old_.columns[pair.source];
    const Column& after = altered_.columns[pair.target];
    if (before.generated) {
      return Lossy(after.name, "becomes a plain column: after a revert '" + before.name +
                                   "' has the value of its expression again, whatever was written");
    }
    if (after.nullable && !before.nullable) {
      Blocked(after.name, "may be NULL, the old column '" + before.name +
                              "' may not: rows with NULL block a revert");
    }
    for (const TypeLoss& loss : LossesGoingBack(after.type, before.type)) {
      if (loss.blocks) {
        Blocked(after.name, loss.detail + ": such rows block a revert");
      } else {
        Lossy(after.name, loss.detail);
      }
    }
  }

  // The column of the altered table that has the same value in every row.
  std::optional<size_t> Counterpart(size_t source) const {
    const Column& column = old_.columns[source];
    if (!column.generated) return TargetOf(source);
    const std::optional<size_t> target = altered_.FindColumn(column.name);
    const bool alike =
        target && IsGeneratedAlike(old_, column, altered_, altered_.columns[*target]);
    return alike ? target : std::nullopt;
  }

  // True when no two rows that `key` of the altered table lets in can be equal under `unique`.
  bool Implies(const Key& key, const Key& unique) const {
    return key.unique && std::all_of(key.parts.begin(), key.parts.end(), [&](const KeyPart& part) {
             return std::any_of(unique.parts.begin(), unique.parts.end(), [&](const KeyPart& old) {
               if (part.expression || old.expression) return false;
               const std::optional<size_t> target = Counterpart(old.column);
               if (!target || *target != part.column) return false;
               return old.prefix_length == 0 ||
                      (part.prefix_length != 0 && part.prefix_length <= old.prefix_length);
             });
           });
  }

  // A dropped column that is NULL on every new row, or numbered by the server, keeps its unique key
  // from ever being violated.
  bool HasDroppedColumnThatNeverCollides(const Key& key) const {
    return std::any_of(key.parts.begin(), key.parts.end(), [&](const KeyPart& part) {
      if (part.expression || TargetOf(part.column)) return false;
      const Column& column = old_.columns[part.column];
      return (column.nullable || column.auto_increment) && !column.generated;
    });
  }

  // Expressions are compared as the server prints them.
  bool HasSameKey(const Key& key) const {
    const Key* same = altered_.FindKey(key.name);
    return same != nullptr && same->unique && same->parts.size() == key.parts.size() &&
           std::all_of(key.parts.begin(), key.parts.end(),
                       [](const KeyPart& part) { return part.expression; });
  }

  void NoteUniqueKey(const Key& key) {
    const auto implying =
        std::find_if(altered_.keys.begin(), altered_.keys.end(),
                     [&](const Key& candidate) { return Implies(candidate, key); });
    if (implying != altered_.keys.end()) return NoteConversions(key);
    if (HasDroppedColumnThatNeverCollides(key) || HasSameKey(key)) return;
    const Key* same_name = altered_.FindKey(key.name);
    const bool changed = same_name != nullptr && same_name->unique;
    Blocked(key.name,
            std::string("unique key ") +
                (changed ? "widened: more values are distinct under the new one" : "dropped") +
                "; rows that are equal under the old one block a revert");
  }

  void NoteConversions(const Key& key) {
    for (const KeyPart& part : key.parts) {
      const std::optional<size_t> target = part.expression ? std::nullopt : TargetOf(part.column);
      if (!target) continue;
      const mysql::ColumnType& before = old_.columns[part.column].type;
      const mysql::ColumnType& after = altered_.columns[*target].type;
      if (MayBecomeEqual(after, before)) {
        Blocked(key.name, "values of '" + altered_.columns[*target].name + "' that differ as " +
                              after.text + " may be equal as " + before.text +
                              ": such rows block a revert");
      }
      if (before.collation == after.collation || !before.IsText()) continue;
      Blocked(key.name, "the collation of '" + altered_.columns[*target].name + "' changes from " +
                            before.collation + " to " + after.collation +
                            ": values that are equal only under the old one block a revert");
    }
  }

  void NoteChecks() {
    const std::vector<CheckConstraint> kept = ReadCheckConstraints(altered_.create_statement);
    for (CheckConstraint check : ReadCheckConstraints(old_.create_statement)) {
      if (!check.enforced) continue;
      const std::string name =
          check.name.empty() && !check.columns.empty() ? check.columns[0] : check.name;
      bool any_mapped = false;
      for (size_t i = 0; i < check.columns.size(); ++i) {
        const std::optional<size_t> source = old_.FindColumn(check.columns[i]);
        const std::optional<size_t> target = source ? TargetOf(*source) : std::nullopt;
        if (!target) continue;
        any_mapped = true;
        check.tokens[check.column_tokens[i]] = altered_.columns[*target].name;
      }
      const bool still_there =
          std::any_of(kept.begin(), kept.end(), [&](const CheckConstraint& other) {
            return other.enforced && other.tokens == check.tokens;
          });
      if (any_mapped && !still_there) {
        Blocked(name, "CHECK dropped or changed: rows that violate the old one block a revert");
      }
    }
  }

  const Projection& forward_;
  const TableDefinition& old_;
  const TableDefinition& altered_;
  const std::vector<RevertDefault>& defaults_;
  std::vector<RevertNote> notes_;
};

}  // namespace

std::vector<RevertNote> RevertNotes(const Projection& forward,
                                    const std::vector<RevertDefault>& defaults) {
  return NoteTaker(forward, defaults).Take();
}

std::string NoteText(const RevertNote& note) {
  return std::string(note.level()) + ": " + note.column + ": " + note.detail;
}

std::string SaveNotes(const std::vector<RevertNote>& notes) {
  auto list = Json::array();
  for (const RevertNote& note : notes) {
    list.push_back({{"level", note.level()},
                    {"kind", note.kind},
                    {"column", note.column},
                    {"detail", note.detail}});
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<RevertNote> LoadNotes(const std::string& text) {
  const Json list = Json::parse(text, nullptr, false);
  std::vector<RevertNote> notes;
  if (!list.is_array()) return notes;
  for (const Json& note : list) {
    if (!note.is_object()) return {};
    notes.push_back({note.value("kind", ""), note.value("column", ""), note.value("detail", "")});
  }
  return notes;
}

void RequireRevertible(const std::vector<RevertNote>& notes) {
  if (notes.empty()) return;
  std::string list;
  for (const RevertNote& note : notes) list += (list.empty() ? "" : "; ") + NoteText(note);
  throw Error(ErrorCode::kRefused,
              "a revert of this change may lose something or be blocked: " + list,
              "change the ALTER, or leave out --require-revertible to run it all the same");
}

}  // namespace osc::ddl
