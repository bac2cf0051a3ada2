#include "ddl/server_checks.h"

#include <algorithm>
#include <cstdlib>

#include "src/base/duration.h"

namespace osc::ddl {
namespace {

constexpr const char* kNames =
    "'log_bin','binlog_format','binlog_row_image','binlog_row_value_options','gtid_mode',"
    "'binlog_expire_logs_seconds','expire_logs_days','binlog_expire_logs_auto_purge',"
    "'max_binlog_total_size','read_only','super_read_only','log_slave_updates',"
    "'log_replica_updates','slave_preserve_commit_order','replica_preserve_commit_order',"
    "'lower_case_table_names','innodb_autoinc_lock_mode','max_allowed_packet',"
    "'innodb_buffer_pool_size','innodb_redo_log_capacity','innodb_log_file_size',"
    "'innodb_log_files_in_group','datadir','hostname'";

constexpr double kMebibyte = 1024.0 * 1024.0;

std::string Value(const ServerVariables& variables, const std::string& name) {
  const auto found = variables.find(name);
  return found == variables.end() ? "" : found->second;
}

double Number(const ServerVariables& variables, const std::string& name) {
  return std::strtod(Value(variables, name).c_str(), nullptr);
}

std::string Mebibytes(double bytes) {
  return std::to_string(static_cast<long long>(bytes / kMebibyte)) + " MiB";
}

DoctorFinding Ok(const std::string& name, const std::string& detail) {
  return {name, FindingStatus::kOk, detail, "", ""};
}

DoctorFinding Problem(const std::string& name, const std::string& detail, const std::string& hint,
                      const std::string& fix = "") {
  return {name, FindingStatus::kProblem, detail, fix, hint};
}

DoctorFinding CheckBinlog(const ServerVariables& variables) {
  if (Value(variables, "log_bin") == "ON") return Ok("binary_log", "on");
  return Problem("binary_log", "the server writes no binary log (log_bin is OFF)",
                 "start the server with log_bin and binlog_format=ROW");
}

DoctorFinding CheckFormat(const ServerVariables& variables) {
  const std::string format = Value(variables, "binlog_format");
  // A server without the variable knows only row format.
  if (format.empty() || format == "ROW") return Ok("binlog_format", "ROW");
  return Problem("binlog_format", "binlog_format is " + format + ", osc needs ROW",
                 "set it, in the server's configuration too; sessions that are open keep the old "
                 "format until they reconnect",
                 "SET GLOBAL binlog_format = 'ROW'");
}

DoctorFinding CheckRowImage(const ServerVariables& variables) {
  const std::string image = Value(variables, "binlog_row_image");
  // FULL_NODUP (MariaDB 11.4) leaves unchanged columns out of after images.
  if (image.empty() || image == "FULL") return Ok("binlog_row_image", "FULL");
  return Problem("binlog_row_image", "binlog_row_image is " + image + ", osc needs FULL",
                 "set it, in the server's configuration too; sessions that are open keep the old "
                 "image until they reconnect",
                 "SET GLOBAL binlog_row_image = 'FULL'");
}

DoctorFinding CheckRowValueOptions(const ServerVariables& variables) {
  const std::string options = Value(variables, "binlog_row_value_options");
  if (options.find("PARTIAL_JSON") == std::string::npos) {
    return Ok("binlog_row_value_options", "whole values are logged");
  }
  return Problem("binlog_row_value_options",
                 "binlog_row_value_options is " + options + ": JSON values are logged in part",
                 "set it, in the server's configuration too",
                 "SET GLOBAL binlog_row_value_options = ''");
}

DoctorFinding CheckReadOnly(const ServerVariables& variables) {
  for (const char* name : {"super_read_only", "read_only"}) {
    const std::string value = Value(variables, name);
    if (value.empty() || value == "OFF" || value == "0") continue;
    return Problem("read_only",
                   "the server is read-only (" + std::string(name) + " is " + value +
                       "): it is a replica or closed for writing",
                   "run osc against the primary");
  }
  return Ok("read_only", "writable");
}

DoctorFinding CheckGtid(const mysql::ServerInfo& server, const ServerVariables& variables) {
  if (server.IsMariaDb()) return Ok("gtid_mode", "MariaDB always has GTIDs");
  const std::string mode = Value(variables, "gtid_mode");
  if (mode == "ON") return Ok("gtid_mode", "ON");
  return {"gtid_mode", FindingStatus::kWarning,
          "gtid_mode is " + mode +
              ": positions are kept as file and offset, and a failover to "
              "another server cannot be followed",
          "", "turn GTIDs on if the primary may move"};
}

DoctorFinding CheckRetention(const ServerVariables& variables) {
  constexpr std::chrono::hours kDay{24};
  const BinlogRetention kept = ReadBinlogRetention(variables);
  const std::string time = base::FormatDuration(kept.time);
  if (kept.time.count() > 0 && kept.time < kDay) {
    return {"binlog_retention", FindingStatus::kWarning,
            "binary logs are purged after " + time +
                ": a stream that stands still for longer than that, or an engine that is down, "
                "cannot go on",
            "SET GLOBAL binlog_expire_logs_seconds = 172800", "keep them for a day or more"};
  }
  if (kept.bytes > 0) {
    return {"binlog_retention", FindingStatus::kWarning,
            "binary logs are purged beyond " + Mebibytes(static_cast<double>(kept.bytes)) +
                ", however new they are: a stream that is further behind cannot go on",
            "SET GLOBAL max_binlog_total_size = 0",
            "leave room for what the server writes in a day and for the copied table"};
  }
  if (kept.time.count() == 0) {
    return Ok("binlog_retention", "binary logs are kept until they are purged");
  }
  return Ok("binlog_retention", "binary logs are kept for " + time);
}

DoctorFinding CheckPacket(const ServerVariables& variables) {
  const double bytes = Number(variables, "max_allowed_packet");
  const std::string detail = "max_allowed_packet is " + Mebibytes(bytes);
  if (bytes >= 16 * kMebibyte) return Ok("max_allowed_packet", detail);
  const std::string fix = "SET GLOBAL max_allowed_packet = 67108864";
  const std::string hint = "set it, in the server's configuration too";
  // The statements of the stream are kept below the smallest that is allowed here.
  if (bytes < 4 * kMebibyte) {
    return Problem("max_allowed_packet", detail + ", osc needs 4 MiB", hint, fix);
  }
  return {"max_allowed_packet", FindingStatus::kWarning,
          detail + ": a change of a row with a larger value cannot be carried over", fix, hint};
}

DoctorFinding CheckAutoIncrementLock(const ServerVariables& variables) {
  const std::string mode = Value(variables, "innodb_autoinc_lock_mode");
  if (mode == "2") return Ok("innodb_autoinc_lock_mode", "2");
  return {"innodb_autoinc_lock_mode", FindingStatus::kWarning,
          "innodb_autoinc_lock_mode is " + mode +
              ": the chunks of a copy wait for each other on a table with AUTO_INCREMENT",
          "", "set it to 2 in the server's configuration (with binlog_format=ROW that is safe)"};
}

DoctorFinding CheckPerformance(const ServerVariables& variables) {
  const double pool = Number(variables, "innodb_buffer_pool_size");
  double redo = Number(variables, "innodb_redo_log_capacity");
  if (redo == 0) {
    redo = Number(variables, "innodb_log_file_size") *
           std::max(1.0, Number(variables, "innodb_log_files_in_group"));
  }
  const std::string detail =
      "InnoDB's buffer pool is " + Mebibytes(pool) + ", its redo log " + Mebibytes(redo);
  if (pool >= 64 * kMebibyte && redo >= 48 * kMebibyte) return Ok("performance", detail);
  return {"performance", FindingStatus::kWarning, detail + ": copying a large table will be slow",
          "", "give InnoDB more memory and a larger redo log"};
}

DoctorFinding CheckNameCase(const ServerVariables& variables) {
  const std::string value = Value(variables, "lower_case_table_names");
  const std::string meaning =
      value == "0" ? "the case of table names counts" : "the case of table names does not count";
  return Ok("lower_case_table_names", value + ": " + meaning);
}

}  // namespace

std::string_view FindingStatusName(FindingStatus status) {
  switch (status) {
    case FindingStatus::kOk:
      return "ok";
    case FindingStatus::kWarning:
      return "warning";
    case FindingStatus::kProblem:
      return "problem";
  }
  return "problem";
}

ServerVariables ReadServerVariables(mysql::Connection& connection) {
  ServerVariables variables;
  mysql::Result rows = connection.Query("SHOW GLOBAL VARIABLES WHERE Variable_name IN (" +
                                        std::string(kNames) + ")");
  while (rows.Next()) variables[rows.Text(0)] = rows.Text(1);
  return variables;
}

BinlogRetention ReadBinlogRetention(const ServerVariables& variables) {
  BinlogRetention kept;
  kept.bytes = static_cast<uint64_t>(Number(variables, "max_binlog_total_size"));
  // MySQL 8.0.29 and later.
  if (Value(variables, "binlog_expire_logs_auto_purge") == "OFF") return kept;
  double seconds = Number(variables, "binlog_expire_logs_seconds");
  if (seconds == 0) seconds = Number(variables, "expire_logs_days") * 86400;
  kept.time = std::chrono::seconds(static_cast<int64_t>(seconds));
  return kept;
}

DoctorFinding CheckVersion(const mysql::ServerInfo& server) {
  const bool supported = server.IsMariaDb() ? server.AtLeast(10, 5) : server.AtLeast(8, 0, 13);
  if (supported) return Ok("version", server.Name());
  return Problem("version", server.Name() + " is too old",
                 "osc works with MySQL from 8.0.13 and MariaDB from 10.5");
}

std::vector<DoctorFinding> CheckRequirements(const mysql::ServerInfo& server,
                                             const ServerVariables& variables) {
  std::vector<DoctorFinding> findings = {CheckBinlog(variables), CheckFormat(variables),
                                         CheckRowImage(variables), CheckReadOnly(variables)};
  const DoctorFinding packet = CheckPacket(variables);
  if (packet.status == FindingStatus::kProblem) findings.push_back(packet);
  if (!server.IsMariaDb()) findings.push_back(CheckRowValueOptions(variables));
  return findings;
}

std::vector<DoctorFinding> CheckRisks(const mysql::ServerInfo& server,
                                      const ServerVariables& variables) {
  std::vector<DoctorFinding> findings{CheckGtid(server, variables), CheckRetention(variables)};
  const DoctorFinding packet = CheckPacket(variables);
  if (packet.status != FindingStatus::kProblem) findings.push_back(packet);
  return findings;
}

DoctorFinding CheckStandby(mysql::Connection& connection) {
  const ServerVariables variables = ReadServerVariables(connection);
  const auto warning = [](const std::string& detail, const std::string& hint) {
    return DoctorFinding{"standby", FindingStatus::kWarning,
                         detail + ": a migration cannot go on there when the primary is gone", "",
                         hint};
  };
  for (const DoctorFinding& finding : CheckRequirements(connection.server(), variables)) {
    if (finding.status == FindingStatus::kProblem && finding.name != "read_only") {
      return warning(finding.detail, finding.hint);
    }
  }
  const DoctorFinding gtid = CheckGtid(connection.server(), variables);
  if (gtid.status != FindingStatus::kOk) return warning(gtid.detail, gtid.hint);
  // MySQL has the second name from 8.0.26 on; the first one goes with some later version.
  if (Value(variables, "log_slave_updates") != "ON" &&
      Value(variables, "log_replica_updates") != "ON") {
    return warning("it does not log what it replicates (log_slave_updates is OFF)",
                   "start it with log_slave_updates");
  }
  // MariaDB, which has no such variable, always keeps the order.
  if (Value(variables, "slave_preserve_commit_order") == "OFF" ||
      Value(variables, "replica_preserve_commit_order") == "OFF") {
    return warning("it may commit in another order than the primary",
                   "set replica_preserve_commit_order");
  }
  return Ok("standby", "a migration can go on there when the primary is gone");
}

std::vector<DoctorFinding> CheckAdvice(const ServerVariables& variables) {
  return {CheckNameCase(variables), CheckAutoIncrementLock(variables), CheckPerformance(variables)};
}

DoctorFinding CheckBinlogFilter(mysql::Connection& connection, const std::string& database) {
  const auto holds = [&](const std::string& list) {
    return ("," + list + ",").find("," + database + ",") != std::string::npos;
  };
  mysql::Result status = connection.Query(connection.server().BinlogStatusStatement());
  if (!status.Next()) return Ok("binlog_filter", "no binary log");
  const std::string logged = status.Text("Binlog_Do_DB");
  const std::string ignored = status.Text("Binlog_Ignore_DB");
  if (holds(ignored) || (!logged.empty() && !holds(logged))) {
    return Problem("binlog_filter",
                   "the binary log leaves database '" + database + "' out (binlog_do_db '" +
                       logged + "', binlog_ignore_db '" + ignored + "')",
                   "take the filter out of the server's configuration");
  }
  return Ok("binlog_filter", "the database is logged");
}

}  // namespace osc::ddl
