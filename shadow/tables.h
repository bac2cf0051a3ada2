// The two tables of a migration and how rows go from one to the other: fixed once prepared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ddl/object_statement.h"
#include "ddl/projection.h"
#include "ddl/revert_default.h"
#include "src/apply/stream.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"
#include "src/state/migration.h"

namespace osc::shadow {

struct Tables {
  std::string id;
  mysql::ConnectionOptions connection;
  std::string server_identity;
  mysql::TableName live;
  mysql::TableName off_stage;
  ddl::Projection forward;  // old to new; none with an object
  // Of a migration that creates or drops a table or a view: no rows go from one to the other.
  std::optional<ddl::ObjectStatement> object;
  std::string old_object;  // ddl::DefinitionOf, before and after; the same where nothing changes
  std::string new_object;
  int seeded_epoch = 0;                             // see apply::StreamOptions
  std::vector<ddl::RevertDefault> revert_defaults;  // those that the operator gave
};

// From what the store keeps of a prepared migration.
Tables LoadTables(const state::Migration& migration);
// An object with IF EXISTS or IF NOT EXISTS that has found nothing to do.
bool ChangesNothing(const Tables& tables);
// Whether something stands under the off-stage name.
bool StandsOffStage(const Tables& tables, state::LiveTable live);

// ddl::DefinitionOf as the store keeps it.
std::string MarkObject(const std::string& definition);
apply::StreamOptions MakeStreamOptions(const Tables& tables);

// "old-to-new" or "new-to-old", by the number of swaps that the stream has passed.
std::string StreamDirection(int epoch);

}  // namespace osc::shadow
