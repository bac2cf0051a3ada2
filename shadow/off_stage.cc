#include "shadow/off_stage.h"

#include "ddl/check_names.h"
#include "ddl/time_zone.h"
#include "shadow/names.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"

namespace osc::shadow {
namespace {

void DropTable(mysql::Connection& connection, const std::string& id,
               const mysql::TableName& table) {
  connection.Execute("DROP TABLE IF EXISTS /* " + apply::Marker(id, "drop") + " */ " +
                     mysql::Quote(table));
}

}  // namespace

ddl::TableDefinition CreateOffStage(mysql::Connection& connection, const std::string& id,
                                    const mysql::TableName& live, const mysql::TableName& off_stage,
                                    const std::string& alter_clauses) {
  DropTable(connection, id, off_stage);
  const std::string comment = " /* " + apply::Marker(id, "create") + " */ ";
  connection.Execute("CREATE TABLE" + comment + mysql::Quote(off_stage) + " LIKE " +
                     mysql::Quote(live));
  OSC_FAULT_POINT("prepare.created");
  try {
    const ddl::TableDefinition original = ddl::ReadTableDefinition(connection, live);
    const ddl::CheckNames names = ddl::NamesBeside(connection, original, off_stage.name);
    const std::string restore =
        names.Restore(ddl::ReadTableDefinition(connection, off_stage).create_statement);
    const std::string alter = "ALTER TABLE" + comment + mysql::Quote(off_stage) + " ";
    if (!restore.empty()) connection.Execute(alter + restore);
    const ddl::InServerTimeZone in_server_time_zone(connection);
    connection.Execute(alter + names.Translate(alter_clauses));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnectionLost) throw;
    DropTable(connection, id, off_stage);
    throw Error(ErrorCode::kRefused, "the server refuses the ALTER: " + error.message(),
                error.hint(), error.server_errno());
  }
  OSC_FAULT_POINT("prepare.altered");
  return ddl::ReadTableDefinition(connection, off_stage);
}

void DropArtefacts(mysql::Connection& connection, const std::string& id,
                   const mysql::TableName& live, const mysql::TableName& off_stage,
                   bool keep_off_stage) {
  DropTable(connection, id, SentryName(id, live));
  if (!keep_off_stage) DropTable(connection, id, off_stage);
  OSC_FAULT_POINT("drop.off_stage_dropped");
  DropTable(connection, id, PreparedName(id, live));
  DropTable(connection, id, HeldOldName(id, live));
  DropTable(connection, id, HeldNewName(id, live));
  DropTable(connection, id, QuarantineName(id, live));
  DropTable(connection, id, DefaultedName(id, live));
  DropTable(connection, id, CheckpointName(id, live));
}

}  // namespace osc::shadow
