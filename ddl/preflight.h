// Everything that is checked before the first thing on the server is touched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ddl/alter_statement.h"
#include "ddl/check_names.h"
#include "ddl/projection.h"
#include "ddl/revert_default.h"
#include "ddl/revert_notes.h"
#include "ddl/table_definition.h"

namespace osc::ddl {

struct ChangePlan {
  AlterStatement alter;                        // without what IF EXISTS and IF NOT EXISTS leave out
  Projection forward;                          // holds both definitions
  std::vector<RevertDefault> revert_defaults;  // of every column that needs one, resolved
  std::vector<RevertNote> notes;
  // CHECK constraints that will have another name on the new table, because the server wants the
  // names unique in the database (MySQL).
  std::vector<NameChange> renamed_checks;
  // Triggers too have their names in the database, on both families.
  std::vector<NameChange> renamed_triggers;
  std::vector<std::string> warnings;  // for people: accepted, but worth knowing
  uint64_t estimated_rows = 0;
  uint64_t data_bytes = 0;  // of rows and indexes
};

// Checks server, table, privileges and the ALTER itself (on a TEMPORARY copy of the empty table, so
// that the server's own message is shown) and changes nothing. revert_defaults: those that the
// operator gave. to_be_completed: a migration of the table, by its id, that will be before this one
// begins. Throws Error kRefused, kNotFound or kInvalidArgument with one clear message and a
// hint.
ChangePlan Preflight(mysql::Connection& connection, const mysql::TableName& table,
                     const AlterStatement& alter,
                     const std::vector<RevertDefault>& revert_defaults = {},
                     const std::string& to_be_completed = "");

// The off-stage table's fixed name, `_osc_<id>_<table>`, cut to 56 of the server's 64 characters.
std::string OffStageName(const std::string& migration_id, const std::string& table);

}  // namespace osc::ddl
