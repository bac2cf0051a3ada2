// The progress of a migration as text: pure functions, so that every width can be tested.
#pragma once

#include <string>
#include <vector>

#include "src/state/migration.h"

namespace osc::cli {

struct LineStyle {
  size_t width = 80;     // no line is wider
  bool unicode = false;  // the terminal shows block characters
  bool colour = false;
};

// For a terminal: a line with the phase and how far it is, then lines of detail if there is any.
std::vector<std::string> ProgressLines(const state::Migration& migration,
                                       const state::Progress& progress, const LineStyle& style);

// For a log: one line of any length, without colours.
std::string ProgressText(const state::Migration& migration, const state::Progress& progress);

}  // namespace osc::cli
