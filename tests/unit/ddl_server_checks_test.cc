#include <gtest/gtest.h>

#include "ddl/server_checks.h"

namespace osc::ddl {
namespace {

mysql::ServerInfo Server(const std::string& version) { return mysql::ParseServerVersion(version); }

ServerVariables GoodVariables() {
  return {{"log_bin", "ON"},
          {"binlog_format", "ROW"},
          {"binlog_row_image", "FULL"},
          {"binlog_row_value_options", ""},
          {"gtid_mode", "ON"},
          {"read_only", "OFF"},
          {"super_read_only", "OFF"},
          {"binlog_expire_logs_seconds", "2592000"},
          {"lower_case_table_names", "0"},
          {"innodb_autoinc_lock_mode", "2"},
          {"max_allowed_packet", "67108864"},
          {"innodb_buffer_pool_size", "1073741824"},
          {"innodb_redo_log_capacity", "1073741824"}};
}

// "name" for a warning, "name!" for a problem.
std::string Complaints(const std::string& version, const ServerVariables& variables) {
  std::vector<DoctorFinding> findings = CheckRequirements(Server(version), variables);
  for (const auto& more : {CheckRisks(Server(version), variables), CheckAdvice(variables)}) {
    findings.insert(findings.end(), more.begin(), more.end());
  }
  std::string shown;
  for (const DoctorFinding& finding : findings) {
    EXPECT_FALSE(finding.detail.empty()) << finding.name;
    if (finding.status == FindingStatus::kOk) continue;
    EXPECT_FALSE(finding.hint.empty() && finding.fix.empty()) << finding.name;
    shown += (shown.empty() ? "" : " ") + finding.name;
    if (finding.status == FindingStatus::kProblem) shown += "!";
  }
  return shown;
}

TEST(ServerChecks, KnowTheOldestVersions) {
  const struct {
    const char* version;
    FindingStatus status;
  } kCases[] = {
      {"8.0.12", FindingStatus::kProblem},     {"8.0.13", FindingStatus::kOk},
      {"8.4.3-debug", FindingStatus::kOk},     {"9.7.0", FindingStatus::kOk},
      {"5.7.44-log", FindingStatus::kProblem}, {"10.4.34-MariaDB", FindingStatus::kProblem},
      {"10.5.0-MariaDB", FindingStatus::kOk},  {"11.8.6-MariaDB-ubu", FindingStatus::kOk},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(CheckVersion(Server(test.version)).status, test.status) << test.version;
  }
}

TEST(ServerChecks, FindEachWrongSetting) {
  const char* const mysql = "8.4.0";
  const char* const mariadb = "10.11.18-MariaDB";
  EXPECT_EQ(Complaints(mysql, GoodVariables()), "");
  EXPECT_EQ(Complaints(mariadb, GoodVariables()), "");
  const struct {
    const char* version;
    const char* variable;
    const char* value;
    const char* complaints;
  } kCases[] = {
      {mysql, "log_bin", "OFF", "binary_log!"},
      {mysql, "binlog_format", "STATEMENT", "binlog_format!"},
      {mysql, "binlog_format", "MIXED", "binlog_format!"},
      {mysql, "binlog_row_image", "MINIMAL", "binlog_row_image!"},
      {mariadb, "binlog_row_image", "FULL_NODUP", "binlog_row_image!"},
      {mysql, "binlog_row_value_options", "PARTIAL_JSON", "binlog_row_value_options!"},
      {mysql, "read_only", "ON", "read_only!"},
      {mysql, "super_read_only", "ON", "read_only!"},
      {mariadb, "read_only", "NO_LOCK_NO_ADMIN", "read_only!"},
      {mariadb, "read_only", "0", ""},
      {mysql, "gtid_mode", "OFF", "gtid_mode"},
      {mariadb, "gtid_mode", "OFF", ""},
      {mysql, "binlog_expire_logs_seconds", "3600", "binlog_retention"},
      {mysql, "binlog_expire_logs_seconds", "0", ""},
      {mariadb, "max_binlog_total_size", "1073741824", "binlog_retention"},
      {mariadb, "max_binlog_total_size", "0", ""},
      {mysql, "max_allowed_packet", "4194304", "max_allowed_packet"},
      {mariadb, "max_allowed_packet", "1048576", "max_allowed_packet!"},
      {mariadb, "innodb_autoinc_lock_mode", "1", "innodb_autoinc_lock_mode"},
      {mysql, "innodb_buffer_pool_size", "8388608", "performance"},
  };
  for (const auto& test : kCases) {
    ServerVariables variables = GoodVariables();
    variables[test.variable] = test.value;
    EXPECT_EQ(Complaints(test.version, variables), test.complaints)
        << test.variable << "=" << test.value;
  }
  ServerVariables days = GoodVariables();
  days.erase("binlog_expire_logs_seconds");
  days["expire_logs_days"] = "0.5";
  EXPECT_EQ(Complaints(mariadb, days), "binlog_retention");
  days["expire_logs_days"] = "1.000000";
  EXPECT_EQ(Complaints(mariadb, days), "");
  ServerVariables kept = GoodVariables();
  kept["binlog_expire_logs_seconds"] = "3600";
  kept["binlog_expire_logs_auto_purge"] = "OFF";
  EXPECT_EQ(Complaints(mysql, kept), "");
  ServerVariables without_format = GoodVariables();
  without_format.erase("binlog_format");  // a server that knows only ROW
  EXPECT_EQ(Complaints(mysql, without_format), "");
}

}  // namespace
}  // namespace osc::ddl
