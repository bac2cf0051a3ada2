// The stream's position, kept in a small table beside the off-stage table so that it commits in the
// same server transaction as the rows that it covers: nothing is applied twice or left out.
//
// One row a lane. A lane's position covers every row of that lane up to there. `epoch` counts the
// swaps that the stream has passed: even, the old table is live; odd, the new one is. `owner` is
// who may write: a number that each start of a stream draws anew, so that a transaction of an
// engine that was taken for dead, or has been cut off, can no longer commit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/binlog/position.h"
#include "src/binlog/reader.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::apply {

// What one lane has applied. A transaction that is applied in parts may be half done: then the
// position ends before it, and `begun` says how many of its rows are covered too. Rows are counted
// as the source wrote them, those of other lanes among them, so that the count means the same
// however the transaction is cut.
struct LaneCheckpoint {
  struct Begun {
    std::string transaction;  // TransactionName()
    uint64_t rows = 0;
  };
  binlog::Position position;
  std::optional<Begun> begun;

  // Decode throws Error kInvalidArgument.
  std::string Encode() const;
  static LaneCheckpoint Decode(mysql::Family family, const std::string& text);
};

// Its GTID, or the file and offset where it ends.
std::string TransactionName(const binlog::Transaction& transaction);

struct Checkpoint {
  int epoch = 0;
  std::vector<LaneCheckpoint> lanes;

  // Where reading has to start: before the first row that any lane still lacks.
  binlog::Position Start() const;
};

// An UPDATE of lanes' checkpoints, to be run inside the transaction that it belongs to.
class CheckpointUpdate {
 public:
  // Throws kDiverged when another stream has claimed the table since, kBusy when the server has
  // become read-only, which binds accounts with all privileges too: the transaction must not
  // commit.
  void Run(mysql::Connection& connection) const;

 private:
  friend class CheckpointTable;
  explicit CheckpointUpdate(std::string sql) : sql_(std::move(sql)) {}
  std::string sql_;
};

class CheckpointTable {
 public:
  // name: `_osc_<id>_checkpoint` in the migrated table's database. marker: the comment that tells
  // our statements from foreign ones in the binlog.
  CheckpointTable(mysql::TableName name, std::string marker);

  const mysql::TableName& name() const { return name_; }
  // Creates the table with every lane at `start`. Leaves an existing one alone.
  void Create(mysql::Connection& connection, const binlog::Position& start, int lanes,
              int epoch = 0) const;
  void Drop(mysql::Connection& connection) const;
  // From now on only this object's updates succeed. Waits for transactions that are just committing
  // an earlier owner's. Before Load.
  void Claim(mysql::Connection& connection);
  // For a step that cannot commit with an update. Throws kDiverged as those do.
  void RequireOwned(mysql::Connection& connection) const;
  // Throws kNotFound when the table is missing, kDiverged when its rows make no sense.
  Checkpoint Load(mysql::Connection& connection) const;
  // One lane's position as it is encoded on the server. A locking read: a COMMIT of this lane whose
  // reply was lost may still be under way, and has happened or not once this returns.
  std::string LoadLane(mysql::Connection& connection, int lane) const;

  CheckpointUpdate SetLanes(const std::vector<int>& lanes, const std::string& encoded) const;
  CheckpointUpdate SetAllLanes(const std::string& encoded, int epoch) const;

 private:
  std::string OwnedOnly() const;
  std::string OwnedAndWritable() const;

  mysql::TableName name_;
  std::string marker_;
  uint64_t owner_ = 0;
};

}  // namespace osc::apply
