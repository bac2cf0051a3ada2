// The hosts beside the primary: what they would lack if one of them became the primary.
#pragma once

#include <vector>

#include "ddl/finding.h"
#include "src/mysql/host_list.h"

namespace osc::cli {

// A finding for each of the hosts but the chosen one, "standby db2:3306". Never a problem: the
// migration can run, though not go on there.
std::vector<ddl::DoctorFinding> CheckStandbys(const mysql::ConnectionOptions& hosts,
                                              const mysql::ServerChoice& primary);

}  // namespace osc::cli
