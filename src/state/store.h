// The state of every migration, in one SQLite file of the state directory (WAL, synchronous=FULL,
// versioned schema). The engine and every command open it; what a command wants is an intent row,
// what the engine does are the rows the command then follows.
//
// A Store belongs to one thread; each thread opens its own. Each method is one SQLite transaction
// that has happened when it returns. Progress, unfit rows and chunks do not wait for the disk: they
// outlive the process, and become safe from a power cut, in order, with the next of the other
// writes. Errors: kRefused for a newer schema or an unusable directory or file (the hint says what
// to do), kBusy when another process holds the file for too long or the disk is full.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/state/migration.h"
#include "src/state/verification.h"

namespace osc::state {

class Store {
 public:
  // Creates the directory (mode 0700) and the file when they are missing.
  static Store Open(const std::filesystem::path& directory);
  Store(Store&&) noexcept;
  ~Store();

  // A new migration, state queued, with a fresh id unless it has one. Throws kRefused when an
  // unfinished migration of this server and table exists, naming it and what to do, or one of this
  // id: checked and inserted in one transaction.
  Migration Create(Migration migration);
  // The same for several, all or none.
  std::vector<Migration> CreateAll(std::vector<Migration> migrations);
  // Throws what Create would throw for this table.
  void RequireNoUnfinished(const std::string& server, const std::string& database,
                           const std::string& table);
  std::vector<Migration> List();  // oldest first
  // Those that are swapped together with this one, itself among them, oldest first.
  std::vector<Migration> Companions(const Migration& migration);
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
  // A copy beside the file, to be offered should that be damaged one day. Throws as the others do.
  void BackUp();

  void SetState(const std::string& id, MigrationState state);
  void SetPrepared(const std::string& id, const std::string& old_definition,
                   const std::string& new_definition, const std::string& notes,
                   const std::string& revert_defaults);
  void SetFailed(const std::string& id, MigrationState state, const StoredError& error);
  void SetError(const std::string& id, const std::optional<StoredError>& error);
  void SetPaused(const std::string& id, bool paused);
  void SetCutoverAsked(const std::string& id, bool asked);
  void SetKeepTable(const std::string& id, bool keep);
  void SetSettings(const std::string& id, const Settings& settings);
  // How its server is reached, as mysql::SaveConnection gives it, and which one it is.
  void SetConnection(const std::string& id, const std::string& connection);
  void SetServer(const std::string& id, const std::string& server);
  // Its record has been compared with the server.
  void ClearRestored(const std::string& id);
  void SetExpiry(const std::string& id, const std::optional<Time>& expires_at);

  // The migration is over: its final state, no more expiry, and whoever asked for it by this
  // command has what was asked for.
  void End(const std::string& id, MigrationState state, const std::string& command);

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
  // Forgets the swaps after the first `left` ones, done or not, which the server has lost.
  void TakeBackSwaps(const std::string& id, int left, MigrationState state, LiveTable live,
                     const std::optional<Time>& expires_at);
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
  // What only the server knew: chunks that were copied since are to be copied again.
  void SetCopyState(const std::string& id, const CopyState& copy);
  // After so many swaps the off-stage table was last filled by a copy.
  // What the hooks have been told of last; JSON of whoever tells them, empty: nothing.
  std::string HooksTold(const std::string& id);
  void SetHooksTold(const std::string& id, const std::string& told);
  void SetSeededEpoch(const std::string& id, int epoch);
  // Nothing is left to copy, whatever the records of chunks say.
  void FinishCopy(const std::string& id);

  // The comparison of the two tables. Its counts are those of its chunks.
  Verification GetVerification(const std::string& id);
  VerifyState GetVerifyState(const std::string& id);  // cheap
  // A new one, from the beginning: forgets chunks and differences of the last.
  void BeginVerification(const std::string& id, const Verification& verification);
  // Goes on with the last one's chunks: those that are dirty, or were not found equal altogether,
  // are to be compared again. Sets chunks_skipped.
  void ReopenVerification(const std::string& id, Verification verification);
  // All but the counts. A change of the state is on disk when it returns.
  void SetVerification(const std::string& id, const Verification& verification);
  // The present verdict, if there is one, no longer holds.
  void MakeVerificationStale(const std::string& id, const std::string& why);
  std::vector<VerifyChunk> VerifyChunks(const std::string& id);
  // A new one, or one that is not done: from now on it is not dirty until it is marked.
  void HandOutVerifyChunk(const std::string& id, const VerifyChunk& chunk);
  // The upper part of one that is not done becomes a chunk of its own, not done either.
  void SplitVerifyChunk(const std::string& id, const VerifyChunk& lower, const VerifyChunk& upper);
  // Their rows are about to be changed. Those that are not there are left out.
  void MarkVerifyChunks(const std::string& id, const std::vector<uint64_t>& numbers);
  // differences: of this chunk; of all of them the first kMostDifferences are kept.
  static constexpr int64_t kMostDifferences = 100;
  void FinishVerifyChunk(const std::string& id, uint64_t number, const VerifyCounts& counts,
                         const std::vector<Difference>& differences);
  std::vector<Difference> Differences(const std::string& id);

  // Begins the copy anew: nothing is handed out, no error stands, nothing is paused, no cutover
  // asked for. state: preparing, or reseeding, which makes the present number of swaps the seeded
  // epoch. server: its identity.
  void CopyAnew(const std::string& id, MigrationState state, const std::string& server);

  int64_t AddIntent(const std::string& id, const std::string& command,
                    const std::string& arguments);
  std::vector<Intent> OpenIntents(const std::string& id);
  Intent GetIntent(int64_t number);
  void SetIntentArguments(int64_t number, const std::string& arguments);
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
