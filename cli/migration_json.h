// A migration as JSON: the document of `osc show --json`, which scripts rely on.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "src/state/store.h"

namespace osc::cli {

// All that is known of a migration at one moment.
struct Snapshot {
  state::Migration migration;
  state::Progress progress;
  std::vector<state::Swap> swaps;
  std::vector<state::Event> events;
  std::vector<state::UnfitRow> unfit_rows;  // up to 100
  bool engine_running = false;
};

Snapshot TakeSnapshot(state::Store& store, const std::string& id, bool engine_running);

nlohmann::ordered_json MigrationJson(const Snapshot& snapshot);

// What people are told about the stream: stored rows say what it was when an engine last wrote
// them.
bool StreamRuns(const Snapshot& snapshot);

}  // namespace osc::cli
