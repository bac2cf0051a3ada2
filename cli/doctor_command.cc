#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/password_prompt.h"
#include "cli/standbys.h"
#include "cli/text.h"
#include "ddl/doctor.h"
#include "src/mysql/host_list.h"

namespace osc::cli {

int RunDoctor(Context& context) {
  if (context.options.ask_password) AskPassword();
  context.stage = Stage::kConnect;
  const mysql::ServerChoice choice = mysql::ChooseServer(context.options.connection);
  auto connection = mysql::Connection::Open(choice.connection);
  context.stage = Stage::kPreflight;
  const std::string& named = context.options.connection.database;
  const std::optional<std::string> database = named.empty() ? std::nullopt : std::optional(named);
  auto findings = ddl::Examine(connection, database);
  const auto standbys = CheckStandbys(context.options.connection, choice);
  findings.insert(findings.end(), standbys.begin(), standbys.end());
  bool ready = true;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  for (const ddl::DoctorFinding& finding : findings) {
    const std::string status(ddl::FindingStatusName(finding.status));
    ready = ready && finding.status != ddl::FindingStatus::kProblem;
    list.push_back({{"name", finding.name},
                    {"status", status},
                    {"detail", finding.detail},
                    {"fix", finding.fix},
                    {"hint", finding.hint}});
    rows.push_back({status, Printable(finding.name), Printable(finding.detail)});
    if (!finding.fix.empty()) rows.push_back({"", "", "fix: " + Printable(finding.fix)});
    if (!finding.hint.empty()) rows.push_back({"", "", "hint: " + Printable(finding.hint)});
  }
  const std::string server = connection.server().Name();
  if (context.out.json()) {
    context.out.Document({{"server", server}, {"ready", ready}, {"findings", std::move(list)}});
  } else {
    context.out.Text(FormatTable(rows, 0));
    context.out.Line(server + (ready ? " is ready" : " is not ready"));
  }
  return ready ? kExitDone : kExitRefused;
}

}  // namespace osc::cli
