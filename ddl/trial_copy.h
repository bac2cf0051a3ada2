// Runs an ALTER on a TEMPORARY, empty copy of a table: the server itself says whether it can be
// done and what the result looks like, and nothing that others can see is touched.
#pragma once

#include <string>

#include "ddl/alter_statement.h"
#include "ddl/table_definition.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

// The definition after the ALTER, under the table's own name. Throws kRefused with the server's
// message when the server refuses the ALTER. The connection holds no temporary table afterwards.
TableDefinition TryAlter(mysql::Connection& connection, const TableDefinition& original,
                         const AlterStatement& alter);

// The text of a CREATE or of ALTER clauses as a temporary InnoDB table takes it: full-text keys
// become ordinary ones, options that such tables cannot have become one without effect, partitions
// go. Both servers refuse full-text keys (error 1796), partitions (1562, MariaDB 1506) and a
// compressed row format (3500, MariaDB 4047), MySQL encryption and the like (3833; seen on
// MySQL 9.7 and MariaDB 10.11).
std::string FitForTemporary(std::string_view sql, bool mariadb);

}  // namespace osc::ddl
