#include "ddl/doctor.h"

#include "ddl/privileges.h"
#include "ddl/server_checks.h"

namespace osc::ddl {

std::vector<DoctorFinding> Examine(mysql::Connection& connection,
                                   const std::optional<std::string>& database) {
  std::vector<DoctorFinding> findings = {CheckVersion(connection.server())};
  if (findings[0].status == FindingStatus::kProblem) return findings;
  const auto append = [&](const std::vector<DoctorFinding>& more) {
    findings.insert(findings.end(), more.begin(), more.end());
  };
  const ServerVariables variables = ReadServerVariables(connection);
  append(CheckRequirements(connection.server(), variables));
  const DoctorFinding privileges = CheckPrivileges(connection, database.value_or(""));
  findings.push_back(privileges);
  const bool may_kill = MayKillSessions(connection);
  findings.push_back({"forced-swaps", FindingStatus::kOk,
                      may_kill ? "sessions that block a swap can be ended, if asked to"
                               : "not possible: the user may not end other users' sessions",
                      "", may_kill ? "" : "only needed for --force-cutover and --force"});
  findings.push_back(CheckTriggersPossible(connection));
  if (database && privileges.status == FindingStatus::kOk) {
    findings.push_back(CheckBinlogFilter(connection, *database));
  }
  append(CheckRisks(connection.server(), variables));
  append(CheckAdvice(variables));
  return findings;
}

}  // namespace osc::ddl
