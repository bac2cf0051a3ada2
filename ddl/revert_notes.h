// What a revert would lose or be stopped by, told before a change runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ddl/projection.h"
#include "ddl/revert_default.h"

namespace osc::ddl {

struct RevertNote {
  std::string kind;    // the readiness that such a row leads to: "lossy" or "blocked"
  std::string column;  // or key, or constraint
  std::string detail;

  std::string_view level() const { return kind == "lossy" ? "lossy" : "may-block"; }
};

// Unique key dropped or widened, column dropped without default, nullable where it was not, longer,
// wider or other types, members of ENUM and SET, charset, CHECK dropped. defaults: as
// ResolveRevertDefaults gives them.
std::vector<RevertNote> RevertNotes(const Projection& forward,
                                    const std::vector<RevertDefault>& defaults);

// "lossy: title: dropped and ..."
std::string NoteText(const RevertNote& note);

// JSON text: an array of objects with level, kind, column and detail. Load gives an empty list for
// text that is no such array.
std::string SaveNotes(const std::vector<RevertNote>& notes);
std::vector<RevertNote> LoadNotes(const std::string& text);

// For --require-revertible. Throws kRefused with every note when there is one.
void RequireRevertible(const std::vector<RevertNote>& notes);

}  // namespace osc::ddl
