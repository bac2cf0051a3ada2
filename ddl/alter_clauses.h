// The grammar of ALTER TABLE's clauses. Used by ParseAlter only.
#pragma once

#include "ddl/alter_statement.h"
#include "ddl/token_cursor.h"

namespace osc::ddl {

// Parses all clauses up to the end into renames, added and dropped columns. Throws kRefused for a
// clause that osc does not carry or understand.
void ParseClauses(TokenCursor& cursor, AlterStatement* alter);

}  // namespace osc::ddl
