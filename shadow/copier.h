// Copies the live table's rows to the off-stage table inside the server, chunk by chunk, several at
// a time, while the stream carries the changes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "shadow/copy_record.h"
#include "shadow/key_steps.h"
#include "shadow/pace.h"
#include "shadow/range_copy.h"
#include "src/apply/copy_frontier.h"
#include "src/apply/stream.h"
#include "src/base/retry_note.h"
#include "src/base/wait.h"
#include "src/mysql/connection.h"
#include "src/state/store.h"

namespace osc::shadow {

struct CopyOptions {
  std::string id;
  std::filesystem::path state_directory;
  mysql::ConnectionOptions connection;
  RangeCopyOptions rows;
  int64_t number = 0;  // see CopyRecord
  int epoch = 0;
};

class Copier {
 public:
  // throttle: asked before every chunk; a reason to wait, or empty. Called by several threads.
  Copier(CopyOptions options, std::shared_ptr<apply::CopyFrontier> frontier, apply::Stream& stream,
         Pace& pace, std::function<std::string()> throttle);

  // Call before the stream starts: tells the frontier what an earlier run has handed out.
  void Restore();

  // Copies what is left and returns when every row has been copied. Throws kUnprojectable naming
  // the row and the reason when one does not fit; what was copied stays, and is known to the store.
  void Run(std::stop_token stop);

  struct Progress {
    uint64_t rows = 0;
    double percent = 0;    // of the key range; of the estimate where keys are no numbers
    std::string retrying;  // why a chunk is being tried again and again, else empty
  };
  // Any thread.
  Progress progress(uint64_t estimated_rows) const;

 private:
  void Work(std::stop_token stop, int worker);
  void DropForgottenRows(std::stop_token stop, mysql::Connection& connection);
  bool HandedOutAll();
  void SaveRecord(mysql::Connection& connection, state::Store& store);
  // As it does, while the worker waits.
  void Record(std::optional<state::Store>& store, std::optional<mysql::Connection>& connection);
  std::optional<state::Chunk> NextChunk(mysql::Connection& connection, state::Store& store,
                                        uint64_t rows);

  const CopyOptions options_;
  const CopyRecord record_;
  const RangeCopy ranges_;
  const KeyRange& range_;
  KeySteps steps_;  // guarded by mutex_
  const std::shared_ptr<apply::CopyFrontier> frontier_;
  Pace& pace_;
  const std::function<std::string()> throttle_;

  std::mutex mutex_;  // guards what NextChunk shares: one boundary is looked for at a time
  state::Store::CopyState state_;
  base::RetryNote retrying_;
  std::optional<uint64_t> first_order_;
  std::optional<uint64_t> last_order_;
  std::mutex record_mutex_;  // one record is written at a time
  base::Clock::time_point next_record_{};
  std::atomic<bool> is_record_old_{false};
  std::atomic<uint64_t> rows_{0};
  std::atomic<double> reached_{0};
  std::atomic<bool> finished_{false};
};

}  // namespace osc::shadow
