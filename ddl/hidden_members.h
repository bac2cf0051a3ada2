// Members of ENUM and SET columns that the server does not show. Used by table_definition.cc only.
#pragma once

#include "ddl/table_definition.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

// Characters outside the Basic Multilingual Plane are shown as '?' wherever a type is printed (seen
// on MariaDB 10.11, 11.8 and MySQL 9.7). Where a member has a question mark, asks the server for
// the members' values by way of a TEMPORARY table, and puts them into the columns' types and into
// the CREATE statement. Does nothing for all other tables. Throws what the server says.
void ReadHiddenMembers(mysql::Connection& connection, TableDefinition* table);

}  // namespace osc::ddl
