// Carries every commit on the live table to the off-stage table, in one direction and, once it
// meets a swap in the binlog, in the other: the same reader, the same lanes, another mapping.
//
// The swap is an event of the binlog like any other (our RENAME, known by its marker): all rows
// before it belong to the table that was live then, all after it to the other. So the turn needs no
// hand-over between two streams and happens at the same place however often it is replayed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "src/apply/applied_tracker.h"
#include "src/apply/change_observer.h"
#include "src/apply/checkpoint.h"
#include "src/apply/copy_frontier.h"
#include "src/apply/lag.h"
#include "src/apply/lane.h"
#include "src/apply/memory_budget.h"
#include "src/apply/prepared_rows.h"
#include "src/apply/quarantine.h"
#include "src/apply/row_mapping.h"
#include "src/apply/row_writer.h"
#include "src/base/retry_note.h"
#include "src/base/wait.h"
#include "src/binlog/reader.h"
#include "src/mysql/connection.h"

namespace osc::apply {

struct StreamOptions {
  std::string id;                       // of the migration; part of the markers
  mysql::ConnectionOptions connection;  // says which server it has to be
  mysql::TableName live;
  mysql::TableName off_stage;
  mysql::TableName checkpoint;
  mysql::TableName prepared;    // for rows of prepared XA transactions
  mysql::TableName quarantine;  // for rows that have no place off stage
  mysql::TableName held_old;    // these rows, in the shape of the old table
  mysql::TableName held_new;
  mysql::TableName defaulted;  // the keys of rows with values that osc has made up
  // Rows that the copy could not place, in the shape of the live table: what is inserted there is
  // the row's present state, in its place among the changes.
  mysql::TableName handed_over;
  // In this epoch the off-stage table is filled by a copy. Rows are replaced as long as it lasts:
  // nothing is preserved yet.
  int seeded_epoch = 0;
  RowMapping forward;  // old definition to new
  RowMapping inverse;  // new definition to old
  // A transaction is applied in parts of about this many bytes of row events, and its rows wait in
  // a file for its commit when they are more than row_memory. Neither changes what is applied.
  size_t part_bytes = 256 * 1024;
  binlog::RowMemory row_memory;
  // Most rows that one commit takes, of one transaction or of many: enough to spread the cost of a
  // commit, little enough to keep the lag and the row locks short.
  size_t batch_rows = 1000;
};

// The comment in our own statements on the two tables, "osc:<id>:<what>".
std::string Marker(const std::string& id, const std::string& what);
// What marks the RENAME of swap `number`, counted from 1.
std::string SwapMarker(const std::string& id, int number);

// Owned by one thread, which starts and destroys it; the const methods and the waits may be called
// from any. After an error it stands still, keeps both tables as they are and says why in status().
class Stream {
 public:
  // What the swap under way, if any, means for rows of the live table that come before its marker.
  enum class SwapPhase {
    kNone,      // they are applied
    kExpected,  // they wait until the outcome is known
    kDone,      // they were written behind the lock's back: the tables have diverged
  };

  // observer: may be null.
  Stream(StreamOptions options, std::shared_ptr<const CopyFrontier> frontier,
         std::shared_ptr<ChangeObserver> observer = nullptr);
  ~Stream();

  // Loads the checkpoint and starts reading. swaps_done: how many swaps are known to have happened;
  // the checkpoint may not have passed the last one.
  void start(int swaps_done);
  // Instead of start(): stands still from the beginning, for this reason.
  void Refuse(const Error& error);

  struct Status {
    bool running = false;
    int epoch = 0;  // swaps passed: even, the old table is live
    binlog::Position applied;
    uint64_t rows_applied = 0;
    std::chrono::milliseconds lag{0};
    std::string retrying;    // why it is trying again, empty when all is well
    uint64_t conflicts = 0;  // deadlocks and lock waits that were given up and tried again
    std::optional<Error> error;
  };
  Status status() const;

  // Reads no further, from the next commit on, until it is told to go on.
  void Pause(bool pause) { is_paused_ = pause; }
  // Paused, and all that it has read is applied.
  bool IsStill() const;

  // As long as one lives nothing is held back to be applied together with what comes next, which
  // else costs the server less. Any thread; the stream must live longer.
  class Haste {
   public:
    explicit Haste(Stream& stream);
    ~Haste() { --stream_.hasty_; }
    Haste(const Haste&) = delete;
    Haste& operator=(const Haste&) = delete;

   private:
    Stream& stream_;
  };

  // In haste. False when the deadline passes or the stream fails first; throws kCancelled.
  bool WaitUntilApplied(std::stop_token stop, const binlog::Position& position,
                        base::Clock::time_point deadline);
  // Until everything is applied off stage that the observer has been told of when this is called.
  bool WaitForNoted(std::stop_token stop, base::Clock::time_point deadline);
  // Somebody else has changed the off-stage table: rows that only another one kept from their place
  // may have it now.
  void TryDuplicatesAgain() { rows_since_release_ = true; }
  bool WaitForEpoch(std::stop_token stop, int epoch, base::Clock::time_point deadline);

  // Rows of the live table that have no place off stage; nullptr before the first swap, when there
  // is none: such a row ends the stream. Lives as long as the stream.
  Quarantine* quarantine() const { return direction().quarantine; }
  // Rows off stage with values that nobody has written; nullptr before the first swap.
  DefaultedRows* defaulted() const { return direction().defaulted; }

  // What it will apply once the tables have changed places again.
  const RowMapping& mapping_after_swap() const {
    return epoch_ % 2 == 0 ? options_.inverse : options_.forward;
  }
  // True as long as the off-stage table is one that was filled anew after a swap: then what only it
  // has (mapping().preserved) has been lost.
  bool IsReseeded() const { return epoch_ > 0 && IsSeeded(); }
  const RowMapping& mapping() const { return *direction().mapping; }

  // Before the RENAME is sent; once it is known to have failed; once it is known to have happened.
  void ExpectSwap() { swap_phase_ = SwapPhase::kExpected; }
  void ForgetSwap() { swap_phase_ = SwapPhase::kNone; }
  void ConfirmSwap(int number);

 private:
  struct Direction {
    const RowMapping* mapping;
    Quarantine* quarantine;
    DefaultedRows* defaulted;
    RowWriter writer;
  };
  struct Routed {
    Change change;
    uint64_t row = 0;  // counted through the transaction
    int lane = 0;
    bool moved = false;
    std::vector<uint64_t> values;  // hashes of the unique values that it takes or gives up
  };
  // Rows of one transaction, all or a part of them, on their way to the lanes.
  struct Route {
    const binlog::Transaction* transaction = nullptr;  // whose rows have been taken out
    uint64_t number = 0;
    uint64_t next_row = 0;  // of the transaction, behind these
    bool is_last = true;
    std::shared_ptr<RowsPart> part;
    std::string position;  // the lanes' checkpoint when these have been applied, encoded
    std::vector<Routed> rows;
    bool barrier = false;
    size_t bytes = 0;  // of memory, about
  };

  void Run(std::stop_token stop);
  void ReadUntilPause(std::stop_token stop);
  void Dispatch(std::stop_token stop, binlog::Transaction transaction);
  void HandleStatement(std::stop_token stop, const binlog::Transaction& transaction);
  void Truncate(std::stop_token stop);
  // Before the first row that is written off stage: none of them is to fire for it.
  void DropTriggers(mysql::Connection& connection);
  void ReleaseDuplicates(std::stop_token stop);
  void PassSwap(std::stop_token stop, int number);
  void DispatchRows(std::stop_token stop, const binlog::Transaction& transaction,
                    binlog::RowParts parts, const binlog::Position& before, bool ends_transaction);
  bool HandleXa(std::stop_token stop, binlog::Transaction* transaction);
  void ForgetPrepared(std::stop_token stop, const binlog::Transaction& transaction);
  void FillRoute(Route* route);
  void AddRow(const binlog::RowsEvent& event, binlog::RowImage before, binlog::RowImage after,
              Route* route);
  bool IsBeyondFrontier(const binlog::RowImage& image) const;
  void AddChange(Change change, bool moved, Route* route);
  void AddValues(const RowMapping& mapping, const Change& change, Routed* row, bool* barrier) const;
  void FindConflictsWithin(Route* route) const;
  void DropApplied(Route* route) const;
  void BeginRoute(const Route& route, int parts);
  void SendToLanes(std::stop_token stop, Route route);
  bool GoesAlone(const Route& route);
  void ApplyAlone(std::stop_token stop, Route route);
  void WaitForRivals(std::stop_token stop, const Route& route);
  void WaitForAllLanes(std::stop_token stop);
  bool AreLanesIdle() const;
  void AdvanceLanes(std::stop_token stop);
  void RunOnOwnConnection(std::stop_token stop,
                          const std::function<void(mysql::Connection&)>& work);
  // Before rows that are not applied yet. Those that a restart only reads again are no sign of a
  // write behind the lock: the drain had applied them.
  void HoldDuringSwap(std::stop_token stop);
  void NoteChanges(std::stop_token stop, const Route& route);
  bool LaneCovers(int lane, const binlog::Transaction& transaction, uint64_t row) const;
  void PassLaneStart(const binlog::Transaction& transaction);
  bool IsSeeded() const { return epoch_ == options_.seeded_epoch; }
  const Direction& direction() const;
  void Fail(const Error& error);
  // tried: for how long.
  void NoteFailure(const Error& error, base::Clock::duration tried);

  const StreamOptions options_;
  const std::shared_ptr<const CopyFrontier> frontier_;
  const std::shared_ptr<ChangeObserver> observer_;
  CheckpointTable checkpoint_;  // const once the stream has started
  PreparedRows prepared_;       // the dispatcher's own
  Quarantine old_quarantine_;
  Quarantine new_quarantine_;
  DefaultedRows old_defaulted_;
  DefaultedRows new_defaulted_;
  const Direction replace_forward_;  // epoch 0
  const Direction inverse_;          // odd epochs
  const Direction forward_;          // even epochs from 2 on
  const Direction seeded_inverse_;   // the same in the seeded epoch
  const Direction seeded_forward_;

  std::atomic<SwapPhase> swap_phase_{SwapPhase::kNone};
  std::atomic<bool> is_paused_{false};
  std::atomic<bool> is_reading_{true};
  std::atomic<int> epoch_{0};
  std::atomic<uint64_t> rows_applied_{0};
  std::atomic<uint64_t> conflicts_{0};
  std::atomic<uint64_t> noted_number_{0};  // of the last route, or statement, that was noted
  std::atomic<bool> has_started_{false};   // for those who ask while it does
  std::atomic<bool> running_{false};
  std::atomic<int> hasty_{0};  // how many are in haste
  mutable std::mutex mutex_;   // guards error_, and the turn against ConfirmSwap
  std::optional<Error> error_;
  base::RetryNote retrying_;

  // The dispatcher's own, used by its thread only.
  binlog::Position read_;                   // everything up to here has been handed to lanes
  std::vector<LaneCheckpoint> lane_start_;  // what each lane had when it started; emptied when
                                            // reading has passed them all
  uint64_t next_number_ = 1;
  struct Holder {
    int lane;
    uint64_t number;
  };
  std::unordered_map<uint64_t, Holder> value_holders_;  // who touched a unique value last
  bool rows_since_advance_ = false;
  base::Clock::time_point last_advance_{};
  std::atomic<bool> rows_since_release_{true};
  base::Clock::time_point next_release_{};
  std::optional<mysql::Connection> connection_;  // for what is not rows

  MemoryBudget budget_;  // outlives the lanes, which hold parts
  std::unique_ptr<AppliedTracker> tracker_;
  std::unique_ptr<LagSampler> lag_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Lane> alone_;  // for what all of them have to stand still for
  int routes_since_barrier_ = 0;
  std::stop_source stop_;  // not the thread's own: it may fail before start() has hold of it
  std::thread thread_;
};

}  // namespace osc::apply
