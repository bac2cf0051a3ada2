// From the command line to a checked plan, as alter and plan both need it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "cli/alter_argument.h"
#include "cli/context.h"
#include "ddl/object_plan.h"
#include "ddl/preflight.h"
#include "ddl/server_algorithms.h"
#include "src/mysql/host_list.h"
#include "src/state/store.h"

namespace osc::cli {

struct CheckedChange {
  ddl::ChangePlan plan;                                 // of an ALTER
  std::optional<ddl::ObjectPlan> object;                // of anything else
  std::string server;                                   // mysql::ServerIdentity
  std::string server_name;                              // "MariaDB 10.11.6"
  std::vector<ddl::ServerAlgorithm> server_algorithms;  // for plan; empty where it cannot be asked
};

// The server that the options mean.
struct ServerTarget {
  mysql::ServerChoice choice;
  mysql::Connection connection;
};

// Asks for the password if it is to be asked for. Keeps context.stage.
ServerTarget ConnectToTarget(Context& context);

// Parses the change, connects and runs the preflight. Keeps context.stage. Throws what those throw,
// and kRefused when `store` has an unfinished migration of the table, or --require-revertible was
// given and a revert may lose something.
CheckedChange CheckChange(Context& context, std::optional<state::Store>& store);
// The same for a change whose table has its database, on a server that is connected to. store: may
// be null. to_be_completed: an unfinished migration of the table that will be before this one
// begins.
CheckedChange CheckChange(Context& context, ServerTarget& target, const Change& change,
                          state::Store* store, const std::string& to_be_completed = "");

// Of a statement that creates or drops a table or a view.
CheckedChange CheckObject(Context& context, ServerTarget& target, const mysql::TableName& name,
                          const ddl::ObjectStatement& statement, state::Store* store,
                          const std::string& to_be_completed);

// What a person should know before it runs: revert notes and warnings, a line each.
std::vector<std::string> Cautions(const CheckedChange& change);

std::string PlanText(const CheckedChange& change);
nlohmann::ordered_json PlanJson(const CheckedChange& change);

}  // namespace osc::cli
