// Conducts one migration as long as nothing is lost: the stream, the copy, the swaps and what the
// operator asks for. A lost server ends it with an error; a new conductor then goes on from what
// the store and the server say.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "inverse/binlog_watch.h"
#include "inverse/door.h"
#include "inverse/hook.h"
#include "inverse/inspection.h"
#include "inverse/pace_meter.h"
#include "inverse/readiness.h"
#include "inverse/together.h"
#include "shadow/copier.h"
#include "shadow/instant_alter.h"
#include "shadow/open_snapshots.h"
#include "shadow/pace.h"
#include "shadow/table_claim.h"
#include "shadow/tables.h"
#include "shadow/throttle.h"
#include "src/apply/copy_frontier.h"
#include "src/apply/stream.h"
#include "src/base/wait.h"
#include "src/state/store.h"

namespace osc::inverse {

// Used by one thread.
class Conductor {
 public:
  Conductor(std::filesystem::path state_directory, std::string id, Describe describe);
  ~Conductor();

  // Returns when the migration has reached a final state. Throws kCancelled when stopped; any other
  // error leaves the migration as the store has it: kConnectionLost and kBusy are worth another
  // try.
  void Run(std::stop_token stop);

 private:
  // Finds the primary among the migration's hosts and claims the table there. On another server
  // than before it first makes sure that this one can be gone on with.
  void FindServer(std::stop_token stop);
  // `osc set ID host=...`, which must be heard while no server can be reached. True when the intent
  // was one, and is answered.
  bool TakeHosts(const state::Intent& intent);
  // All of Tables but the connection, which stays the chosen one.
  void LoadTables();
  // Goes on on another server than before. Throws kRefused, kDiverged and kBusy when it is none to
  // go on with.
  void TakeOver(std::stop_token stop);
  // It is none to go on with, but the operator wants all to be copied anew from what it
  // has. False when nobody does, or it cannot be done there.
  bool CopiesAnewThere();
  // That a server is refused is shown wherever the promise of a revert is.
  void NoteRefusedServer(const Error& error);
  void ForgetRefusedServer();
  // By which a server is known again before there is a stream.
  void NoteFirstPosition();
  // Before a swap: the server takes writes, and no other of the hosts does. Throws kBusy.
  void RequireOnlyPrimary();
  // Brings a record that was restored from a backup up to what the server says. False when the
  // migration has ended meanwhile.
  bool CompareWithServer(std::stop_token stop);
  void Begin(std::stop_token stop);
  // The copy, or the indexes after it. HasCopyEnded() tells when it is done.
  void StartCopying(std::function<void(std::stop_token)> work);
  void StopWork();

  // The server makes the change itself; see conductor_instant.cc. False when osc is to make it.
  bool ChangeInstantly(std::stop_token stop);
  // False when the server does not: see GiveInstantUp.
  bool PrepareInstant();
  // Takes osc's own way where the operator leaves the choice, and returns false. Throws kRefused.
  bool GiveInstantUp(const std::string& reason);
  // One attempt, or why there was none. False as in PrepareInstant.
  bool TryInstant(std::stop_token stop);
  // Finds out what became of an attempt that nobody saw to its end. True when it was done.
  bool SettleInstant(std::stop_token stop);
  void FinishInstant(state::Swap swap);
  shadow::InstantAlter InstantPlan();

  // One round of the loop. False when the migration has reached a final state.
  bool Step(std::stop_token stop);
  // only_first: nothing but what needs no stream.
  bool HandleIntents(std::stop_token stop, bool only_first = false);
  bool HandleIntent(const state::Intent& intent);
  // Throws kRefused for a moment that has passed.
  void RequireFuture(state::Time expires_at) const;
  void WaitForEnd(const state::Intent& intent, const state::Migration& migration);
  // Throws kRefused when the user may not end sessions.
  void RequireKillPrivilege();
  void SetForce();
  void SetPaused(bool paused, bool stream);
  // Throws the copy's error when it is worth another try; any other is left in copy_error_.
  bool HasCopyEnded();
  void StepCopy();
  // The state after the copy.
  state::MigrationState AfterCopy();
  void StepIndexing();
  void StepTowardsCutover(std::stop_token stop);
  // The stream has come up to the copy's end, and the tables are verified.
  bool AreTablesEqual();
  // Once the copy has ended: up to where the stream has to come, and who is to be waited for.
  void NoteCopied();
  // Whether a transaction is open that would see only a part of the copy; says so.
  bool WaitsForSnapshots();
  // True when the tables are proven equal, or the operator does not want it to be proven.
  bool IsVerified();
  // It is not, and the operator wants the swap all the same.
  void NoteUnverified();
  void StepWindow(std::stop_token stop);
  bool CheckStream();
  // The stream has shown that it can go on after it had stopped.
  void Trust();
  // A swap that the operator has asked this migration for, or one that goes with it.
  void BeginSwing(const Together::Wish& wish);
  // Takes up what one of those has been asked for with which it goes together, and what has become
  // of what it was asked for itself.
  void FollowOthers();
  // True when not all of those are ready for the swap.
  bool WaitsForOthers(std::stop_token stop);
  bool IsSwingAsked() const { return swing_intent_ || joins_; }
  // From 1; the next one.
  int SwapNumber();
  // Tries the next swap if it is time to; answers the intent that asked for it.
  void TrySwing(std::stop_token stop);
  // True while the operator's program for it runs, or when that has stopped it.
  bool WaitsForHook();
  void StopForHook(int number, const std::string& name, const std::string& failure);
  // True when the stream is too far behind to ask for the lock.
  bool IsBehind();
  // After the first swap: true when rows without a place in the other table forbid the next one.
  bool IsBlocked();
  void AnswerSwing(const std::optional<state::StoredError>& error);
  // What has become of a swap that others make with it.
  void TellOthers(const std::optional<state::StoredError>& error);

  // Copying anew; see conductor_reseed.cc.
  void CopyAnew(state::MigrationState state);
  // What only the off-stage table has is not given up for nothing. Throws kRefused.
  void RequireStopped(bool accept_loss);
  bool HadStopped();
  void PrepareReseed();
  void StepReseed();
  void TellReseedError();
  // What is left to do for a stream that has lost its place, behind what the error says.
  std::string LostHint(const Error& error);
  std::string LostColumns();  // "title, nick"; empty when there are none
  bool IsOver();              // or on its way there: nothing but the end is left to do
  // By this machine's clock and by the server's.
  bool HasWindowEnded();
  // Decides it: from here on nothing can be swapped any more, and a later conductor goes on with
  // the end. Run() then drops the tables.
  void BeginEnd(state::MigrationState state, const std::string& readiness);
  // Before the first swap: the migration is over, its tables are dropped unless a person has to
  // look at them.
  void Fail(const Error& error);
  // In an ending state: drops the tables, as soon as nobody else uses them.
  void FinishEnd(std::stop_token stop);
  void WaitBeforeDrop(std::stop_token stop, const Error& error, int attempt);
  void ApplySettings(const state::Migration& migration);
  // Reads what has been written to the store: why the migration is paused, if it is.
  void ApplyPause(const state::Migration& migration);
  // What osc itself pauses, a person has to resume.
  void PauseAtCriticalLoad();
  // The copy, the indexes or a verification: what is held back when the server is busy.
  bool HasStepsToHoldBack(const state::Migration& migration);
  void Report();
  void NoteThrottle(const state::Migration& migration, state::Progress* progress);
  void TellWarnings(const state::Migration& migration, const state::Progress& progress);

  const std::filesystem::path state_directory_;
  const std::string id_;
  const Describe describe_;
  state::Store store_;
  shadow::Tables tables_;
  std::optional<shadow::TableClaim> claim_;
  std::optional<Door> door_;
  std::optional<Readiness> readiness_;
  std::optional<BinlogWatch> binlog_watch_;

  std::shared_ptr<apply::CopyFrontier> frontier_;
  std::shared_ptr<shadow::ChangedChunks> changed_chunks_;
  std::unique_ptr<apply::Stream> stream_;
  std::optional<shadow::Throttle> throttle_;  // with the stream, as the next one
  std::optional<shadow::Pace> pace_;
  std::unique_ptr<shadow::Copier> copier_;
  std::atomic<bool> copy_ended_{false};
  std::optional<Error> copy_error_;  // read after copy_ended_
  std::jthread copy_thread_;
  std::unique_ptr<Inspection> inspection_;
  bool is_building_ = false;                        // indexes; the stream stands still
  std::optional<binlog::Position> index_from_;      // the binlog's end when the copy ended
  std::optional<binlog::Position> copied_at_;       // the same when all was built
  std::optional<shadow::OpenSnapshots> snapshots_;  // of then, until they need not be waited for

  // After a restart with a stream that had stopped: the promise of a revert stays withdrawn until
  // the stream has come this far.
  std::optional<binlog::Position> distrusted_until_;

  bool begin_again_ = false;  // with a new stream
  std::optional<Error> reseed_error_;
  bool reseed_error_told_ = false;
  bool is_reseeded_ = false;
  std::optional<base::Clock::time_point> caught_up_at_;

  std::shared_ptr<Together> together_;       // with those that swap in one step; null: alone
  bool joins_ = false;                       // a swap that another one was asked for
  std::optional<int64_t> swing_intent_;      // the intent that asked for a swap
  std::filesystem::path swing_loss_report_;  // and accepts a loss
  base::Clock::time_point swing_asked_at_{};
  std::optional<std::chrono::milliseconds> swing_lag_;        // of the stream then
  std::optional<std::chrono::milliseconds> swing_max_drain_;  // how long it may take to catch up
  std::optional<binlog::Position> swing_asked_up_to_;         // where the binlog ended then
  int swing_attempts_ = 0;
  std::optional<base::Program> hook_;  // the one that runs before the next swap
  std::optional<int> hook_passed_;     // the swap that it has let pass
  base::Clock::time_point next_swing_{};
  std::string note_;
  bool stream_error_told_ = false;
  base::Clock::time_point next_report_{};
  base::Clock::time_point next_clock_look_{};
  bool clocks_told_ = false;
  PaceMeter meter_;
  std::set<std::string> told_warnings_;  // their kinds, while they last
};

}  // namespace osc::inverse
