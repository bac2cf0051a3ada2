// Whether a server is ready for osc, as a list for people: the checks of preflight, and advice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ddl/finding.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

// Looks at the server and, when one is named, at the privileges on that database. Changes nothing
// and refuses nothing; throws only when the connection fails.
std::vector<DoctorFinding> Examine(mysql::Connection& connection,
                                   const std::optional<std::string>& database);

}  // namespace osc::ddl
