// Conducts one migration as long as nothing is lost: the stream, the copy, the swaps and what the
// operator asks for. A lost server ends it with an error; a new conductor then goes on from what
// the store and the server say.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "inverse/door.h"
#include "inverse/pace_meter.h"
#include "inverse/readiness.h"
#include "shadow/copier.h"
#include "shadow/tables.h"
#include "src/apply/copy_frontier.h"
#include "src/apply/stream.h"
#include "src/base/wait.h"
#include "src/state/store.h"

namespace osc::inverse {

// Used by one thread.
class Conductor {
 public:
  Conductor(std::filesystem::path state_directory, std::string id);
  ~Conductor();

  // Returns when the migration has reached a final state. Throws kCancelled when stopped; any other
  // error leaves the migration as the store has it: kConnectionLost and kBusy are worth another
  // try.
  void Run(std::stop_token stop);

 private:
  void Begin(std::stop_token stop);
  void StartCopy();
  void StopWork();

  // One round of the loop. False when the migration has reached a final state.
  bool Step(std::stop_token stop);
  // only_ends: nothing but what ends the migration.
  bool HandleIntents(std::stop_token stop, bool only_ends = false);
  bool HandleIntent(const state::Intent& intent);
  void StepCopy();
  void StepTowardsCutover(std::stop_token stop);
  void StepWindow(std::stop_token stop);
  bool CheckStream();
  // Tries the next swap if it is time to; answers the intent that asked for it.
  void TrySwing(std::stop_token stop);
  // True when the stream is too far behind to ask for the lock.
  bool IsBehind();
  // After the first swap: true when rows without a place in the other table forbid the next one.
  bool IsBlocked();
  void AnswerSwing(const std::optional<state::StoredError>& error);

  void Complete(const std::string& readiness, std::optional<int64_t> intent);
  void Cancel(int64_t intent);
  // Before the first swap: the migration is over, its artefacts are dropped unless a person has to
  // look at them.
  void Fail(const Error& error);
  void ApplySettings(const state::Migration& migration);
  void Report();
  std::string ThrottleReason() const;

  const std::filesystem::path state_directory_;
  const std::string id_;
  state::Store store_;
  shadow::Tables tables_;
  std::optional<Door> door_;
  std::optional<Readiness> readiness_;

  std::shared_ptr<apply::CopyFrontier> frontier_;
  std::unique_ptr<apply::Stream> stream_;
  shadow::CopyPace pace_;
  std::atomic<bool> paused_{false};
  std::atomic<std::chrono::milliseconds> max_lag_{std::chrono::milliseconds(1500)};
  std::unique_ptr<shadow::Copier> copier_;
  std::atomic<bool> copy_ended_{false};
  std::optional<Error> copy_error_;  // read after copy_ended_
  std::jthread copy_thread_;
  std::optional<binlog::Position> copied_at_;  // the binlog's end when the copy ended

  // After a restart with a stream that had stopped: the promise of a revert stays withdrawn until
  // the stream has come this far.
  std::optional<binlog::Position> distrusted_until_;

  std::optional<int64_t> swing_intent_;      // the intent that asked for a swap
  std::filesystem::path swing_loss_report_;  // and accepts a loss
  base::Clock::time_point swing_asked_at_{};
  std::optional<std::chrono::milliseconds> swing_lag_;        // of the stream then
  std::optional<std::chrono::milliseconds> swing_max_drain_;  // how long it may take to catch up
  std::optional<binlog::Position> swing_asked_up_to_;  // where the binlog ended then
  int swing_attempts_ = 0;
  base::Clock::time_point next_swing_{};
  std::string note_;
  bool stream_error_told_ = false;
  base::Clock::time_point next_report_{};
  PaceMeter meter_;
};

}  // namespace osc::inverse
