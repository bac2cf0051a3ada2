// Puts events together to committed transactions.
//
// A group of events begins with its GTID event and ends with an XID event, a COMMIT or ROLLBACK
// query, an XA_PREPARE event, or, for DDL, with its one query. The events of one group follow each
// other without gaps, in one file.
//
// Owned and used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "src/binlog/event.h"
#include "src/binlog/reader.h"
#include "src/mysql/server_info.h"

namespace osc::binlog {

class TransactionBuilder {
 public:
  // with_gtids: every transaction must have a GTID; without, they are not looked at.
  TransactionBuilder(mysql::Family family, bool with_gtids, TableFilter filter,
                     RowMemory memory = {});

  // Takes the next event. Returns the transaction that it completes, without its place in the
  // file. Throws Error kDiverged for an event that cannot be carried over, kPositionLost for a
  // transaction without GTID, kInternal when rows cannot be put into a file.
  std::optional<Transaction> Add(const Event& event);

  // A new file begins: a group that has not come to its end never committed (the server died while
  // writing it), and table ids begin anew.
  void BeginFile();

 private:
  struct KnownTable {
    std::shared_ptr<const TableMap> map;  // null when the table is not wanted
    uint64_t group = 0;
  };
  // What came before it: this much of the file, and this many events in memory.
  struct Savepoint {
    std::string name;
    uint64_t spooled;
    size_t rows;
  };

  void StartGroup();
  void SetGtid(Gtid gtid);
  void AddMariaDbGtid(const Event& event);
  std::optional<Transaction> AddQuery(std::string_view body, size_t post_header_size,
                                      bool is_compressed);
  std::optional<Transaction> AddStatement(std::string_view schema, std::string_view sql);
  std::optional<Transaction> AddXaStatement(std::string_view text);
  Transaction AddXaPrepare(std::string_view body);
  std::optional<Transaction> AddPayload(std::string_view body);
  void AddTableMap(std::string_view body);
  void AddRows(const Event& event);
  uint64_t SpooledBytes() const { return current_.spool ? current_.spool->size() : 0; }
  void SpoolRows();
  void ClearRowsInMemory();
  void RollBackTo(const std::string& savepoint);
  Transaction Finish();

  const mysql::Family family_;
  const bool with_gtids_;
  const TableFilter filter_;
  const RowMemory memory_;
  std::unordered_map<uint64_t, KnownTable> tables_;
  uint64_t group_ = 0;

  // The group being read.
  bool in_group_ = false;
  bool has_begun_ = false;  // rows and statements up to a COMMIT or XID belong to it
  Transaction current_;
  size_t bytes_in_memory_ = 0;
  std::string last_schema_;
  std::vector<Savepoint> savepoints_;
};

}  // namespace osc::binlog
