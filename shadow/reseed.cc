#include "shadow/reseed.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ddl/table_definition.h"
#include "shadow/names.h"
#include "shadow/off_stage.h"
#include "src/apply/checkpoint.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"
#include "src/binlog/reader.h"
#include "src/mysql/table_exists.h"

namespace osc::shadow {
namespace {

void RequireDefinition(mysql::Connection& connection, const mysql::TableName& table,
                       const ddl::TableDefinition& expected) {
  const auto essence = [](const ddl::TableDefinition& definition) {
    const auto json = nlohmann::json::parse(ddl::SaveDefinition(definition));
    // In any order: those that were built after the copy may stand behind others.
    std::vector<nlohmann::json> keys = json.at("keys");
    std::sort(keys.begin(), keys.end());
    return nlohmann::json{json.at("engine"), json.at("columns"), keys};
  };
  if (mysql::TableExists(connection, table) &&
      essence(ddl::ReadTableDefinition(connection, table)) == essence(expected)) {
    return;
  }
  throw Error(ErrorCode::kRefused,
              mysql::Quote(table) +
                  " is not the table that the migration has made: it is missing, "
                  "or its definition has been changed",
              "only `osc complete` is left, with --keep-table to keep the other table");
}

}  // namespace

void CheckReseed(const Tables& tables, int swaps_done) {
  const bool on_new = swaps_done % 2 == 1;
  auto connection = mysql::Connection::Open(tables.connection);
  RequireDefinition(connection, tables.live,
                    on_new ? tables.forward.target : tables.forward.source);
  RequireDefinition(connection, tables.off_stage,
                    on_new ? tables.forward.source : tables.forward.target);
}

void PrepareReseed(const Tables& tables, int swaps_done, int lanes) {
  auto connection = mysql::Connection::Open(tables.connection);
  connection.Execute("SET lock_wait_timeout=1");
  DropArtefacts(tables.connection, tables.id, tables.live, tables.off_stage, true);
  OSC_FAULT_POINT("reseed.dropped");
  connection.Execute("TRUNCATE TABLE " + mysql::Quote(tables.off_stage) + " /* " +
                     apply::Marker(tables.id, "reseed") + " */");
  connection.Execute("CREATE TABLE /* " + apply::Marker(tables.id, "reseed") + " */ " +
                     mysql::Quote(HandedOverName(tables.id, tables.live)) + " LIKE " +
                     mysql::Quote(tables.live));
  OSC_FAULT_POINT("reseed.emptied");
  const apply::CheckpointTable checkpoint(CheckpointName(tables.id, tables.live),
                                          apply::Marker(tables.id, "checkpoint"));
  checkpoint.Create(connection, binlog::CurrentPosition(connection), lanes, swaps_done);
  OSC_FAULT_POINT("reseed.prepared");
}

void FinishReseed(const Tables& tables) {
  auto connection = mysql::Connection::Open(tables.connection);
  connection.Execute("DROP TABLE IF EXISTS /* " + apply::Marker(tables.id, "drop") + " */ " +
                     mysql::Quote(HandedOverName(tables.id, tables.live)));
}

std::vector<std::string> LostColumns(const Tables& tables, int swaps_done) {
  const ddl::Projection projection =
      swaps_done % 2 == 1 ? ddl::Invert(tables.forward) : tables.forward;
  std::vector<std::string> columns;
  for (const size_t column : projection.preserved) {
    columns.push_back(projection.target.columns[column].name);
  }
  return columns;
}

}  // namespace osc::shadow
