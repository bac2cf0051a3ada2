// Carries out the changes of rows that have no place off stage, within one lane's transaction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/apply/quarantine.h"
#include "src/apply/row_mapping.h"
#include "src/apply/row_sql.h"
#include "src/mysql/connection.h"

namespace osc::apply {

// For one batch; keeps references.
class QuarantineWriter {
 public:
  QuarantineWriter(Quarantine& quarantine, const RowMapping& mapping, const RowSql& sql,
                   mysql::Connection& connection)
      : quarantine_(quarantine), mapping_(mapping), sql_(sql), connection_(connection) {}

  // Asks once for the rows of all these changes, which are then given to the methods below in
  // order.
  void Begin(const std::vector<const Change*>& changes);
  bool IsEmpty() const { return entries_.empty(); }

  // Whether the changed row is in quarantine.
  bool Holds(const Change& change) const;
  // Forgets what is known of the changed row, if anything: it is about to be replaced.
  void Drop(const Change& change);
  // A change of such a row. It leaves the quarantine when it fits now, or has been deleted.
  void Write(const Change& change);
  // A change that the off-stage table has just refused, with this kUnprojectable. A row whose
  // values its columns do not take may be put there only later, together with others.
  void Put(const Change& change, const Error& error);
  // Does that. False when no row had to be.
  bool PutPending();
  // Behind the last change: tries again the rows that others of the batch may have made way for,
  // and says of those that stay why. Returns whether the quarantine has changed.
  bool Finish();

 private:
  struct Row {
    Quarantine::Entry entry;
    const Change* change = nullptr;  // the last one that failed in this batch
    Error error{ErrorCode::kInternal, ""};
    bool is_pending = false;  // nothing of it is written yet
  };

  // Whether the change may wait for others like it.
  bool MayWait(const Change& change, const Error& error) const;
  void Wait(const std::string& identity, Row row, const Change& change, const Error& error);
  void HoldPending();
  void CoercePending();
  void WriteValues(const std::string& before, Row row, const Change& change);
  bool WriteHeld(const std::string& before, const Quarantine::Entry& entry, const Change& change,
                 bool coerce);
  std::string WriteHeldSql(const std::string& before, const Quarantine::Entry& entry,
                           const Change& change, bool coerce) const;
  bool Coerce(const std::string& before, Quarantine::Entry* entry, const Change& change);
  bool TryRelease(const std::string& identity, const Quarantine::Entry& entry);

  Quarantine& quarantine_;
  const RowMapping& mapping_;
  const RowSql& sql_;
  mysql::Connection& connection_;
  std::map<std::string, Row> entries_;
  std::vector<std::string> pending_;  // identities
  bool changed_ = false;
};

}  // namespace osc::apply
