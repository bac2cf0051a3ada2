#include "shadow/prepare.h"

#include <algorithm>

#include "ddl/alter_statement.h"
#include "ddl/deferred_keys.h"
#include "ddl/preflight.h"
#include "shadow/deferred_indexes.h"
#include "shadow/names.h"
#include "shadow/off_stage.h"
#include "shadow/tables.h"
#include "shadow/throttle.h"
#include "src/apply/checkpoint.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"
#include "src/binlog/reader.h"

namespace osc::shadow {
namespace {

// The temporary table of the preflight says what was promised; what was made must not differ.
void RequireSameColumns(const ddl::TableDefinition& tried, const ddl::TableDefinition& made) {
  const auto same = [](const ddl::Column& one, const ddl::Column& other) {
    return one.name == other.name && one.type.text == other.type.text &&
           one.nullable == other.nullable && one.generated == other.generated;
  };
  if (std::equal(tried.columns.begin(), tried.columns.end(), made.columns.begin(),
                 made.columns.end(), same)) {
    return;
  }
  throw Error(ErrorCode::kRefused,
              "the ALTER gives " + mysql::Quote(tried.name) +
                  " other columns than on a temporary copy: " + made.create_statement,
              "use the server's own ALTER TABLE");
}

void DeferKeys(state::Store& store, mysql::Connection& connection, const Tables& tables,
               state::DeferIndexes wish) {
  const std::vector<std::string> keys = ddl::DeferrableKeys(tables.forward);
  if (keys.empty() || wish == state::DeferIndexes::kOff) return;
  const std::string reason = wish == state::DeferIndexes::kAuto ? ReasonNotToDefer(connection) : "";
  if (!reason.empty()) {
    store.AddEvent(tables.id, "indexes are built with the copy: " + reason);
    return;
  }
  DropKeys(connection, tables.id, tables.off_stage, keys);
  OSC_FAULT_POINT("prepare.keys_deferred");
  std::string names;
  for (const std::string& key : keys) names += (names.empty() ? "" : ", ") + key;
  store.AddEvent(tables.id, "indexes are built after the copy: " + names);
}

}  // namespace

void Prepare(state::Store& store, const state::Migration& migration,
             const mysql::ConnectionOptions& server) {
  Tables tables = LoadTables(migration);
  tables.connection = server;
  auto connection = mysql::Connection::Open(tables.connection);
  DropArtefacts(tables.connection, tables.id, tables.live, tables.off_stage, false);
  const ddl::ChangePlan plan = ddl::Preflight(
      connection, tables.live, ddl::ParseAlter(migration.alter), tables.revert_defaults);
  RequireMeasurable(connection, migration.settings);
  if (migration.require_revertible) ddl::RequireRevertible(plan.notes);
  try {
    const ddl::TableDefinition altered =
        CreateOffStage(connection, tables.id, tables.live, tables.off_stage, plan.alter.clauses);
    RequireSameColumns(plan.forward.target, altered);
    const ddl::TableDefinition original = ddl::ReadTableDefinition(connection, tables.live);
    tables.forward = ddl::ForwardProjection(original, altered, plan.alter);
    DeferKeys(store, connection, tables, migration.settings.defer_indexes);
    const apply::CheckpointTable checkpoint(CheckpointName(tables.id, tables.live),
                                            apply::Marker(tables.id, "checkpoint"));
    checkpoint.Create(connection, binlog::CurrentPosition(connection),
                      migration.settings.apply_lanes);
    OSC_FAULT_POINT("prepare.checkpoint_created");
    store.SetPrepared(tables.id, ddl::SaveDefinition(original), ddl::SaveDefinition(altered),
                      ddl::SaveNotes(plan.notes), ddl::SaveRevertDefaults(plan.revert_defaults));
    OSC_FAULT_POINT("prepare.recorded");
    state::Progress progress = store.GetProgress(tables.id);
    progress.rows_estimated = plan.estimated_rows;
    store.SetProgress(tables.id, progress);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConnectionLost) {
      DropArtefacts(tables.connection, tables.id, tables.live, tables.off_stage, false);
    }
    throw;
  }
}

}  // namespace osc::shadow
