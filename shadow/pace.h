// The share of the server that the copy and the verification take. As long as nobody else runs
// statements there: as many threads as the settings allow. Else as much as leaves small writes
// nearly as fast as they are without it, see PaceControl; the writes are osc's own, a row of the
// copy's record each, some forty a second while there is something to hold back.
//
// With `nice` a number it is not the server that decides: each thread rests that many times as long
// as it has worked.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "shadow/copy_record.h"
#include "shadow/pace_control.h"
#include "src/apply/stream.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"
#include "src/state/migration.h"

namespace osc::shadow {

// Thread-safe.
class Pace {
 public:
  // Writes to the migration's CopyRecord; as long as there is none nothing is held back. The stream
  // must live longer.
  Pace(mysql::ConnectionOptions server, std::string id, const mysql::TableName& live,
       const apply::Stream& stream);

  void Set(const state::Settings& settings);

  // Whether a thread, numbered from 0, may begin a piece of work; if not, it is to ask again soon.
  bool MayWork(int number);
  // Does it, and rests afterwards as much as the thread's share wants it. Throws what it throws.
  void Do(std::stop_token stop, int number, const std::function<void()>& work);
  // Of one chunk that is only read.
  std::chrono::milliseconds chunk_time() const { return chunk_time_; }
  // Of one whose rows are locked and written to the binlog: no longer than a write can wait for.
  std::chrono::milliseconds locked_chunk_time() const;
  // Whether somebody else is there who could wait.
  bool IsShared() const { return is_shared_; }

  // nullopt: nothing is held back.
  std::optional<state::Progress::Pace> status() const;

 private:
  double Share(int number) const;
  void Run(std::stop_token stop);
  void LookUntilError(std::stop_token stop);

  static constexpr double kByServer = -1;
  const mysql::ConnectionOptions server_;
  const CopyRecord record_;
  const apply::Stream& stream_;
  std::atomic<int> threads_{2};
  std::atomic<std::chrono::milliseconds> chunk_time_{std::chrono::milliseconds(200)};
  std::atomic<double> nice_{kByServer};
  std::atomic<int> working_{0};
  std::atomic<base::Clock::time_point> asked_at_{};
  std::atomic<bool> is_shared_{false};
  mutable std::mutex mutex_;  // guards the next one
  PaceControl control_;
  std::jthread thread_;  // last: uses the others
};

}  // namespace osc::shadow
