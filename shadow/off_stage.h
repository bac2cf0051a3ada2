// Makes and removes what a migration keeps on the server: the off-stage table and the checkpoint.
#pragma once

#include <string>

#include "ddl/table_definition.h"
#include "src/apply/checkpoint.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

// An empty table with the altered definition, under the off-stage name: CREATE TABLE ... LIKE, then
// the names of CHECK constraints as ddl/check_names.h says, then the user's own ALTER with them. An
// earlier attempt's table is replaced. Returns its definition. The server's refusal of the ALTER
// comes as kRefused, with nothing left behind.
ddl::TableDefinition CreateOffStage(mysql::Connection& connection, const std::string& id,
                                    const mysql::TableName& live, const mysql::TableName& off_stage,
                                    const std::string& alter_clauses);

// Drops one table or view, if it is there. Throws kRetryable as the next one.
void DropOffStage(mysql::Connection& connection, const std::string& id,
                  const mysql::TableName& table, bool is_view);

// Drops the off-stage table, the stream's own tables and a sentry, those that are there. With
// keep_off_stage the off-stage table stays. May be repeated. Throws kRetryable when another session
// has used one of them for longer than a second: whoever comes behind the waiting DROP waits for it
// too, so it is better to give way and to try again.
void DropArtefacts(const mysql::ConnectionOptions& options, const std::string& id,
                   const mysql::TableName& live, const mysql::TableName& off_stage,
                   bool keep_off_stage);

}  // namespace osc::shadow
