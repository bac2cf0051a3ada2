// Writes rows of the off-stage table anew from the live one, after they were proven to differ.
//
// The stream must neither overwrite such a row with something older nor meet it where its own next
// change does not expect it. So the live row is share-locked, and where there is none, the
// off-stage row is locked instead; then the stream has to pass the binlog's end. From then on
// nothing of this row is on its way, and nothing can come before the lock goes. An application that
// writes the same row waits so long, at most about kLongestHold; nobody else does. The live table
// is never written.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "shadow/row_settler.h"
#include "src/apply/row_mapping.h"
#include "src/apply/stream.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

// Used by one thread, on connections of its own. Keeps references.
class RowRepair {
 public:
  // mapping: the stream's, from the live table to the off-stage one. record: puts on disk what is
  // about to be committed, a line for people; called before each commit.
  RowRepair(const ComparisonSql& sql, SettleOptions options, apply::RowMapping mapping,
            apply::Stream& stream, std::function<void(const std::string&)> record);

  struct Result {
    std::vector<state::Difference> repaired;
    uint64_t extra = 0;   // of these rows: such as only the off-stage table had
    std::string failure;  // why a row of those that are left could not be repaired; the first
  };
  // Writes what is wrong, looks again, and leaves in the verdict what differs still: of a row that
  // differs only the columns that do are set, one that was missing has the defaults in columns that
  // only the off-stage table has. Rows in quarantine are left alone. Throws kCancelled and what a
  // new connection mends; then some rows may be repaired, all of them recorded.
  Result Repair(std::stop_token stop, RowSettler& settler, RowSettler::Verdict* verdict);

 private:
  enum class Attempt {
    kWritten,
    kNotNeeded,  // something else has become of the row
    kAgain,      // the stream did not come in time
  };
  Attempt RepairRow(std::stop_token stop, const RowSettler::WrongRow& row);
  Attempt Try(std::stop_token stop, mysql::Connection& connection, const RowSettler::WrongRow& row);
  bool Waits(std::stop_token stop, mysql::Connection& connection);
  std::string Update(const RowSettler::WrongRow& row) const;
  std::string Insert(const RowSettler::WrongRow& row) const;
  std::string Delete(const RowSettler::WrongRow& row) const;

  const ComparisonSql& sql_;
  const SettleOptions options_;
  const apply::RowMapping mapping_;
  apply::Stream& stream_;
  const std::function<void(const std::string&)> record_;
  const ComparisonSql::Side live_side_;
  const ComparisonSql::Side off_stage_side_;
};

}  // namespace osc::shadow
