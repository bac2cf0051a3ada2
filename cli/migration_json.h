// A migration as JSON: the document of `osc show --json`, which scripts rely on.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "inverse/warnings.h"
#include "src/state/store.h"

namespace osc::cli {

// All that is known of a migration at one moment.
struct Snapshot {
  state::Migration migration;
  std::vector<state::Migration> companions;  // swapped in one step with it
  state::Progress progress;
  std::vector<state::Swap> swaps;
  std::vector<state::Event> events;
  std::vector<state::UnfitRow> unfit_rows;  // up to 100
  std::vector<inverse::Warning> warnings;
  state::Verification verification;
  std::vector<state::Difference> differences;
  bool engine_running = false;
};

Snapshot TakeSnapshot(state::Store& store, const std::string& id, bool engine_running);

nlohmann::ordered_json MigrationJson(const Snapshot& snapshot);

// "orders (k3x9f2ab), items (p0c4d1me)": what is swapped in one step with it; empty: nothing.
std::string CompanionsText(const Snapshot& snapshot);

// "id=5, column name: live 'a', off stage 'b'"
std::string DifferenceText(const state::Difference& difference);

// "5,000 rows compared, 2 quarantined"
std::string CompareText(const state::Verification& verification);

// What people are told about the stream: stored rows say what it was when an engine last wrote
// them.
// Whether it has something under its off-stage name.
bool HasOffStage(const state::Migration& migration);
bool StreamRuns(const Snapshot& snapshot);

}  // namespace osc::cli
