#include "shadow/tables.h"

#include "ddl/alter_statement.h"
#include "ddl/preflight.h"
#include "ddl/table_definition.h"
#include "shadow/mapping.h"
#include "shadow/names.h"
#include "src/mysql/connection_json.h"

namespace osc::shadow {
namespace {

// Never an empty text, which says that nothing is prepared.
constexpr const char* kMark = "object: ";

std::string Unmarked(const std::string& text) {
  return text.substr(std::string_view(kMark).size());
}

}  // namespace

std::string MarkObject(const std::string& definition) { return kMark + definition; }

Tables LoadTables(const state::Migration& migration) {
  Tables tables;
  tables.id = migration.id;
  tables.connection = mysql::LoadConnection(migration.connection);
  tables.server_identity = migration.server;
  tables.live = {migration.database, migration.table};
  tables.off_stage = {migration.database, ddl::OffStageName(migration.id, migration.table)};
  tables.seeded_epoch = migration.seeded_epoch;
  tables.revert_defaults = ddl::LoadRevertDefaults(migration.revert_defaults);
  tables.object = ddl::LoadObject(migration.object);
  if (migration.old_definition.empty()) return tables;
  if (tables.object) {
    tables.old_object = Unmarked(migration.old_definition);
    tables.new_object = Unmarked(migration.new_definition);
  } else {
    tables.forward = ddl::ForwardProjection(ddl::LoadDefinition(migration.old_definition),
                                            ddl::LoadDefinition(migration.new_definition),
                                            ddl::ParseAlter(migration.alter));
  }
  return tables;
}

bool ChangesNothing(const Tables& tables) {
  return tables.object && tables.old_object == tables.new_object;
}

bool StandsOffStage(const Tables& tables, state::LiveTable live) {
  if (!tables.object) return true;
  if (ChangesNothing(tables)) return false;
  return !(live == state::LiveTable::kNew ? tables.old_object : tables.new_object).empty();
}

apply::StreamOptions MakeStreamOptions(const Tables& tables) {
  apply::StreamOptions options;
  options.id = tables.id;
  options.connection = tables.connection;
  options.live = tables.live;
  options.off_stage = tables.off_stage;
  options.checkpoint = CheckpointName(tables.id, tables.live);
  options.prepared = PreparedName(tables.id, tables.live);
  options.quarantine = QuarantineName(tables.id, tables.live);
  options.held_old = HeldOldName(tables.id, tables.live);
  options.held_new = HeldNewName(tables.id, tables.live);
  options.defaulted = DefaultedName(tables.id, tables.live);
  options.handed_over = HandedOverName(tables.id, tables.live);
  options.seeded_epoch = tables.seeded_epoch;
  options.forward = MakeMapping(tables.forward, tables.live, tables.off_stage);
  options.inverse = MakeMapping(ddl::Invert(tables.forward), tables.live, tables.off_stage,
                                tables.revert_defaults);
  return options;
}

std::string StreamDirection(int epoch) { return epoch % 2 == 0 ? "old-to-new" : "new-to-old"; }

}  // namespace osc::shadow
