// Brings rows of the off-stage table to the live table's present state, for the case that the copy
// is ahead of the stream and two rows seem to want the same unique value. Only before the first
// swap, when nothing is preserved yet; later events then replay onto the newer rows.
#pragma once

#include <string>
#include <vector>

#include "src/apply/row_mapping.h"
#include "src/apply/row_sql.h"
#include "src/mysql/connection.h"

namespace osc::apply {

// Takes the changed row and every off-stage row that is in its way, deletes them and copies them
// anew with a locking read, all in the caller's transaction. Throws kUnprojectable when the rows as
// they stand in the live table at this moment break a unique key of the new definition: then the
// duplicate is real, and the message names the other rows.
void Resync(mysql::Connection& connection, const RowMapping& mapping, const RowSql& sql,
            const Change& change);

// The keys of off-stage rows that hold a unique value of the live row with this key. Keys are
// literals, one for each of RowMapping::key.
std::vector<std::vector<std::string>> RowsInTheWay(mysql::Connection& connection,
                                                   const RowMapping& mapping,
                                                   const std::vector<std::string>& key);

}  // namespace osc::apply
