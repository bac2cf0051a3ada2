// The verification of a migration as the conductor sees it: asked for, under way, its verdict. The
// verdict is in the store before anybody acts on it.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "shadow/pace.h"
#include "shadow/tables.h"
#include "shadow/verifier.h"
#include "src/apply/stream.h"
#include "src/base/error.h"
#include "src/base/wait.h"
#include "src/state/store.h"

namespace osc::inverse {

// Used by one thread; keeps references, to the stream as well.
class Inspection {
 public:
  Inspection(state::Store& store, std::filesystem::path state_directory,
             const shadow::Tables& tables, apply::Stream& stream, shadow::ChangedChunks& changed,
             shadow::Pace& pace, std::function<std::string()> throttle);
  ~Inspection();

  struct Request {
    std::optional<int64_t> intent;  // that is answered with the verdict
    bool since_last = false;        // only what the stream has changed since the last one
    bool repair = false;
    std::string
        replica;  // HOST[:PORT] to read the tables on; one that is under way stays where it is
  };
  // Begins a new one, or joins the one that is under way, which then answers this intent too. One
  // that leaves something out gives way to one that does not.
  void Ask(const Request& request);
  // Goes on with one that an earlier engine has left pending or running. Answers what has ended.
  void Step();
  // Stops it; it can go on later. Before the tables are swapped or go.
  void Stop();
  // It came to no verdict, and what it has found does not count: whoever waits for it is told.
  // hint: what to do about it, by default to ask again.
  void Abandon(const std::string& why, const std::string& hint = "");
  // It cannot be done: as good as differences.
  void GiveUp(const Error& error);

  // Whether the one under way will answer this intent.
  bool IsFor(int64_t intent);
  bool is_running() const { return thread_.joinable(); }
  // Asked for, and without a verdict.
  bool is_open();
  state::Verification verification() { return store_.GetVerification(tables_.id); }
  // Why the tables must not be swapped.
  state::StoredError Refusal();

 private:
  void Start();
  // Takes up how the thread has ended.
  void Finish();
  void Answer(const std::optional<state::StoredError>& error);

  state::Store& store_;
  const std::filesystem::path state_directory_;
  const shadow::Tables& tables_;
  apply::Stream& stream_;
  shadow::ChangedChunks& changed_;
  shadow::Pace& pace_;
  const std::function<std::string()> throttle_;
  std::unique_ptr<shadow::Verifier> verifier_;
  std::set<int64_t> joined_;  // intents besides the one in the store
  std::atomic<bool> ended_{false};
  std::optional<Error> error_;  // read after ended_
  base::Clock::time_point next_start_{};
  std::jthread thread_;
};

}  // namespace osc::inverse
