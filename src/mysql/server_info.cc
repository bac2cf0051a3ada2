#include "src/mysql/server_info.h"

#include <cstdio>
#include <tuple>

#include "src/base/error.h"

namespace osc::mysql {

bool ServerInfo::AtLeast(int want_major, int want_minor, int want_patch) const {
  return std::tie(major, minor, patch) >= std::tie(want_major, want_minor, want_patch);
}

std::string ServerInfo::Name() const {
  return std::string(IsMariaDb() ? "MariaDB " : "MySQL ") + std::to_string(major) + "." +
         std::to_string(minor) + "." + std::to_string(patch);
}

std::string_view ServerInfo::BinlogStatusStatement() const {
  return !IsMariaDb() && AtLeast(8, 2) ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

std::string_view ServerInfo::ListReplicasStatement() const {
  if (IsMariaDb()) return "SHOW REPLICA HOSTS";
  return AtLeast(8, 0, 22) ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS";
}

std::string_view ServerInfo::ExecutedGtidVariable() const {
  return IsMariaDb() ? "@@global.gtid_binlog_pos" : "@@global.gtid_executed";
}

std::string_view ServerInfo::IsolationVariable() const {
  return IsMariaDb() && !AtLeast(11, 1) ? "tx_isolation" : "transaction_isolation";
}

std::string_view ServerInfo::InnodbTablesTable() const {
  return IsMariaDb() ? "information_schema.INNODB_SYS_TABLES" : "information_schema.INNODB_TABLES";
}

ServerInfo ParseServerVersion(const std::string& version) {
  ServerInfo info;
  info.version = version;
  if (std::sscanf(version.c_str(), "%d.%d.%d", &info.major, &info.minor, &info.patch) != 3) {
    throw Error(ErrorCode::kRefused, "cannot understand the server's version '" + version + "'");
  }
  info.family = version.find("MariaDB") != std::string::npos ? Family::kMariaDb : Family::kMySql;
  return info;
}

}  // namespace osc::mysql
