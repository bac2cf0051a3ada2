// The store's schema, version by version.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

namespace osc::state {

// What this program writes; PRAGMA user_version holds what a file has.
int KnownSchemaVersion();

// Brings the file from its version to KnownSchemaVersion(), each step in a transaction of its own.
// Safe when several processes do it at once. Throws kRefused when the file is newer or not ours.
//
// A backup put in the store's place becomes the store: what it says of unfinished migrations is
// marked as `restored`, and what was asked for then is answered with a refusal.
void UpgradeSchema(SQLite::Database& sqlite, const std::string& file);

void MarkAsBackup(const std::string& file);

}  // namespace osc::state
