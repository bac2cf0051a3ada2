// The progress of a migration as text: pure functions, so that every width can be tested.
#pragma once

#include <string>
#include <vector>

#include "src/state/migration.h"
#include "src/state/verification.h"

namespace osc::cli {

struct Shown {
  state::Migration migration;
  state::Progress progress;
  state::Verification verification = {};
};

struct LineStyle {
  size_t width = 80;     // no line is wider
  bool unicode = false;  // the terminal shows block characters
  bool colour = false;
};

// For a terminal: a line with the phase and how far it is, then lines of detail if there is any.
std::vector<std::string> ProgressLines(const Shown& shown, const LineStyle& style);

// "1.5 of 2 threads" is what a person asks for: how much of it the server's other users leave.
std::string PaceText(const state::Migration& migration, const state::Progress::Pace& pace);

// For a log: one line of any length, without colours.
std::string ProgressText(const Shown& shown);

}  // namespace osc::cli
