// Going on with a migration on a server that has taken over from the one it ran on.
//
// All that says what has been applied is replicated with the tables: the lanes' checkpoints, the
// quarantine, the record of the copy, and the swaps in the binlog. A replica that lacks the latest
// commits is therefore consistent in itself: it lacks what osc has written on from them as well.
// The store, which may be ahead of it then, is put back to what the new server knows.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "shadow/copy_record.h"
#include "shadow/tables.h"
#include "src/binlog/gtid_set.h"
#include "src/binlog/position.h"
#include "src/mysql/connection.h"
#include "src/state/store.h"

namespace osc::inverse {

// Used by one thread, while nothing of the migration runs; keeps references.
class Takeover {
 public:
  // tables: with a connection to the new server, and the identity of the former one.
  Takeover(state::Store& store, const shadow::Tables& tables) : store_(store), tables_(tables) {}

  // Throws kRefused when nothing can be run on this server, whatever it has.
  void RequireSettings();
  // Writes nothing. Throws kRefused or kDiverged when this is no server to go on with, and kBusy
  // when it cannot be told yet. It is one when it has the migration's tables and every commit that
  // has been seen on the former server. Without the latest of these it has to be one that the
  // applications have gone on with, or that the operator has named; never one that has been left
  // for another before. And what it has written by itself before it went on with the former one's
  // commits must not concern the tables.
  void RequireFit(std::stop_token stop);
  // Puts the store back to what the server knows, and makes it the migration's server. May be
  // repeated.
  void Run(std::stop_token stop);
  // Remembers the former server as such. Run() does it by itself.
  void Leave();

 private:
  bool IsPrepared() const;
  void RequireTables(std::stop_token stop, mysql::Connection& connection);
  void ReseedFromTheBeginning();
  // What is known to have been committed on the former server.
  binlog::GtidSet Seen(mysql::Connection& connection);
  void RequireNoOwnPast(std::stop_token stop, mysql::Connection& connection,
                        const binlog::GtidSet& seen);
  void RequireCommits(mysql::Connection& connection, const binlog::GtidSet& seen);
  void AgreeWithServer(std::stop_token stop);
  // After a swap: a reseed that is under way, or was lost with the former server.
  void AgreeOnReseed(mysql::Connection& connection, int swaps,
                     const std::optional<shadow::CopyRecord::Content>& record);

  state::Store& store_;
  const shadow::Tables& tables_;
  // Of RequireFit.
  std::optional<binlog::Position> checkpoint_;
  bool begins_anew_ = false;
  bool reseeds_ = false;  // from the beginning, whatever the server has
};

}  // namespace osc::inverse
