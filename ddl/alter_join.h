// Several ALTERs of one table as one.
#pragma once

#include "ddl/alter_statement.h"

namespace osc::ddl {

// The ALTER that does what `first` and then `second` do to the same table, their clauses side by
// side. Throws kRefused where that could mean something else: both act on one column, or on one key
// (but for a key that is dropped and then added), one names what the other renames, one sets the
// character set of new columns, or something follows PARTITION BY.
AlterStatement JoinAlters(const AlterStatement& first, const AlterStatement& second);

}  // namespace osc::ddl
