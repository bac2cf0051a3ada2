// One thing found out about a server: what `osc doctor` lists, and what preflight refuses on.
#pragma once

#include <string>
#include <string_view>

namespace osc::ddl {

enum class FindingStatus { kOk, kWarning, kProblem };

// "ok", "warning", "problem"
std::string_view FindingStatusName(FindingStatus status);

struct DoctorFinding {
  std::string name;  // the setting's or the check's name, the same on every server
  FindingStatus status = FindingStatus::kOk;
  std::string detail;  // what was found
  std::string fix;     // SQL to run, empty when none is needed or SQL cannot mend it
  std::string hint;    // what to do, in words; empty when there is nothing to do
};

}  // namespace osc::ddl
