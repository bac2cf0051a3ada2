// Writes row changes to the off-stage table, inside a transaction that the caller opens.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "src/apply/defaulted_rows.h"
#include "src/apply/quarantine.h"
#include "src/apply/row_mapping.h"
#include "src/apply/row_sql.h"
#include "src/mysql/connection.h"

namespace osc::apply {

class QuarantineWriter;

enum class WriteMode {
  // While the off-stage table is filled by a copy. The copy may be ahead of the stream or behind
  // it, nothing is preserved yet: whatever stands under the key is replaced by the after image.
  kReplace,
  // After the next swap. The off-stage table is exactly the projection of the live one at the
  // stream's position: an update or delete that finds no row, or an insert that finds one, is
  // divergence.
  // Preserved columns of a row that lives on are not touched.
  kExact,
};

// Keeps references. Several threads may write through one, each on a connection of its own.
class RowWriter {
 public:
  // quarantine: where rows go that have no place off stage; without it they are an error.
  // defaulted: what is to follow the rows with made-up values, if anything.
  RowWriter(const RowMapping& mapping, WriteMode mode, Quarantine* quarantine,
            DefaultedRows* defaulted);
  Quarantine* quarantine() const { return quarantine_; }
  DefaultedRows* defaulted() const { return defaulted_; }

  // True when changes have to be written by WriteInOrder: for their size, or because a row is in
  // quarantine.
  bool NeedsOrder(mysql::Connection& connection, const std::vector<const Change*>& changes) const;

  // Writes the net effect of the changes, row by row key, in few statements. Correct only for
  // changes without moved keys and without NeedsOrder(). Throws kUnprojectable or kDiverged (or
  // whatever the server says) with part of the work done: roll back and use WriteInOrder.
  void WriteNet(mysql::Connection& connection, const std::vector<const Change*>& changes) const;

  // Writes change after change, exactly as the source did. A row that does not fit goes to the
  // quarantine or throws kUnprojectable, a missing row throws kDiverged, both naming the row.
  // Returns whether the quarantine has changed.
  bool WriteInOrder(mysql::Connection& connection, const std::vector<const Change*>& changes) const;

 private:
  void PutUnfit(QuarantineWriter& unfit, const Change& change, const Error& error,
                const std::function<void()>& write) const;
  // In the mode kReplace, with a quarantine. `kept` has to outlive unfit->Finish().
  void WriteOrPutAside(mysql::Connection& connection, const Change& change, QuarantineWriter* unfit,
                       std::deque<Change>* kept) const;
  void WriteLarge(mysql::Connection& connection, const Change& change) const;
  void WriteOne(mysql::Connection& connection, const Change& change) const;
  void InsertOrResync(mysql::Connection& connection, const Change& change) const;
  void ExpectOne(mysql::Connection& connection, const std::string& sql, const Change& change) const;

  const RowMapping& mapping_;
  const WriteMode mode_;
  const RowSql sql_;
  Quarantine* const quarantine_;
  DefaultedRows* const defaulted_;
};

}  // namespace osc::apply
