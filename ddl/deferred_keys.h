// Which keys of the altered table may be built after its rows have been copied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ddl/projection.h"
#include "ddl/table_definition.h"

namespace osc::ddl {

// The names of plain secondary keys that nothing needs before. Left out are the shared key, what
// AUTO_INCREMENT stands on, keys over expressions and generated columns, and every unique key that
// the original does not have just so: its duplicates are to be found while the rows are copied, not
// when all the work is done. So is what would stand behind another key afterwards than the server's
// own ALTER puts it. None where foreign keys need them.
std::vector<std::string> DeferrableKeys(const Projection& forward);

// "UNIQUE KEY `email` (`email`) COMMENT 'x'": as it stands in the table's create_statement. Throws
// kInternal for a key that is not there.
std::string KeyClause(const TableDefinition& table, std::string_view key);

}  // namespace osc::ddl
