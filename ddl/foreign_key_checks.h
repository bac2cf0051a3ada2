// Tables with foreign keys are refused, on every server.
//
// One that others refer to: a RENAME takes their foreign keys along to the table that goes off
// stage, also with foreign_key_checks=0.
//
// One that refers to others: the off-stage table must not be bound to the parents, whose writers
// would be told of rows that the application has deleted. So a swap would have to add the foreign
// key to one table and drop the other's. On MariaDB RENAME cannot be part of LOCK TABLES (error
// 1192), and after a RENAME by itself both tables are bound for a moment, in which deleting a child
// and then its parent fails. MySQL could do all of it under LOCK TABLES; but that, like RENAME and
// the foreign key's ALTER, locks the parents as well, and the parents' own parents and children, in
// one session: a transaction that has written one of them and comes to another is ended as a
// deadlock (error 1213). LOCK TABLES does so on both families, whatever foreign_key_checks is.
//
// All seen on MySQL 9.7, MariaDB 10.11 and 11.8.
#pragma once

#include <vector>

#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::ddl {

// Refuses tables with foreign keys from or to them, also such as the account may not see: InnoDB's
// own list, which needs PROCESS, has all, and is read without waiting for a table. Throws kRefused,
// with the reason.
void RefuseForeignKeys(mysql::Connection& connection, const std::vector<mysql::TableName>& tables);

}  // namespace osc::ddl
