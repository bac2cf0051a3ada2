#include "shadow/open_transactions.h"

namespace osc::shadow {
namespace {

using Transactions = std::map<uint64_t, OpenTransaction>;

constexpr unsigned kNotInUtf8mb3 = 3854;

// connection, beginning, seconds, whether it keeps a snapshot.
Transactions Read(mysql::Connection& connection, const std::string& sql) {
  Transactions open;
  auto rows = connection.Query(sql);
  while (rows.Next()) {
    open[rows.Number(0)] = {rows.Text(1), rows.Number(2), rows.Number(3) != 0};
  }
  return open;
}

// nullopt: it is off, or not to be read by this user.
std::optional<Transactions> FromPerformanceSchema(mysql::Connection& connection) {
  try {
    const auto is_on = connection.QueryValue(
        "SELECT @@global.performance_schema AND (SELECT MIN(ENABLED='YES') FROM "
        "performance_schema.setup_consumers WHERE NAME IN ('events_transactions_current', "
        "'global_instrumentation', 'thread_instrumentation')) AND (SELECT ENABLED='YES' FROM "
        "performance_schema.setup_instruments WHERE NAME='transaction')");
    if (is_on != "1") return std::nullopt;
    return Read(connection,
                "SELECT t.PROCESSLIST_ID, e.EVENT_ID, COALESCE(e.TIMER_WAIT, 0) DIV 1000000000000, "
                "e.ISOLATION_LEVEL<=>'REPEATABLE READ' AND e.AUTOCOMMIT='NO' FROM "
                "performance_schema.events_transactions_current e JOIN performance_schema.threads "
                "t ON t.THREAD_ID=e.THREAD_ID WHERE e.STATE='ACTIVE' AND t.PROCESSLIST_ID>0");
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnectionLost) throw;
    return std::nullopt;
  }
}

// InnoDB shows their beginnings in the system's time zone.
std::optional<Transactions> FromInnoDb(mysql::Connection& connection) {
  try {
    return Read(connection,
                "SELECT trx_mysql_thread_id, trx_started, GREATEST(0, TIMESTAMPDIFF(SECOND, "
                "trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM'))), "
                "trx_isolation_level='REPEATABLE READ' AND NOT trx_autocommit_non_locking FROM "
                "information_schema.INNODB_TRX WHERE trx_mysql_thread_id>0");
  } catch (const Error& error) {
    if (error.server_errno() != kNotInUtf8mb3) throw;
    return std::nullopt;
  }
}

}  // namespace

std::optional<Transactions> ListTransactions(mysql::Connection& connection) {
  if (!connection.server().IsMariaDb()) {
    if (auto open = FromPerformanceSchema(connection)) return open;
  }
  return FromInnoDb(connection);
}

}  // namespace osc::shadow
