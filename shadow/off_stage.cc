#include "shadow/off_stage.h"

#include "ddl/check_names.h"
#include "ddl/time_zone.h"
#include "shadow/names.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"
#include "src/mysql/triggers.h"

namespace osc::shadow {
namespace {

void DropTable(mysql::Connection& connection, const std::string& id,
               const mysql::TableName& table) {
  DropOffStage(connection, id, table, false);
}

// MySQL takes for granted that InnoDB looks at unique keys in the order of SHOW CREATE TABLE. After
// an ALTER in place InnoDB has the new ones last, and a REPLACE whose values stand on two rows may
// be answered with error 1062 (seen with 9.7.4; MariaDB 10.11 and 11.8 carry it out). A table that
// is copied has all keys in order; this one is empty still.
void KeepKeysInOrder(mysql::Connection& connection) {
  if (!connection.server().IsMariaDb()) connection.Execute("SET SESSION old_alter_table=ON");
}

}  // namespace

void DropOffStage(mysql::Connection& connection, const std::string& id,
                  const mysql::TableName& table, bool is_view) {
  try {
    connection.Execute(std::string("DROP ") + (is_view ? "VIEW" : "TABLE") + " IF EXISTS /* " +
                       apply::Marker(id, "drop") + " */ " + mysql::Quote(table));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRetryable) throw;
    throw Error(error.code(), "another session uses " + mysql::Quote(table), error.hint(),
                error.server_errno());
  }
}

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
    KeepKeysInOrder(connection);
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

void DropArtefacts(const mysql::ConnectionOptions& options, const std::string& id,
                   const mysql::TableName& live, const mysql::TableName& off_stage,
                   bool keep_off_stage) {
  auto connection = mysql::Connection::Open(options);
  connection.Execute("SET lock_wait_timeout=1");
  DropTable(connection, id, SentryName(id, live));
  OSC_FAULT_POINT("drop.sentry_dropped");
  if (keep_off_stage) {
    mysql::DropTriggers(connection, off_stage, apply::Marker(id, "trigger"));
  } else {
    DropTable(connection, id, off_stage);
  }
  OSC_FAULT_POINT("drop.off_stage_dropped");
  DropTable(connection, id, CopiedName(id, live));
  DropTable(connection, id, PreparedName(id, live));
  DropTable(connection, id, HeldOldName(id, live));
  DropTable(connection, id, HeldNewName(id, live));
  DropTable(connection, id, QuarantineName(id, live));
  DropTable(connection, id, DefaultedName(id, live));
  DropTable(connection, id, HandedOverName(id, live));
  OSC_FAULT_POINT("drop.before_checkpoint");
  DropTable(connection, id, CheckpointName(id, live));
  OSC_FAULT_POINT("drop.done");
}

}  // namespace osc::shadow
