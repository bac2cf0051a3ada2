// What kind of server a connection talks to. Every difference between servers that the program acts
// on is a question asked here, so that the dialect stays in one place.
#pragma once

#include <string>
#include <string_view>

namespace osc::mysql {

enum class Family { kMySql, kMariaDb };

struct ServerInfo {
  Family family = Family::kMySql;
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string version;  // as @@version prints it

  bool IsMariaDb() const { return family == Family::kMariaDb; }
  bool AtLeast(int want_major, int want_minor, int want_patch = 0) const;
  std::string Name() const;  // "MySQL 9.7.1", "MariaDB 10.11.19"

  // SHOW BINARY LOG STATUS came with MySQL 8.2 and MariaDB has SHOW MASTER STATUS still (seen on
  // MySQL 9.7, MariaDB 10.11 and 11.8).
  std::string_view BinlogStatusStatement() const;
  // SHOW REPLICAS came with MySQL 8.0.22; MariaDB has had SHOW REPLICA HOSTS since 10.5.
  std::string_view ListReplicasStatement() const;
  // The variable with every GTID in the binlog. MariaDB: gtid_binlog_pos, because
  // gtid_current_pos also holds what a former replica got from elsewhere.
  std::string_view ExecutedGtidVariable() const;
  // "transaction_isolation" since MySQL 5.7.20 and MariaDB 11.1, "tx_isolation" before.
  std::string_view IsolationVariable() const;
  // MySQL 8.0.30 and later can add a hidden primary key to a table, and hide it from SHOW as well.
  bool HasGeneratedPrimaryKeys() const { return !IsMariaDb() && AtLeast(8, 0, 30); }
  // I_S table that maps table names to InnoDB's table ids (needs PROCESS).
  std::string_view InnodbTablesTable() const;
};

// From the text of @@version; throws Error kRefused when it cannot be understood.
ServerInfo ParseServerVersion(const std::string& version);

}  // namespace osc::mysql
