#include "shadow/table_claim.h"

#include <chrono>
#include <string>

#include "src/mysql/host_list.h"
#include "src/mysql/named_lock.h"

namespace osc::shadow {
namespace {

mysql::ConnectionOptions WithTimeout(mysql::ConnectionOptions options) {
  options.read_timeout = std::chrono::seconds(10);
  options.idle_limit = std::chrono::seconds(30);
  return options;
}

}  // namespace

TableClaim::TableClaim(const mysql::ConnectionOptions& connection, const mysql::TableName& table)
    : connection_(mysql::Connection::Open(WithTimeout(connection))) {
  const std::string lock = mysql::LockName("osc", table.database + "." + table.name);
  if (mysql::TakeLock(connection_, lock, 1)) return;
  const std::string holder = mysql::LockHolder(connection_, lock);
  throw Error(ErrorCode::kBusy,
              "another engine is working on " + mysql::Quote(table) +
                  (holder.empty() ? "" : " (" + holder + ")"),
              "one engine only, with one state directory, may run a migration of a table");
}

void TableClaim::Check() {
  const auto now = base::Clock::now();
  if (now < next_check_) return;
  next_check_ = now + std::chrono::seconds(1);
  mysql::RequireWritable(connection_);
}

}  // namespace osc::shadow
