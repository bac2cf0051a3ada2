// Progress as JSON text.
#include <nlohmann/json.hpp>

#include "src/base/duration.h"
#include "src/base/error.h"
#include "src/state/migration.h"

namespace osc::state {

std::string SaveProgress(const Progress& progress) {
  nlohmann::json json{{"rows_copied", progress.rows_copied},
                      {"rows_estimated", progress.rows_estimated},
                      {"percent", progress.percent},
                      {"rows_per_second", progress.rows_per_second},
                      {"stream_direction", progress.stream_direction},
                      {"stream_gtid", progress.stream_gtid},
                      {"stream_running", progress.stream_running},
                      {"lag_ms", progress.lag_ms},
                      {"rows_applied", progress.rows_applied},
                      {"throttled", progress.throttled},
                      {"throttle_reason", progress.throttle_reason},
                      {"note", progress.note},
                      {"readiness", progress.readiness},
                      {"reasons", nlohmann::json::array()}};
  json["binlogs_kept_seconds"] = progress.binlogs_kept_seconds;
  json["binlog_limit_bytes"] = progress.binlog_limit_bytes;
  json["binlog_behind_bytes"] = progress.binlog_behind_bytes;
  json["seen_gtid"] = progress.seen_gtid;
  json["copy_number"] = progress.copy_number;
  json["former_servers"] = nlohmann::json::array();
  for (const auto& former : progress.former_servers) {
    json["former_servers"].push_back({{"identity", former.identity}, {"left_at", former.left_at}});
  }
  json["host_named"] = progress.host_named;
  json["server_refused"] = progress.server_refused;
  json["pause_reason"] = progress.pause_reason;
  if (progress.pace) {
    json["pace"] = {progress.pace->threads, progress.pace->write_ms, progress.pace->write_alone_ms};
  }
  if (progress.throttled_since) {
    json["throttled_since"] = base::FormatTime(*progress.throttled_since);
  }
  if (progress.stream_current_at) {
    json["stream_current_at"] = base::FormatTime(*progress.stream_current_at);
  }
  if (progress.eta_seconds) json["eta_seconds"] = *progress.eta_seconds;
  for (const Progress::Reason& reason : progress.reasons) {
    json["reasons"].push_back({{"kind", reason.kind},
                               {"column", reason.column},
                               {"rows", reason.rows},
                               {"detail", reason.detail}});
  }
  // Reasons quote row values, which need not be UTF-8.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Progress LoadProgress(const std::string& text) {
  Progress progress;
  try {
    const auto json = nlohmann::json::parse(text);
    json.at("rows_copied").get_to(progress.rows_copied);
    json.at("rows_estimated").get_to(progress.rows_estimated);
    json.at("percent").get_to(progress.percent);
    json.at("rows_per_second").get_to(progress.rows_per_second);
    json.at("stream_direction").get_to(progress.stream_direction);
    json.at("stream_gtid").get_to(progress.stream_gtid);
    json.at("stream_running").get_to(progress.stream_running);
    json.at("lag_ms").get_to(progress.lag_ms);
    json.at("rows_applied").get_to(progress.rows_applied);
    json.at("throttled").get_to(progress.throttled);
    json.at("throttle_reason").get_to(progress.throttle_reason);
    json.at("note").get_to(progress.note);
    json.at("readiness").get_to(progress.readiness);
    if (json.contains("eta_seconds")) progress.eta_seconds = json["eta_seconds"].get<int64_t>();
    progress.binlogs_kept_seconds = json.value("binlogs_kept_seconds", int64_t{0});
    progress.binlog_limit_bytes = json.value("binlog_limit_bytes", uint64_t{0});
    progress.binlog_behind_bytes = json.value("binlog_behind_bytes", uint64_t{0});
    progress.seen_gtid = json.value("seen_gtid", progress.stream_gtid);
    progress.copy_number = json.value("copy_number", int64_t{0});
    for (const auto& former : json.value("former_servers", nlohmann::json::array())) {
      progress.former_servers.push_back({former.at("identity"), former.at("left_at")});
    }
    progress.host_named = json.value("host_named", false);
    progress.server_refused = json.value("server_refused", "");
    progress.pause_reason = json.value("pause_reason", "");
    if (json.contains("pace")) {
      const auto& pace = json["pace"];
      progress.pace = Progress::Pace{pace.at(0), pace.at(1), pace.at(2)};
    }
    if (json.contains("throttled_since")) {
      progress.throttled_since = base::ParseTime(json["throttled_since"].get<std::string>());
    }
    if (json.contains("stream_current_at")) {
      progress.stream_current_at = base::ParseTime(json["stream_current_at"].get<std::string>());
    }
    for (const auto& reason : json.at("reasons")) {
      progress.reasons.push_back(
          {reason.at("kind"), reason.at("column"), reason.at("rows"), reason.at("detail")});
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kInternal, "cannot read stored progress: " + std::string(error.what()));
  }
  return progress;
}

}  // namespace osc::state
