#include "src/state/schema.h"

#include <array>
#include <string>

#include "src/base/error.h"

namespace osc::state {
namespace {

constexpr int kApplicationId = 0x6f736331;        // "osc1"
constexpr int kBackupApplicationId = 0x6f736362;  // "oscb"

// Step i brings version i to i + 1. A step that has been released is never changed. Times are
// milliseconds since 1970, UTC.
constexpr std::array<const char*, 12> kSteps{
    R"sql(
CREATE TABLE migration (
  id TEXT PRIMARY KEY,
  server TEXT NOT NULL,
  connection TEXT NOT NULL,
  database TEXT NOT NULL,
  table_name TEXT NOT NULL,
  alter_clauses TEXT NOT NULL,
  settings TEXT NOT NULL,
  state TEXT NOT NULL,
  live TEXT NOT NULL,
  paused INTEGER NOT NULL DEFAULT 0,
  cutover_asked INTEGER NOT NULL DEFAULT 0,
  keep_table INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER,
  error_code TEXT,
  error_message TEXT,
  error_hint TEXT,
  old_definition TEXT NOT NULL DEFAULT '',
  new_definition TEXT NOT NULL DEFAULT '',
  notes TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX one_unfinished_per_table ON migration (server, database, table_name)
  WHERE state NOT IN ('completed', 'cancelled', 'failed');

CREATE TABLE progress (
  migration_id TEXT PRIMARY KEY REFERENCES migration (id),
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE swap (
  migration_id TEXT NOT NULL REFERENCES migration (id),
  number INTEGER NOT NULL,
  direction TEXT NOT NULL,
  freeze_point TEXT NOT NULL DEFAULT '',
  intent TEXT NOT NULL,
  done_at INTEGER,
  lock_ms REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (migration_id, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_open_swap ON swap (migration_id) WHERE done_at IS NULL;

CREATE TABLE copy (
  migration_id TEXT PRIMARY KEY REFERENCES migration (id),
  watermark TEXT NOT NULL DEFAULT '',
  all_handed_out INTEGER NOT NULL DEFAULT 0,
  next_number INTEGER NOT NULL DEFAULT 1,
  rows_copied INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE chunk (
  migration_id TEXT NOT NULL REFERENCES migration (id),
  number INTEGER NOT NULL,
  low TEXT NOT NULL,
  high TEXT NOT NULL,
  PRIMARY KEY (migration_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE intent (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  migration_id TEXT NOT NULL REFERENCES migration (id),
  command TEXT NOT NULL,
  arguments TEXT NOT NULL,
  done INTEGER,
  error_code TEXT,
  error_message TEXT,
  error_hint TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX open_intent ON intent (migration_id) WHERE done IS NULL;

CREATE TABLE event (
  number INTEGER PRIMARY KEY,
  migration_id TEXT NOT NULL REFERENCES migration (id),
  at INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX event_of_migration ON event (migration_id);
)sql",
    R"sql(
ALTER TABLE migration ADD COLUMN require_revertible INTEGER NOT NULL DEFAULT 0;
ALTER TABLE migration ADD COLUMN revert_defaults TEXT NOT NULL DEFAULT '';
)sql",
    R"sql(
CREATE TABLE unfit_row (
  migration_id TEXT NOT NULL REFERENCES migration (id),
  number INTEGER NOT NULL,
  key TEXT NOT NULL,
  column_name TEXT NOT NULL,
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  transaction_name TEXT NOT NULL,
  PRIMARY KEY (migration_id, number)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE migration ADD COLUMN restored INTEGER NOT NULL DEFAULT 0;
)sql",
    R"sql(
CREATE TABLE verification (
  migration_id TEXT PRIMARY KEY REFERENCES migration (id),
  state TEXT NOT NULL,
  swaps INTEGER NOT NULL DEFAULT 0,
  incremental INTEGER NOT NULL DEFAULT 0,
  repair INTEGER NOT NULL DEFAULT 0,
  intent INTEGER,
  started_at INTEGER,
  finished_at INTEGER,
  elapsed_ms INTEGER NOT NULL DEFAULT 0,
  rows_estimated INTEGER NOT NULL DEFAULT 0,
  rows_per_second REAL NOT NULL DEFAULT 0,
  eta_seconds INTEGER,
  note TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE verify_chunk (
  migration_id TEXT NOT NULL REFERENCES migration (id),
  number INTEGER NOT NULL,
  backwards INTEGER NOT NULL,
  low TEXT NOT NULL,
  high TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  dirty INTEGER NOT NULL DEFAULT 0,
  rows INTEGER NOT NULL DEFAULT 0,
  matching INTEGER NOT NULL DEFAULT 0,
  missing INTEGER NOT NULL DEFAULT 0,
  extra INTEGER NOT NULL DEFAULT 0,
  different INTEGER NOT NULL DEFAULT 0,
  quarantined INTEGER NOT NULL DEFAULT 0,
  repaired INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (migration_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE difference (
  migration_id TEXT NOT NULL REFERENCES migration (id),
  number INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  column_name TEXT NOT NULL,
  live TEXT NOT NULL,
  off_stage TEXT NOT NULL,
  repaired INTEGER NOT NULL,
  PRIMARY KEY (migration_id, number)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE migration ADD COLUMN seeded_epoch INTEGER NOT NULL DEFAULT 0;
)sql",
    // Nobody has marked what was changed before.
    R"sql(
ALTER TABLE verification ADD COLUMN chunks_skipped INTEGER NOT NULL DEFAULT 0;
UPDATE verify_chunk SET dirty = 1;
)sql",
    R"sql(
ALTER TABLE verification ADD COLUMN replica TEXT NOT NULL DEFAULT '';
)sql",
    // What the ledger tables of servers hold: times in text.
    R"sql(
CREATE TABLE ledger (
  server TEXT NOT NULL,
  database TEXT NOT NULL,
  file TEXT NOT NULL,
  number INTEGER NOT NULL,
  version TEXT NOT NULL,
  description TEXT NOT NULL,
  checksum TEXT NOT NULL,
  state TEXT NOT NULL,
  migrations TEXT NOT NULL,
  steps_done INTEGER NOT NULL,
  step_begun INTEGER NOT NULL,
  as_they_are TEXT NOT NULL,
  error TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  applied_by TEXT NOT NULL,
  engine TEXT NOT NULL,
  osc_version TEXT NOT NULL,
  PRIMARY KEY (server, database, file)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE migration ADD COLUMN object TEXT NOT NULL DEFAULT '';
)sql",
    R"sql(
ALTER TABLE migration ADD COLUMN together TEXT NOT NULL DEFAULT '';
)sql",
    R"sql(
ALTER TABLE migration ADD COLUMN hooks_told TEXT NOT NULL DEFAULT '';
)sql"};

constexpr const char* kTakeBackupOver = R"sql(
UPDATE migration SET restored = 1 WHERE state NOT IN ('completed', 'cancelled', 'failed');
UPDATE verification SET state = 'stale', note = 'the state was restored from a backup meanwhile'
  WHERE state IN ('pending', 'running', 'passed');
UPDATE verify_chunk SET dirty = 1;
UPDATE intent SET done = 0, error_code = 'refused', error_hint = 'ask again',
  error_message = 'the state was restored from a backup meanwhile' WHERE done IS NULL;
)sql";

int Pragma(SQLite::Database& sqlite, const std::string& name) {
  return sqlite.execAndGet("PRAGMA " + name).getInt();
}

}  // namespace

int KnownSchemaVersion() { return static_cast<int>(kSteps.size()); }

void UpgradeSchema(SQLite::Database& sqlite, const std::string& file) {
  while (true) {
    const int version = Pragma(sqlite, "user_version");
    if (version > KnownSchemaVersion()) {
      throw Error(ErrorCode::kRefused,
                  file + " was written by a newer osc (schema version " + std::to_string(version) +
                      ", this program knows " + std::to_string(KnownSchemaVersion()) + ")",
                  "use the newer osc, or another directory with --state-dir");
    }
    const bool empty = sqlite.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
    const int application = Pragma(sqlite, "application_id");
    if (!empty && application != kApplicationId && application != kBackupApplicationId) {
      throw Error(ErrorCode::kRefused, file + " is an SQLite file of some other program",
                  "choose another directory with --state-dir");
    }
    const bool is_backup = application == kBackupApplicationId;
    if (version == KnownSchemaVersion() && !is_backup) return;

    SQLite::Transaction transaction(sqlite, SQLite::TransactionBehavior::IMMEDIATE);
    if (Pragma(sqlite, "user_version") != version ||
        Pragma(sqlite, "application_id") != application) {
      continue;  // another process was faster
    }
    if (version < KnownSchemaVersion()) {
      sqlite.exec(kSteps[static_cast<size_t>(version)]);
      sqlite.exec("PRAGMA user_version = " + std::to_string(version + 1));
      if (!is_backup) sqlite.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    } else {
      sqlite.exec(kTakeBackupOver);
      sqlite.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    }
    transaction.commit();
  }
}

void MarkAsBackup(const std::string& file) {
  SQLite::Database(file, SQLite::OPEN_READWRITE)
      .exec("PRAGMA application_id = " + std::to_string(kBackupApplicationId));
}

}  // namespace osc::state
