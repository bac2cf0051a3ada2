// The state of every migration, in one SQLite file of the state directory (WAL, synchronous=FULL,
// versioned schema). The engine and every command open it; what a command wants is an intent row,
// what the engine does are the rows the command then follows.
//
// A Store belongs to one thread; each thread opens its own. Each method is one SQLite transaction
// that has happened when it returns. Progress, unfit rows and chunks do not wait for the disk: they
// outlive the process, and become safe from a power cut, in order, with the next of the other
// writes. Errors: kRefused for a newer schema or an unusable directory or file (the hint says what
// to do), kBusy when another process holds the file for too long.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/state/migration.h"

namespace osc::state {

class Store {
 public:
  // Creates the directory (mode 0700) and the file when they are missing.
  static Store Open(const std::filesystem::path& directory);
  Store(Store&&) noexcept;
  ~Store();

  // A new migration with a fresh id, state queued. Throws kRefused when an unfinished migration of
  // this server and table exists, naming it and what to do: checked and inserted in one
  // transaction.
  Migration Create(Migration migration);
  // Throws what Create would throw for this table.
  void RequireNoUnfinished(const std::string& server, const std::string& database,
                           const std::string& table);
  std::vector<Migration> List();  // oldest first
  // The ids of migrations in no final state, oldest first: cheap enough to ask many times a second.
  std::vector<std::string> Unfinished();
  // By id or unique prefix; throws kNotFound, or kInvalidArgument for an ambiguous prefix.
  Migration Find(const std::string& id_prefix);
  Migration Get(const std::string& id);
  // True when something has been written by another connection since the last call (since Open, at
  // the first).
  bool HasChanged();
  // Reads the whole file; throws kRefused when it is damaged. The engine does it once at its start.
  void CheckIntegrity();

  void SetState(const std::string& id, MigrationState state);
  void SetPrepared(const std::string& id, const std::string& old_definition,
                   const std::string& new_definition, const std::string& notes,
                   const std::string& revert_defaults);
  void SetFailed(const std::string& id, MigrationState state, const StoredError& error);
  void SetError(const std::string& id, const std::optional<StoredError>& error);
  void SetPaused(const std::string& id, bool paused);
  void SetCutoverAsked(const std::string& id);
  void SetKeepTable(const std::string& id, bool keep);
  void SetSettings(const std::string& id, const Settings& settings);
  void SetExpiry(const std::string& id, const std::optional<Time>& expires_at);

  // The migration is over: its final state, no more expiry, and the intent that asked for it, if any,
  // is done.
  void End(const std::string& id, MigrationState state, const std::optional<int64_t>& intent);

  Progress GetProgress(const std::string& id);
  void SetProgress(const std::string& id, const Progress& progress);

  // Replaces all that is kept of this migration. They outlive the process, like progress.
  void SetUnfitRows(const std::string& id, const std::vector<UnfitRow>& rows);
  std::vector<UnfitRow> UnfitRows(const std::string& id, size_t limit);

  // Swaps. RecordSwapIntent is written before the server is touched; FinishSwap sets outcome, state
  // and live table in one transaction; DropSwapIntent says that it did not happen.
  Swap RecordSwapIntent(const std::string& id, const std::string& direction,
                        const std::string& intent);
  void SetFreezePoint(const std::string& id, int number, const std::string& freeze_point);
  void FinishSwap(const std::string& id, const Swap& swap, MigrationState state, LiveTable live,
                  const std::optional<Time>& expires_at);
  void DropSwapIntent(const std::string& id, int number);
  std::vector<Swap> Swaps(const std::string& id);       // done ones
  std::optional<Swap> OpenSwap(const std::string& id);  // the intent without outcome, if any

  // The copy. `watermark`: upper bound of the last chunk handed out; together with the outstanding
  // chunks it says what is left to do.
  struct CopyState {
    std::string watermark;  // SQL row literal; empty before the first chunk
    bool all_handed_out = false;
    uint64_t next_number = 1;
    uint64_t rows_copied = 0;
    std::vector<Chunk> outstanding;
  };
  CopyState GetCopyState(const std::string& id);
  void HandOutChunk(const std::string& id, const Chunk& chunk, bool last);
  void FinishChunk(const std::string& id, uint64_t number, uint64_t rows);

  int64_t AddIntent(const std::string& id, const std::string& command,
                    const std::string& arguments);
  std::vector<Intent> OpenIntents(const std::string& id);
  Intent GetIntent(int64_t number);
  void FinishIntent(int64_t number, const std::optional<StoredError>& error);

  // A line of history for people; newest last.
  void AddEvent(const std::string& id, const std::string& text);
  std::vector<Event> Events(const std::string& id);

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace osc::state
