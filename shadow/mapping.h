// From the projection of two definitions to what the stream writes.
#pragma once

#include <vector>

#include "ddl/projection.h"
#include "ddl/revert_default.h"
#include "src/apply/row_mapping.h"

namespace osc::shadow {

// live, off_stage: the names under which the projection's source and target stand at that time.
// Columns that only the target has, NOT NULL without a default, get their value from `values`, else
// the type's implicit default, as from the server's own ALTER.
apply::RowMapping MakeMapping(const ddl::Projection& projection, const mysql::TableName& live,
                              const mysql::TableName& off_stage,
                              const std::vector<ddl::RevertDefault>& values = {});

}  // namespace osc::shadow
