// A migration as the store keeps it: plain values, no behaviour but their text forms.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osc::state {

using Time = std::chrono::system_clock::time_point;

enum class MigrationState {
  kQueued,
  kPreparing,
  kCopying,
  kIndexing,
  kCatchingUp,
  kVerifying,
  kReady,
  kCuttingOver,
  kLive,
  kReverting,
  kReverted,
  kReapplying,
  kCompleted,
  kCancelled,
  kFailed,
};
std::string_view StateName(MigrationState state);  // "catching-up"
MigrationState ParseState(std::string_view name);  // throws Error kInternal
bool IsFinal(MigrationState state);                // completed, cancelled, failed
bool IsBeforeCutover(MigrationState state);        // queued .. ready
// Whether an operator's command makes sense in this state; if not, why and what to do instead.
// command: cutover, revert, reapply, complete, cancel, pause, resume, set.
struct Refusal {
  std::string message;
  std::string hint;
};
std::optional<Refusal> RefuseCommand(std::string_view command, MigrationState state,
                                     const std::string& id);

// Which physical table carries the user's name.
enum class LiveTable { kOld, kNew };
std::string_view LiveName(LiveTable live);  // "old", "new"

// What the operator may set, at the start or with `osc set`.
struct Settings {
  std::chrono::milliseconds retention{std::chrono::hours(24)};
  bool postpone_cutover = false;
  int copy_threads = 2;
  int apply_lanes = 4;
  std::chrono::milliseconds chunk_time{200};
  std::chrono::milliseconds cutover_lock_timeout{3000};
  std::chrono::milliseconds max_lag{1500};
};
std::string SaveSettings(const Settings& settings);  // JSON text
Settings LoadSettings(const std::string& text);
// Sets one by its name in the command line ("retention", "max-lag"); throws kInvalidArgument that
// names the setting, or lists the known ones.
void ApplySetting(Settings* settings, std::string_view name, std::string_view value);

struct StoredError {
  std::string code;
  std::string message;
  std::string hint;
};

struct Swap {
  int number = 0;            // 1 is the cutover, then each revert and reapply
  std::string direction;     // "cutover", "revert", "reapply"
  std::string freeze_point;  // GTID set, or file:offset
  std::string intent;        // JSON: what the swap set out to do, for looking after a crash
  std::optional<Time> at;    // none until its outcome is known to be done
  double lock_ms = 0;        // how long writers were held
};

// What changes all the time while the engine works; kept apart from the migration itself.
struct Progress {
  uint64_t rows_copied = 0;
  uint64_t rows_estimated = 0;
  double percent = 0;  // from the key range, 0 to 100
  std::optional<int64_t> eta_seconds;
  double rows_per_second = 0;
  std::string stream_direction = "none";  // "old-to-new", "new-to-old", "none"
  std::string stream_gtid;
  bool stream_running = false;
  int64_t lag_ms = 0;
  uint64_t rows_applied = 0;
  bool throttled = false;
  std::string throttle_reason;
  std::string note;                // what is being waited for, for people
  std::string readiness = "none";  // ready lossy blocked stopped expired none
  struct Reason {
    std::string kind;
    std::string column;
    uint64_t rows = 0;
    std::string detail;
  };
  std::vector<Reason> reasons;
};
std::string SaveProgress(const Progress& progress);  // JSON text
Progress LoadProgress(const std::string& text);

struct Migration {
  std::string id;          // eight lower-case letters and digits
  std::string server;      // identity of the server, see mysql::ServerIdentity
  std::string connection;  // JSON of mysql::ConnectionOptions, no secret in it
  std::string database;
  std::string table;
  std::string alter;  // the clauses, as the user wrote them
  Settings settings;
  MigrationState state = MigrationState::kQueued;
  LiveTable live = LiveTable::kOld;
  bool paused = false;
  bool cutover_asked = false;  // `osc cutover` released a postponed cutover
  bool keep_table = false;     // `osc complete --keep-table`
  Time created_at{};
  Time updated_at{};
  std::optional<Time> expires_at;  // end of the revert window, while it is open
  std::optional<StoredError> error;
  std::string old_definition;  // ddl::SaveDefinition; empty until prepared
  std::string new_definition;
  std::string notes;                // ddl::SaveNotes
  bool require_revertible = false;  // refuse to prepare a change that has notes
  std::string revert_defaults;      // ddl::SaveRevertDefaults
};

// A range of the copy that has been handed out and not confirmed. Bounds are SQL row literals.
struct Chunk {
  uint64_t number = 0;
  std::string low;   // exclusive; empty: from the beginning
  std::string high;  // inclusive
};

struct Intent {
  int64_t number = 0;
  std::string migration_id;
  std::string command;       // cutover, revert, reapply, complete, cancel, pause, resume, set
  std::string arguments;     // JSON object
  std::optional<bool> done;  // none: open; true: done; false: failed or refused
  std::optional<StoredError> error;
};

// A row of the live table that has no place in the other one.
struct UnfitRow {
  std::string key;          // "id=5"
  std::string column;       // empty where none is to blame alone
  std::string value;        // its beginning
  std::string reason;
  std::string transaction;  // GTID, or file:offset, of the change
};

struct Event {
  Time at{};
  std::string text;
};

}  // namespace osc::state
