// A migration as the store keeps it: plain values, no behaviour but their text forms.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
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
  kReseeding,   // after a swap: the off-stage table is being filled anew
  kCompleting,  // these three: the end is decided, its tables are being dropped
  kCancelling,
  kFailing,
  kCompleted,
  kCancelled,
  kFailed,
};
std::string_view StateName(MigrationState state);  // "catching-up"
MigrationState ParseState(std::string_view name);  // throws Error kInternal
bool IsFinal(MigrationState state);                // completed, cancelled, failed
bool IsBeforeCutover(MigrationState state);        // queued .. ready
bool IsEnding(MigrationState state);               // completing, cancelling, failing
MigrationState EndOf(MigrationState state);        // completing: completed, ...
// Whether an operator's command makes sense in this state; if not, why and what to do instead.
// command: cutover, revert, reapply, complete, cancel, pause, pause-stream (pause with --stream),
// resume, restart-copy (resume with --restart-copy), reseed, set, verify.
struct Refusal {
  std::string message;
  std::string hint;
};
std::optional<Refusal> RefuseCommand(std::string_view command, MigrationState state,
                                     const std::string& id);

// Which physical table carries the user's name.
enum class LiveTable { kOld, kNew };
std::string_view LiveName(LiveTable live);  // "old", "new"

// Who makes the change: osc, the server itself (ALGORITHM=INSTANT), or the server if it can. Of
// kAuto one of the others is left once it is decided.
enum class Algorithm { kOsc, kInstant, kAuto };
std::string_view AlgorithmName(Algorithm algorithm);  // "osc", "instant", "auto"

// When secondary indexes are built: after the rows are copied, or with them.
enum class DeferIndexes { kAuto, kOn, kOff };

// Status variables of the server, and how much each may be at most.
using LoadLimits = std::map<std::string, double>;

// What the operator may set, at the start or with `osc set`.
struct Settings {
  std::chrono::milliseconds retention{std::chrono::hours(24)};
  bool postpone_cutover = false;
  bool verify = true;  // before the cutover
  DeferIndexes defer_indexes = DeferIndexes::kAuto;
  Algorithm algorithm = Algorithm::kOsc;
  int copy_threads = 2;
  int apply_lanes = 4;
  std::chrono::milliseconds chunk_time{200};
  // How many times as long as it works each thread rests; none: by how the server fares.
  std::optional<double> nice;
  std::chrono::milliseconds cutover_lock_timeout{3000};
  std::chrono::milliseconds max_lag{1500};
  // How long transactions that began before the copy was whole are waited for.
  std::chrono::milliseconds snapshot_wait = std::chrono::hours(24);
  LoadLimits max_load;         // above one of them copying waits
  LoadLimits critical_load;    // above one of them it is paused, until `osc resume`
  std::string throttle_query;  // copying waits while its number is above 0
  std::string throttle_file;   // copying waits while it is there; a path of the engine's machine
  std::string replicas;        // their lag counts like the stream's: "db2,db3:3307", or "auto"
  std::string hooks;           // the directory of the operator's programs, see inverse/hook.h
  bool pause_stream = false;   // `osc pause --stream`
  // The next swap ends the sessions that keep its lock from it. Off again when it is done.
  bool force_cutover = false;
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
  std::string direction;     // "cutover", "revert", "reapply"; "instant": the server's own ALTER
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
  std::string stream_gtid;                // up to where the stream has applied
  // Committed on the server, as far as is known: who takes over from it is to have this.
  std::string seen_gtid;
  bool stream_running = false;
  int64_t lag_ms = 0;
  uint64_t rows_applied = 0;
  bool throttled = false;
  std::string throttle_reason;
  std::optional<Time> throttled_since;
  // How the copy and the verification hold themselves back for others; none while they need not.
  struct Pace {
    double threads = 0;         // at work, in parts
    double write_ms = 0;        // what 95 in 100 small writes do not exceed; 0: not known
    double write_alone_ms = 0;  // without the work
  };
  std::optional<Pace> pace;
  std::string pause_reason;        // who has paused it, if not the operator
  std::string note;                // what is being waited for, for people
  std::string readiness = "none";  // ready lossy blocked stopped expired none
  struct Reason {
    std::string kind;
    std::string column;
    uint64_t rows = 0;
    std::string detail;
  };
  std::vector<Reason> reasons;
  // When the oldest commit was made that the stream has not applied: it needs the binary logs from
  // there on. None until a stream has run.
  std::optional<Time> stream_current_at;
  int64_t binlogs_kept_seconds = 0;  // by the server; 0: until somebody purges them
  uint64_t binlog_limit_bytes = 0;   // the server keeps so much of them; 0: no such limit
  uint64_t binlog_behind_bytes = 0;  // so much of them the stream needs, where there is a limit
  int64_t copy_number = 0;           // how often the copy has been begun anew
  // Servers that it has left for another one: what they take in since is not part of it.
  struct FormerServer {
    std::string identity;
    std::string left_at;  // the commits of it that the next one had, a GTID set
  };
  std::vector<FormerServer> former_servers;
  bool host_named = false;     // by `osc set ID host=`, alone: the operator vouches for that server
  std::string server_refused;  // why there is no server to go on with; also the migration's error
};
std::string SaveProgress(const Progress& progress);  // JSON text
Progress LoadProgress(const std::string& text);

struct Migration {
  std::string id;          // eight lower-case letters and digits
  std::string server;      // identity of the server, see mysql::ServerIdentity
  std::string connection;  // JSON of mysql::ConnectionOptions, no secret in it
  std::string database;
  std::string table;
  std::string alter;   // the clauses, as the user wrote them, or the statement
  std::string object;  // ddl::SaveObject, of one that creates or drops a table or a view, or empty
  std::string together;  // those of one name swap in one step, but who changes nothing is alone
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
  int seeded_epoch = 0;   // after so many swaps the off-stage table was last filled by a copy
  bool restored = false;  // the record is a backup's, and the server may be further on
};

// Of an object, once prepared: an IF EXISTS or IF NOT EXISTS that has found nothing to do.
bool ChangesNothing(const Migration& migration);

// A range of the copy that has been handed out and not confirmed. Bounds are SQL row literals.
struct Chunk {
  uint64_t number = 0;
  std::string low;   // exclusive; empty: from the beginning
  std::string high;  // inclusive
};

struct Intent {
  int64_t number = 0;
  std::string migration_id;
  std::string command;       // see RefuseCommand
  std::string arguments;     // JSON object
  std::optional<bool> done;  // none: open; true: done; false: failed or refused
  std::optional<StoredError> error;
};

// A row of the live table that has no place in the other one.
struct UnfitRow {
  std::string key;     // "id=5"
  std::string column;  // empty where none is to blame alone
  std::string value;   // its beginning
  std::string reason;
  std::string transaction;  // GTID, or file:offset, of the change
};

struct Event {
  Time at{};
  std::string text;
};

// The same for a migration, which knows more: what the server has done cannot be taken back.
std::optional<Refusal> RefuseCommand(std::string_view command, const Migration& migration);
// Whether the server has made the change itself.
bool IsDoneByServer(const Migration& migration);

}  // namespace osc::state
