// From the projection of two definitions to what the stream writes.
#pragma once

#include <vector>

#include "ddl/projection.h"
#include "src/apply/row_mapping.h"

namespace osc::shadow {

// What an INSERT into the target has to give for columns that the source does not have: the type's
// implicit default where the column is NOT NULL and has no default, as the server's own ALTER does.
std::vector<apply::RowMapping::Fill> RequiredFills(const ddl::Projection& projection);

// live, off_stage: the names under which the projection's source and target stand at that time.
apply::RowMapping MakeMapping(const ddl::Projection& projection, const mysql::TableName& live,
                              const mysql::TableName& off_stage);

}  // namespace osc::shadow
