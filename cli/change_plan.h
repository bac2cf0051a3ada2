// From the command line to a checked plan, as alter and plan both need it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "cli/context.h"
#include "ddl/preflight.h"
#include "src/mysql/connection.h"
#include "src/state/store.h"

namespace osc::cli {

struct CheckedChange {
  ddl::ChangePlan plan;
  std::string server;       // mysql::ServerIdentity
  std::string server_name;  // "MariaDB 10.11.6"
};

// Parses the change, connects and runs the preflight. Keeps context.stage. Throws what those throw,
// and kRefused when `store` has an unfinished migration of the table, or --require-revertible was
// given and a revert may lose something.
CheckedChange CheckChange(Context& context, std::optional<state::Store>& store);

// What a person should know before it runs: revert notes and warnings, a line each.
std::vector<std::string> Cautions(const ddl::ChangePlan& plan);

std::string PlanText(const CheckedChange& change);
nlohmann::ordered_json PlanJson(const CheckedChange& change);

}  // namespace osc::cli
