// Whether a server's version and settings let osc work: one list, for preflight and for doctor.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ddl/finding.h"
#include "src/mysql/connection.h"

namespace osc::ddl {

// Global variables by name; one that the server does not have is missing.
using ServerVariables = std::map<std::string, std::string>;

// Reads what the checks look at.
ServerVariables ReadServerVariables(mysql::Connection& connection);

// For how long the server keeps its binary logs by itself.
struct BinlogRetention {
  std::chrono::seconds time{0};  // 0: until somebody purges them
  uint64_t bytes = 0;            // and no more than so much (MariaDB 11.4 and later); 0: no limit
};
BinlogRetention ReadBinlogRetention(const ServerVariables& variables);

// The version alone: on a server that is too old other checks may not even run.
DoctorFinding CheckVersion(const mysql::ServerInfo& server);

// What has to be right before a migration may begin: binary log, formats, writability.
std::vector<DoctorFinding> CheckRequirements(const mysql::ServerInfo& server,
                                             const ServerVariables& variables);

// What may stop a migration later: retention, packets, GTIDs. Never a problem now.
std::vector<DoctorFinding> CheckRisks(const mysql::ServerInfo& server,
                                      const ServerVariables& variables);

// Whether a migration could go on on this server if it took over from the primary: all of the above
// but its being read-only, and a binary log with what it has replicated. A warning at most.
DoctorFinding CheckStandby(mysql::Connection& connection);

// What is worth knowing about the server, whatever the migration.
std::vector<DoctorFinding> CheckAdvice(const ServerVariables& variables);

// Whether the binary log leaves this database out (binlog_do_db, binlog_ignore_db).
DoctorFinding CheckBinlogFilter(mysql::Connection& connection, const std::string& database);

}  // namespace osc::ddl
