// A swap although rows have no place in the other table, because the operator accepts the loss.
//
// Under the swap's lock the held rows are put off stage as the server coerced them, and each entry
// says what became of its row. If the swap is given up, that is taken back. When the stream passes
// the swap, the table that was live follows: a row that was changed is changed there too, a row
// that was left out goes, so that each table is again the projection of the other.
#pragma once

#include <functional>
#include <string>

#include "src/apply/quarantine.h"
#include "src/mysql/connection.h"

namespace osc::apply {

// In the caller's transaction, while the stream stands still. report is given a JSON object, as one
// line of text, for each row: key, column, value, reason, transaction, outcome ("changed" or
// "left_out"), stored (the column's value now, null when left out), row (all that the live table
// has of it; bytes in hex). back: the mapping that the stream will have. A row that was changed has
// to follow in the table that was live; where a unique key of that table forbids it, or an ENUM
// lacks the member, the row is left out instead. Throws kRefused when there are more rows than are
// known one by one.
void AcceptLoss(mysql::Connection& connection, const Quarantine& quarantine, const RowMapping& back,
                const std::function<void(const std::string& line)>& report);

// Undoes it in a transaction of its own; does nothing when there is nothing to undo.
void TakeBackLoss(mysql::Connection& connection, const Quarantine& quarantine);

// In the caller's transaction, once the tables have changed places. back: the mapping that the
// stream has from now on. Forgets the quarantine. Throws kDiverged when a row in it was not
// accepted.
void SettleLoss(mysql::Connection& connection, Quarantine& quarantine, const RowMapping& back);

}  // namespace osc::apply
