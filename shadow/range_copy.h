// How the rows of one range of the key get to the off-stage table, inside the server, whatever is
// there already or has no place there.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "ddl/projection.h"
#include "ddl/revert_default.h"
#include "shadow/chunker.h"
#include "src/apply/row_mapping.h"
#include "src/apply/stream.h"
#include "src/base/error.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

struct RangeCopyOptions {
  mysql::TableName live;
  mysql::TableName off_stage;
  ddl::Projection projection;                   // from the live table to the other
  std::vector<ddl::RevertDefault> values = {};  // for columns that nothing else fills
  // After a swap: where rows are put that have no place off stage, for the stream to deal with;
  // they are not allowed to fail what is live already. Without it such a row is an error. The
  // frontier has to be finished then.
  std::optional<mysql::TableName> hand_over = std::nullopt;
};

// Thread-safe; each thread brings a connection of its own.
class RangeCopy {
 public:
  // The stream must live longer.
  RangeCopy(RangeCopyOptions options, apply::Stream& stream);

  const KeyRange& range() const { return range_; }

  // The rows above `low` up to `high`, both of which may be empty: no bound. Returns how many were
  // written or handed over; may be called again for the same range. Throws kUnprojectable naming
  // the row and the reason when one does not fit and there is nowhere to hand it over to.
  uint64_t Copy(std::stop_token stop, mysql::Connection& connection, const KeyLiterals& low,
                const KeyLiterals& high) const;

 private:
  uint64_t CopyRange(std::stop_token stop, mysql::Connection& connection,
                     const std::string& range) const;
  uint64_t Insert(mysql::Connection& connection, const std::string& range,
                  bool over_existing) const;
  std::vector<KeyLiterals> Missing(mysql::Connection& connection, const std::string& range) const;
  void InsertMissing(std::stop_token stop, mysql::Connection& connection,
                     std::vector<KeyLiterals> missing) const;
  // A range of which some row does not fit: the smaller pieces that do, and the rest handed over.
  uint64_t CopyWhatFits(std::stop_token stop, mysql::Connection& connection, const KeyLiterals& low,
                        const KeyLiterals& high) const;
  void HandOver(mysql::Connection& connection, const std::string& range) const;
  [[noreturn]] void NameTheRow(mysql::Connection& connection, const KeyLiterals& low,
                               const KeyLiterals& high, const Error& error) const;
  Error Explain(mysql::Connection& connection, const KeyLiterals& key, const Error& error) const;
  std::string KeyCondition(const KeyLiterals& key) const;

  const RangeCopyOptions options_;
  apply::Stream& stream_;
  const KeyRange range_;
  const apply::RowMapping mapping_;
  std::string insert_;      // INSERT INTO off stage (...) SELECT ...
  std::string hand_over_;   // REPLACE INTO handed over (...) SELECT ...
  std::string do_nothing_;  // ON DUPLICATE KEY UPDATE that changes nothing
};

}  // namespace osc::shadow
