// Whether a table's triggers can stand on the table that takes its place: asked of the server, on
// an empty copy (ddl/scratch_table.h), because only the server knows what a trigger needs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ddl/name.h"
#include "ddl/table_definition.h"
#include "src/mysql/connection.h"
#include "src/mysql/triggers.h"

namespace osc::ddl {

// Creates them on an empty copy of the table after this ALTER (empty: as it is), and drops it.
// named: the table that messages tell of. Throws kRefused, with the first trigger that cannot be
// created, the reason and what to do.
void TryTriggers(mysql::Connection& connection, const TableDefinition& table,
                 const std::string& alter_clauses, const std::vector<mysql::Trigger>& triggers,
                 const mysql::TableName& named);

// The table's triggers after the ALTER, as above, and what the swap of such a table needs. Nothing
// without triggers.
void CheckTriggers(mysql::Connection& connection, const TableDefinition& original,
                   const std::string& alter_clauses);

// What each of them is called on a table beside theirs: a database has each name once.
std::vector<NameChange> RenamedTriggers(mysql::Connection& connection,
                                        const mysql::TableName& table);

// Names that triggers of the database have, folded.
std::set<std::string> TakenTriggerNames(mysql::Connection& connection, const std::string& database);

}  // namespace osc::ddl
