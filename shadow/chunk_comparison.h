// Finds the rows of a range in which two tables seem to differ: first by digests of the range, then
// of its parts, at last of the rows.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "shadow/comparison_sql.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

// Used by one thread, with its own connection. Keeps references.
class ChunkComparison {
 public:
  // converted: a name for a temporary table of this connection. catch_up: lets the stream reach
  // where the binlog ends now.
  ChunkComparison(const ComparisonSql& sql, mysql::Connection& connection,
                  mysql::TableName converted, std::function<void()> catch_up);

  struct Result {
    uint64_t rows = 0;             // of the source
    std::vector<RowKey> suspects;  // keys of rows that were not found equal
  };
  // Both sides are read as of one moment, where nothing has to be converted, in transactions that
  // end before this returns. No locks.
  Result Compare(std::stop_token stop, const KeyLiterals& low, const KeyLiterals& high);

 private:
  using Range = ComparisonSql::Range;
  struct Look {
    ComparisonSql::Digest source;
    ComparisonSql::Digest target;
    bool fits = true;  // every value of the source could be converted
    bool equal() const { return fits && source == target; }
  };
  Look LookAt(const Range& range);
  void CompareParts(std::stop_token stop, const Range& range, uint64_t rows, int depth,
                    std::vector<RowKey>* suspects);
  std::vector<RowKey> Differing(const Range& range);
  // True when every value fits.
  bool Convert(const Range& range);
  void FindUnfit(const Range& range, std::vector<RowKey>* suspects);

  const ComparisonSql& sql_;
  mysql::Connection& connection_;
  const mysql::TableName converted_;
  const std::function<void()> catch_up_;
};

// A transaction that sees both tables as of one moment; ends with it.
class Snapshot {
 public:
  explicit Snapshot(mysql::Connection& connection);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  void End();

 private:
  mysql::Connection& connection_;
  bool open_ = true;
};

}  // namespace osc::shadow
