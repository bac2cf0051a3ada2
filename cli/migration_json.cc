#include "cli/migration_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/text.h"
#include "ddl/object_statement.h"
#include "ddl/preflight.h"
#include "shadow/tables.h"
#include "src/base/duration.h"

namespace osc::cli {
namespace {

using Json = nlohmann::ordered_json;

Json TimeJson(const std::optional<state::Time>& time) {
  return time ? Json(base::FormatTime(*time)) : Json(nullptr);
}

Json PaceJson(const std::optional<state::Progress::Pace>& pace) {
  if (!pace) return nullptr;
  return {{"threads", pace->threads},
          {"write_ms", pace->write_ms},
          {"write_alone_ms", pace->write_alone_ms}};
}

std::string ActionOf(const state::Migration& migration) {
  const auto object = ddl::LoadObject(migration.object);
  return object ? std::string(ddl::ActionName(object->action)) : "alter";
}

Json SwapsJson(const std::vector<state::Swap>& swaps) {
  Json list = Json::array();
  for (const state::Swap& swap : swaps) {
    list.push_back({{"direction", swap.direction},
                    {"freeze_point", swap.freeze_point},
                    {"at", TimeJson(swap.at)},
                    {"lock_ms", swap.lock_ms}});
  }
  return list;
}

Json RevertJson(const Snapshot& snapshot) {
  const state::Progress& progress = snapshot.progress;
  Json reasons = Json::array();
  for (const state::Progress::Reason& reason : progress.reasons) {
    reasons.push_back({{"kind", reason.kind},
                       {"column", reason.column},
                       {"rows", reason.rows},
                       {"detail", reason.detail}});
  }
  Json rows = Json::array();
  for (const state::UnfitRow& row : snapshot.unfit_rows) {
    rows.push_back({{"key", row.key},
                    {"column", row.column},
                    {"value", row.value},
                    {"reason", row.reason},
                    {"transaction", row.transaction}});
  }
  return {{"readiness", progress.readiness},
          {"reasons", std::move(reasons)},
          {"rows", std::move(rows)},
          {"expires_at", TimeJson(snapshot.migration.expires_at)}};
}

Json VerifyJson(const Snapshot& snapshot) {
  const state::Verification& verification = snapshot.verification;
  const state::VerifyCounts& counts = verification.counts;
  Json rows = Json::array();
  for (const state::Difference& difference : snapshot.differences) {
    rows.push_back({{"kind", difference.kind},
                    {"key", difference.key},
                    {"column", difference.column},
                    {"live", difference.live},
                    {"off_stage", difference.off_stage},
                    {"repaired", difference.repaired}});
  }
  return {
      {"state", state::VerifyStateName(verification.state)},
      {"rows_compared", counts.rows},
      {"differences", counts.differences()},
      {"eta_seconds", verification.eta_seconds ? Json(*verification.eta_seconds) : Json(nullptr)},
      {"matching", counts.matching},
      {"missing", counts.missing},
      {"extra", counts.extra},
      {"different", counts.different},
      {"quarantined", counts.quarantined},
      {"repaired", counts.repaired},
      {"chunks", verification.chunks},
      {"chunks_done", verification.chunks_done},
      {"chunks_skipped", verification.chunks_skipped},
      {"incremental", verification.incremental},
      {"replica", verification.replica.empty() ? Json(nullptr) : Json(verification.replica)},
      {"elapsed_ms", verification.elapsed_ms},
      {"rows_per_second", verification.rows_per_second},
      {"swaps", verification.swaps},
      {"started_at", TimeJson(verification.started_at)},
      {"finished_at", TimeJson(verification.finished_at)},
      {"note", verification.note},
      {"rows", std::move(rows)}};
}

}  // namespace

std::string DifferenceText(const state::Difference& difference) {
  const std::string tail = difference.repaired ? " (repaired)" : "";
  if (difference.kind == "missing") {
    return difference.key + ": missing off stage" +
           (difference.live.empty() ? "" : " (" + difference.live + ")") + tail;
  }
  if (difference.kind == "extra") return difference.key + ": only off stage" + tail;
  if (difference.kind == "quarantined") return difference.key + ": quarantined";
  if (difference.column.empty()) return difference.key + ": " + difference.live + tail;
  return difference.key + ", column " + difference.column + ": live " + difference.live +
         ", off stage " + difference.off_stage + tail;
}

std::string CompareText(const state::Verification& verification) {
  const state::VerifyCounts& counts = verification.counts;
  // Of chunks that are left out no rows are compared; the estimate is the server's guess.
  const bool is_underway = verification.state == state::VerifyState::kRunning &&
                           !verification.incremental && verification.rows_estimated > counts.rows;
  std::string text =
      (is_underway ? FormatCount(counts.rows) + " of ~" + FormatRows(verification.rows_estimated)
                   : FormatRows(counts.rows)) +
      " compared";
  if (counts.repaired > 0) text += ", " + FormatCount(counts.repaired) + " repaired";
  if (counts.quarantined > 0) text += ", " + FormatCount(counts.quarantined) + " quarantined";
  if (verification.incremental) {
    text += ", " + FormatCount(verification.chunks_skipped) + " of " +
            FormatCount(verification.chunks) + " chunks unchanged since the last time";
  }
  if (!verification.replica.empty()) text += " on replica " + verification.replica;
  return text;
}

Snapshot TakeSnapshot(state::Store& store, const std::string& id, bool engine_running) {
  Snapshot snapshot{store.Get(id),
                    {},
                    store.GetProgress(id),
                    store.Swaps(id),
                    store.Events(id),
                    store.UnfitRows(id, 100),
                    {},
                    store.GetVerification(id),
                    store.Differences(id),
                    engine_running};
  snapshot.companions = store.Companions(snapshot.migration);
  std::erase_if(snapshot.companions, [&](const state::Migration& other) { return other.id == id; });
  snapshot.warnings =
      inverse::Warnings(snapshot.migration, snapshot.progress, std::chrono::system_clock::now());
  return snapshot;
}

bool HasOffStage(const state::Migration& migration) {
  return !state::IsDoneByServer(migration) &&
         (migration.object.empty() ||
          shadow::StandsOffStage(shadow::LoadTables(migration), migration.live));
}

bool StreamRuns(const Snapshot& snapshot) {
  return snapshot.progress.stream_running && snapshot.engine_running &&
         !state::IsFinal(snapshot.migration.state);
}

std::string CompanionsText(const Snapshot& snapshot) {
  std::string text;
  for (const state::Migration& other : snapshot.companions) {
    text += (text.empty() ? "" : ", ") + other.table + " (" + other.id + ")";
  }
  return text;
}

Json MigrationJson(const Snapshot& snapshot) {
  const state::Migration& migration = snapshot.migration;
  const state::Progress& progress = snapshot.progress;
  Json error = nullptr;
  if (migration.error) {
    error = {{"code", migration.error->code},
             {"message", migration.error->message},
             {"hint", migration.error->hint}};
  }
  Json warnings = Json::array();
  for (const inverse::Warning& warning : snapshot.warnings) {
    warnings.push_back({{"kind", warning.kind}, {"detail", warning.detail}});
  }
  Json together = Json::array();
  for (const state::Migration& other : snapshot.companions) together.push_back(other.id);
  Json history = Json::array();
  for (const state::Event& event : snapshot.events) {
    history.push_back({{"at", base::FormatTime(event.at)}, {"text", event.text}});
  }
  // Through a list of notes: text that is none gives an empty array.
  Json notes = Json::parse(ddl::SaveNotes(ddl::LoadNotes(migration.notes)));
  const std::vector<ddl::RevertDefault> defaults =
      ddl::LoadRevertDefaults(migration.revert_defaults);
  return {{"id", migration.id},
          {"database", migration.database},
          {"table", migration.table},
          {"alter", migration.alter},
          {"action", ActionOf(migration)},
          {"algorithm", state::AlgorithmName(migration.settings.algorithm)},
          {"state", state::StateName(migration.state)},
          {"live", state::LiveName(migration.live)},
          {"paused", migration.paused},
          {"together", std::move(together)},
          {"created_at", base::FormatTime(migration.created_at)},
          {"updated_at", base::FormatTime(migration.updated_at)},
          {"error", std::move(error)},
          {"progress",
           {{"rows_copied", progress.rows_copied},
            {"rows_estimated", progress.rows_estimated},
            {"percent", std::clamp(progress.percent, 0.0, 100.0)},
            {"eta_seconds", progress.eta_seconds ? Json(*progress.eta_seconds) : Json(nullptr)},
            {"rows_per_second", progress.rows_per_second},
            {"note", progress.note}}},
          {"stream",
           {{"direction", progress.stream_direction},
            {"gtid", progress.stream_gtid},
            {"lag_ms", progress.lag_ms},
            {"rows_applied", progress.rows_applied},
            {"running", StreamRuns(snapshot)}}},
          {"throttle",
           {{"throttled", progress.throttled},
            {"reason", progress.throttle_reason},
            {"since", TimeJson(progress.throttled_since)},
            {"pace", PaceJson(progress.pace)}}},
          {"swaps", SwapsJson(snapshot.swaps)},
          {"revert", RevertJson(snapshot)},
          {"warnings", std::move(warnings)},
          {"verify", VerifyJson(snapshot)},
          {"off_stage_table", HasOffStage(migration)
                                  ? Json(ddl::OffStageName(migration.id, migration.table))
                                  : Json(nullptr)},
          {"settings", Json::parse(state::SaveSettings(migration.settings))},
          {"notes", std::move(notes)},
          {"revert_defaults", Json::parse(ddl::SaveRevertDefaults(defaults))},
          {"history", std::move(history)},
          {"server", migration.server},
          {"engine_running", snapshot.engine_running}};
}

}  // namespace osc::cli
