// What the comparison of a migration's two tables has found, as the store keeps it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/state/migration.h"

namespace osc::state {

enum class VerifyState {
  kNone,     // never asked for
  kPending,  // asked for, not begun
  kRunning,
  kPassed,
  kFailed,   // differences were found
  kStale,    // it was done, and the tables have been changed since otherwise than by the stream
  kSkipped,  // the tables were swapped without it, as the operator wanted
};
std::string_view VerifyStateName(VerifyState state);  // "running"
VerifyState ParseVerifyState(std::string_view name);  // throws Error kInternal

// One value, or a whole row, that is not the same on both sides. Values are shortened, keys are
// not.
struct Difference {
  std::string kind;       // missing, extra, different; quarantined, which is none
  std::string key;        // "id=5"
  std::string column;     // of the off-stage table; empty for a whole row
  std::string live;       // as it should be off stage; NULL is `NULL`, text stands in quotes
  std::string off_stage;  // as it is
  bool repaired = false;
};

// Rows by what was found of them.
struct VerifyCounts {
  uint64_t rows = 0;  // looked at
  uint64_t matching = 0;
  uint64_t missing = 0;    // the off-stage table lacks them
  uint64_t extra = 0;      // only the off-stage table has them
  uint64_t different = 0;  // both have them, with other values
  uint64_t quarantined = 0;
  uint64_t repaired = 0;
  uint64_t differences() const { return missing + extra + different; }
  VerifyCounts& operator+=(const VerifyCounts& other);
};

// A range of keys that is compared at once. Bounds as the store has them for the copy.
struct VerifyChunk {
  uint64_t number = 0;
  bool backwards = false;  // looks only for rows that the live table does not have
  std::string low;         // exclusive; empty: from the beginning
  std::string high;        // inclusive; empty: to the end
  bool done = false;
  bool dirty = false;  // rows have been changed since it was handed out
  uint64_t rows = 0;   // when it was compared last
};

struct Verification {
  VerifyState state = VerifyState::kNone;
  int swaps = 0;             // how many there had been
  bool incremental = false;  // goes on from the last one: chunks without a change are left out
  bool repair = false;
  std::string replica;            // HOST[:PORT] where the tables are read; empty: on the server
  std::optional<int64_t> intent;  // that asked for it
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  int64_t elapsed_ms = 0;  // of work, over all engines that took part
  uint64_t rows_estimated = 0;
  double rows_per_second = 0;
  std::optional<int64_t> eta_seconds;
  std::string note;  // why it is stale, or was not done on the replica
  // Of its chunks.
  VerifyCounts counts;
  uint64_t chunks = 0;
  uint64_t chunks_done = 0;     // those left out among them
  uint64_t chunks_skipped = 0;  // left out: done by an earlier one, and not changed since
};

}  // namespace osc::state
