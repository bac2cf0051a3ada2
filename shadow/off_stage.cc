#include "shadow/off_stage.h"

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
                                    const mysql::TableName& live,
                                    const mysql::TableName& off_stage,
                                    const std::string& alter_clauses) {
  DropTable(connection, id, off_stage);
  const std::string comment = " /* " + apply::Marker(id, "create") + " */ ";
  connection.Execute("CREATE TABLE" + comment + mysql::Quote(off_stage) + " LIKE " +
                     mysql::Quote(live));
  OSC_FAULT_POINT("prepare.created");
  try {
    connection.Execute("ALTER TABLE" + comment + mysql::Quote(off_stage) + " " + alter_clauses);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnectionLost) throw;
    DropTable(connection, id, off_stage);
    // CREATE TABLE ... LIKE gives CHECK constraints new names, because MySQL wants them unique in the
    // database (seen on 9.7).
    constexpr unsigned kNoSuchConstraint = 3940;
    constexpr unsigned kNoSuchCheck = 3821;
    const bool renamed_check = error.server_errno() == kNoSuchConstraint ||
                               error.server_errno() == kNoSuchCheck;
    throw Error(ErrorCode::kRefused, "the server refuses the ALTER: " + error.message(),
                renamed_check ? "osc cannot drop a CHECK constraint by name on MySQL yet; the table "
                                "is untouched"
                              : error.hint(),
                error.server_errno());
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
  DropTable(connection, id, CheckpointName(id, live));
}

}  // namespace osc::shadow
