#include "cli/standbys.h"

#include "ddl/server_checks.h"
#include "src/mysql/connection_json.h"

namespace osc::cli {

std::vector<ddl::DoctorFinding> CheckStandbys(const mysql::ConnectionOptions& hosts,
                                              const mysql::ServerChoice& primary) {
  std::vector<ddl::DoctorFinding> findings;
  const auto each = mysql::EachHost(hosts);
  if (each.size() == 1) return findings;
  for (const mysql::ConnectionOptions& host : each) {
    const std::string name =
        "standby " + host.host + ":" + std::to_string(host.port != 0 ? host.port : 3306);
    try {
      auto connection = mysql::Connection::Open(host);
      if (mysql::ServerIdentity(connection) == primary.identity) continue;
      ddl::DoctorFinding finding = ddl::CheckStandby(connection);
      finding.name = name;
      findings.push_back(std::move(finding));
    } catch (const Error& error) {
      findings.push_back({name, ddl::FindingStatus::kWarning, error.message(), "",
                          "without it the migration cannot go on when the primary is gone"});
    }
  }
  return findings;
}

}  // namespace osc::cli
