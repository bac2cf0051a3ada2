// Triggers of a table that changes places. They are the application's, fire for its writes on the
// live table, and never for osc's off stage: so the off-stage table has none while osc writes to
// it. A swap creates the live table's triggers there under its lock, when nothing is left to be
// written; the RENAME takes them on stage, and those of the other table off it, in one step. There
// the stream drops them, before it writes the first row the other way round; and it drops what it
// finds each time that it starts, so that no crash and no failed attempt leaves any.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "shadow/swap.h"
#include "src/mysql/connection.h"
#include "src/mysql/triggers.h"

namespace osc::shadow {

// Of all tables of a swap, in one database. Used by one thread; keeps references to the plans.
class Triggers {
 public:
  // Finds out which tables have some. plans: of tables with a stream.
  Triggers(mysql::Connection& connection, const std::vector<const SwapPlan*>& plans);

  bool Has(const SwapPlan& plan) const { return of_.contains(&plan); }

  // Makes sure, before the lock, that the live tables' triggers can be created off stage. Throws
  // kRefused with the trigger's name and the reason; kBusy instead before the first swap, which a
  // trigger that somebody has created since shall hold up but not end.
  void Rehearse(mysql::Connection& connection);

  // Under the lock: throws kBusy when the live table has other triggers now. reader: may read it in
  // spite of the lock.
  void RequireUnchanged(mysql::Connection& reader, const SwapPlan& plan);

  // With nothing to write any more: creates the live table's triggers off stage, `x` as `x_osc`,
  // which is `x` again after the next swap.
  void Create(mysql::Connection& connection, const SwapPlan& plan);

 private:
  std::map<const SwapPlan*, std::vector<mysql::Trigger>> of_;
  std::set<std::string> taken_;  // folded names of the database's triggers
};

}  // namespace osc::shadow
