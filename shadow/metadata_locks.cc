#include "shadow/metadata_locks.h"

namespace osc::shadow {
namespace {

std::string OwnedBy(uint64_t session) {
  return "OWNER_THREAD_ID=(SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID=" +
         std::to_string(session) + ")";
}

std::string On(const mysql::TableName& table) {
  return "OBJECT_TYPE='TABLE' AND OBJECT_SCHEMA=" + mysql::QuoteText(table.database) +
         " AND OBJECT_NAME=" + mysql::QuoteText(table.name);
}

}  // namespace

// Not joined with the threads: the one that has prepared an XA transaction may be gone.
bool IsHeldByOthers(mysql::Connection& connection, const mysql::TableName& table,
                    uint64_t session) {
  return connection
             .QueryValue("SELECT COUNT(*) FROM performance_schema.metadata_locks WHERE " +
                         On(table) +
                         " AND LOCK_STATUS='GRANTED' AND LOCK_TYPE NOT IN ('SHARED', "
                         "'SHARED_HIGH_PRIO') AND NOT " +
                         OwnedBy(session))
             .value_or("0") != "0";
}

bool IsQueuedFor(mysql::Connection& connection, const mysql::TableName& table, uint64_t session) {
  return connection
             .QueryValue("SELECT COUNT(*) FROM performance_schema.metadata_locks WHERE " +
                         On(table) + " AND LOCK_STATUS='PENDING' AND LOCK_TYPE='EXCLUSIVE' AND " +
                         OwnedBy(session))
             .value_or("0") != "0";
}

}  // namespace osc::shadow
