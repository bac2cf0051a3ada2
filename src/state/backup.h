// The copy of the store's file that the engine keeps beside it, for a day when the file is damaged.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

namespace osc::state {

// osc.sqlite.backup beside osc.sqlite.
std::filesystem::path BackupFile(const std::filesystem::path& file);

// Replaces the backup by what the store holds now, as a whole or not at all; on disk when it
// returns. It is marked, so that a store made of it is known to be old (Migration::restored).
// Throws SQLite::Exception or Error kBusy.
void WriteBackup(SQLite::Database& sqlite, const std::filesystem::path& file);

// What an operator can do about a damaged file: take the backup, if there is one that is whole.
std::string HowToRestore(const std::filesystem::path& file);

}  // namespace osc::state
