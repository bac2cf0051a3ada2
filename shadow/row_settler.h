// Decides whether rows that were found to differ do so because the stream is on its way, or for
// good.
//
// A row is looked at again and again, on both sides as of one moment, each time after the stream
// has passed the position of the last look, until it
//   - agrees: it was on its way;
//   - differs while the binlog stands still and the stream has passed its end: then nothing is on
//     its way, and the difference is proven;
//   - has differed in kLooks looks without a change on either side. A row that goes to and fro
//     might be caught like that by chance, but not so often: the looks come at irregular times.
// What is left are rows that are written faster than the stream follows, like a counter. They never
// agree at one moment. Such a row, and only such a row, is share-locked for a moment (at most
// kLongestHold) until the stream has brought what it has; an application that writes it waits so
// long.
#pragma once

#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "shadow/comparison_sql.h"
#include "src/apply/stream.h"
#include "src/mysql/connection.h"
#include "src/state/verification.h"

namespace osc::shadow {

struct SettleOptions {
  mysql::ConnectionOptions connection;
  mysql::TableName converted;  // temporary tables for ComparisonSql, of this settler's own
  mysql::TableName converted_inverse;
  bool source_is_live = true;  // of the comparison
  mysql::TableName live;
  mysql::TableName quarantine;  // the stream's entries; need not be there
};

// Used by one thread; keeps references.
class RowSettler {
 public:
  // inverse: the same comparison the other way round, or null. A value that its own side has kept
  // from before a swap, and the other side has converted, agrees in one of the two directions.
  RowSettler(const ComparisonSql& sql, const ComparisonSql* inverse, SettleOptions options,
             apply::Stream& stream);

  struct WrongRow {
    RowKey key;
    std::string kind;                            // as in state::Difference
    std::vector<size_t> columns;                 // of ComparisonSql::columns() that differ
    std::vector<state::Difference> differences;  // what is told of it
  };
  struct Verdict {
    state::VerifyCounts counts;                  // of the suspects; rows stays 0
    std::vector<state::Difference> quarantined;  // which is no difference
    std::vector<WrongRow> wrong;
  };
  Verdict Settle(std::stop_token stop, const std::vector<RowKey>& suspects);

 private:
  using Row = ComparisonSql::Row;
  struct Look {
    std::optional<Row> source;
    std::optional<Row> target;
    bool unfit = false;           // the source has a row, which the server cannot convert
    std::string reason;           // why
    std::vector<size_t> columns;  // that differ
    bool equal() const {
      return !unfit && source.has_value() == target.has_value() && columns.empty();
    }
    std::string Signature() const;
  };
  struct Suspect {
    RowKey key;
    std::string signature;
    int looks = 0;
    int stable = 0;  // looks since anything changed
    int quiet = 0;   // of these, with nothing on its way
    int held = 0;    // times that it differed while it was held
  };
  Look LookAt(const RowKey& key);
  void CompareColumns(const RowKey& key, Look* look);
  void LookAgain(std::stop_token stop, std::vector<Suspect>* open, Verdict* verdict);
  // nullopt when the stream did not come in time.
  std::optional<Look> LookWhileHeld(std::stop_token stop, const RowKey& key);
  void Report(const Suspect& suspect, const Look& look, Verdict* verdict);
  bool IsQuarantined(const RowKey& key);

  const ComparisonSql& sql_;
  const ComparisonSql* const inverse_;
  const SettleOptions options_;
  apply::Stream& stream_;
  std::vector<std::optional<size_t>> inverse_column_;
  std::optional<mysql::Connection> connection_;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace osc::shadow
