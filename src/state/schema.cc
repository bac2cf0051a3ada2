#include "src/state/schema.h"

#include <array>
#include <string>

#include "src/base/error.h"

namespace osc::state {
namespace {

constexpr int kApplicationId = 0x6f736331;  // "osc1"

// Step i brings version i to i + 1. A step that has been released is never changed. Times are
// milliseconds since 1970, UTC.
constexpr std::array<const char*, 3> kSteps{R"sql(
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
)sql"};

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
    if (!empty && Pragma(sqlite, "application_id") != kApplicationId) {
      throw Error(ErrorCode::kRefused, file + " is an SQLite file of some other program",
                  "choose another directory with --state-dir");
    }
    if (version == KnownSchemaVersion()) return;

    SQLite::Transaction transaction(sqlite, SQLite::TransactionBehavior::IMMEDIATE);
    if (Pragma(sqlite, "user_version") != version) continue;  // another process was faster
    sqlite.exec(kSteps[static_cast<size_t>(version)]);
    sqlite.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    sqlite.exec("PRAGMA user_version = " + std::to_string(version + 1));
    transaction.commit();
  }
}

}  // namespace osc::state
