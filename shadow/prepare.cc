#include "shadow/prepare.h"

#include <algorithm>

#include "ddl/alter_statement.h"
#include "ddl/preflight.h"
#include "shadow/names.h"
#include "shadow/off_stage.h"
#include "shadow/tables.h"
#include "src/apply/checkpoint.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"
#include "src/binlog/reader.h"
#include "src/mysql/connection_json.h"

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

// Two engines with different state directories know nothing of each other; the server does.
// Released when the connection closes.
void ClaimTable(mysql::Connection& connection, const mysql::TableName& table) {
  // Lock names have at most 64 characters on MySQL.
  const auto claimed = connection.QueryValue("SELECT GET_LOCK(CONCAT('osc.', LEFT(SHA2(" +
                                             mysql::QuoteText(table.database + "." + table.name) +
                                             ", 256), 40)), 10)");
  if (claimed == "1") return;
  throw Error(ErrorCode::kRefused,
              "another osc is just preparing a change of " + mysql::Quote(table),
              "wait for it, or look at it with the other state directory");
}

}  // namespace

void Prepare(state::Store& store, const state::Migration& migration) {
  Tables tables = LoadTables(migration);
  auto connection = mysql::Connection::Open(tables.connection);
  if (mysql::ServerIdentity(connection) != migration.server) {
    throw Error(ErrorCode::kRefused, "another server answers at " + tables.connection.Describe() +
                                         " than when the migration was accepted");
  }
  ClaimTable(connection, tables.live);
  DropArtefacts(connection, tables.id, tables.live, tables.off_stage, false);
  const ddl::ChangePlan plan = ddl::Preflight(
      connection, tables.live, ddl::ParseAlter(migration.alter), tables.revert_defaults);
  if (migration.require_revertible) ddl::RequireRevertible(plan.notes);
  try {
    const ddl::TableDefinition altered =
        CreateOffStage(connection, tables.id, tables.live, tables.off_stage, plan.alter.clauses);
    RequireSameColumns(plan.forward.target, altered);
    const ddl::TableDefinition original = ddl::ReadTableDefinition(connection, tables.live);
    tables.forward = ddl::ForwardProjection(original, altered, plan.alter);
    const apply::CheckpointTable checkpoint(CheckpointName(tables.id, tables.live),
                                            apply::Marker(tables.id, "checkpoint"));
    checkpoint.Create(connection, binlog::CurrentPosition(connection),
                      migration.settings.apply_lanes);
    OSC_FAULT_POINT("prepare.checkpoint_created");
    store.SetPrepared(tables.id, ddl::SaveDefinition(original), ddl::SaveDefinition(altered),
                      ddl::SaveNotes(plan.notes), ddl::SaveRevertDefaults(plan.revert_defaults));
    state::Progress progress = store.GetProgress(tables.id);
    progress.rows_estimated = plan.estimated_rows;
    store.SetProgress(tables.id, progress);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConnectionLost) {
      DropArtefacts(connection, tables.id, tables.live, tables.off_stage, false);
    }
    throw;
  }
}

}  // namespace osc::shadow
