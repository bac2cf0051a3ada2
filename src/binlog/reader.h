// Reads a server's binlog as whole committed transactions.
//
// One thread owns a reader. It has a connection of its own with a server id that no other replica
// uses. Start, then Next() again and again. After an Error the reader is of no more use: for
// kConnectionLost open a new one at the last position; kPositionLost (the binlog was purged) and
// kDiverged (an event that cannot be understood or is not a FULL image) are for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/binlog/position.h"
#include "src/binlog/row_image.h"
#include "src/binlog/row_spool.h"
#include "src/mysql/connection.h"

namespace osc::binlog {

// A committed transaction, or the part of it that was asked for; or a step of an XA transaction.
struct Transaction {
  // What an XA transaction writes into the binlog: its rows with kPrepare, and much later, perhaps
  // after a restart of the server, without rows, what has become of them. Both have a GTID. (MySQL
  // 9.7, MariaDB 10.11 and 11.8; with ONE PHASE it is like any other transaction.)
  enum class Xa { kNone, kPrepare, kCommit, kRollback };

  std::optional<Gtid> gtid;  // none where the server has no GTIDs
  std::string file;          // where the transaction ends
  uint64_t end_offset = 0;
  // The rows of the tables that the filter let through, in order. Of a large transaction the first
  // ones are in `spool`; RowParts takes them out together.
  std::vector<RowsEvent> rows;
  std::shared_ptr<RowSpool> spool;
  Xa xa = Xa::kNone;
  std::string xid;  // as the server writes it, for xa other than kNone
  // What the binlog has as text: DDL, TRUNCATE, and changes by a session with
  // binlog_format=STATEMENT; mostly empty. schema is the default database that it ran in. Several
  // statements of one transaction are joined by ";\n"; where the default database changes between
  // them, "USE `name`" stands between. BEGIN, COMMIT, ROLLBACK, SAVEPOINT and XA are left out.
  std::string schema;
  std::string statement;

  bool HasRows() const { return spool != nullptr || !rows.empty(); }
};

// How much of a transaction's rows is kept in memory; the others go to a file.
struct RowMemory {
  size_t bytes = 4 << 20;
  std::string directory;  // as RowSpool takes it
};

// True for the tables whose rows are wanted; asked on the reader's thread, once a statement. All
// others are passed over undecoded. Wanted tables have to be transactional (InnoDB): a transaction
// that was rolled back may stand in the binlog, and its rows are left out.
using TableFilter = std::function<bool(std::string_view database, std::string_view table)>;

class Reader {
 public:
  // Connects and asks for everything after `start`. heartbeat: how often the server wakes an idle
  // read.
  Reader(const mysql::ConnectionOptions& options, const Position& start, TableFilter filter,
         std::chrono::milliseconds heartbeat = std::chrono::milliseconds(200),
         RowMemory memory = {});
  ~Reader();

  // The next transaction, in commit order; also those without wanted rows, because they move the
  // position. nullopt after a heartbeat or when a stop is asked for (ask the token); calling again
  // goes on where it was. A stop is seen within 100 ms; a server that sends neither events nor
  // heartbeats for 15 s (2 minutes while it looks for the start) is kConnectionLost. A file for
  // rows that cannot be written is kInternal.
  std::optional<Transaction> Next(std::stop_token stop);
  // See DumpConnection.
  void LetGather(std::function<bool()> may_gather);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The server's end of the binlog now: GTIDs where it has them, file and offset always (needs
// REPLICATION CLIENT / BINLOG MONITOR).
Position CurrentPosition(mysql::Connection& connection);
// Only the GTID set (cheap, no privilege), or CurrentPosition where there are no GTIDs.
Position CurrentGtidPosition(mysql::Connection& connection);
// True when the server writes GTIDs (MariaDB: always; MySQL: gtid_mode=ON).
bool HasGtids(mysql::Connection& connection);

}  // namespace osc::binlog
