// Proves that the off-stage table is the projection of the live one, and of nothing else, while
// both are written: chunk by chunk along the key, several at once. See chunk_comparison.h and
// row_settler.h for how; nothing here shares code with how the copy and the stream write values.
//
// Chunks that are done are in the store: a verifier that was interrupted goes on from there.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "shadow/chunk_queue.h"
#include "shadow/pace.h"
#include "shadow/replica.h"
#include "shadow/row_settler.h"
#include "shadow/tables.h"
#include "src/apply/stream.h"
#include "src/state/store.h"

namespace osc::shadow {

struct VerifyOptions {
  std::filesystem::path state_directory;
  Tables tables;
  int swaps = 0;  // done before: which table is live, and whether values may be older than a swap
};

class Verifier {
 public:
  // Keeps references. throttle: asked before every chunk; a reason to wait, or empty. Called by
  // several threads.
  Verifier(VerifyOptions options, apply::Stream& stream, ChangedChunks& changed, Pace& pace,
           std::function<std::string()> throttle);

  // Goes on with the verification that the store has as pending or running, and returns when its
  // verdict is in the store. One that repairs writes rows that differ anew from the live table and
  // compares them again. One with a replica reads there, see replica.h, or here with a note that
  // says why not there. Throws kCancelled, kConnectionLost, and kBusy when the stream has stopped;
  // the verification then goes on another time. kRefused, with nothing compared, when what it was
  // given as a replica is none.
  void Run(std::stop_token stop);

 private:
  class Worker;
  void NoteUnrepaired(const std::string& why);
  void TryReplica(std::stop_token stop, mysql::Connection& connection, state::Store& store,
                  const std::string& address);
  // From now on the server itself is read.
  void LeaveReplica(state::Store& store, const std::string& why);
  // Into what the store is about to be told.
  void TellReplica(state::Verification* verification);
  void Reopen(std::stop_token stop, mysql::Connection& connection, state::Store& store);
  // One of the threads, until nothing is left to compare.
  void Work(std::stop_token stop, int number);
  void RunWorkers(std::stop_token stop, state::Store& store, state::Verification verification);

  const VerifyOptions options_;
  apply::Stream& stream_;
  ChangedChunks& changed_;
  Pace& pace_;
  const std::function<std::string()> throttle_;
  bool source_is_live_ = true;
  std::unique_ptr<ComparisonSql> sql_;
  std::unique_ptr<ComparisonSql> inverse_;  // after the first swap, where values are converted

  std::unique_ptr<ChunkQueue> queue_;
  bool repair_ = false;
  apply::RowMapping mapping_;  // the stream's, for repairs
  std::atomic<uint64_t> differences_{0};
  std::mutex mutex_;
  std::string unrepaired_;  // why a row could not be repaired, the first of them; guarded by mutex_
  mysql::ConnectionOptions replica_;  // if uses_replica_
  std::atomic<bool> uses_replica_{false};
  std::string replica_note_;  // why not any more; guarded by mutex_
};

}  // namespace osc::shadow
