#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/commands.h"
#include "cli/engine_lock.h"
#include "cli/migration_json.h"
#include "cli/progress_line.h"
#include "cli/text.h"
#include "ddl/preflight.h"
#include "src/base/duration.h"

namespace osc::cli {
namespace {

class Page {
 public:
  void Line(const std::string& name, const std::string& value) {
    text_ +=
        name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + Printable(value) + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string StreamText(const Snapshot& snapshot) {
  const state::Progress& progress = snapshot.progress;
  if (progress.stream_direction == "none") return "none";
  std::string text = progress.stream_direction;
  if (snapshot.migration.settings.pause_stream) {
    text += ", paused, " + FormatMillis(progress.lag_ms) + " behind";
  } else if (StreamRuns(snapshot)) {
    text += ", " + FormatMillis(progress.lag_ms) + " behind";
  } else {
    text += snapshot.engine_running ? ", not running" : ", not running: there is no engine";
  }
  return text + ", " + FormatRows(progress.rows_applied) + " applied";
}

void AddErrors(const state::Migration& migration, Page& page) {
  if (!migration.error) return;
  page.Line("error", migration.error->message + " (" + migration.error->code + ")");
  if (!migration.error->hint.empty()) page.Line("hint", migration.error->hint);
}

void AddWindow(const Snapshot& snapshot, Page& page) {
  const state::Progress& progress = snapshot.progress;
  std::string revert = progress.readiness;
  if (snapshot.migration.expires_at) {
    revert += ", until " + FormatMinute(*snapshot.migration.expires_at);
  }
  page.Line("revert", revert);
  for (const state::Progress::Reason& reason : progress.reasons) {
    const bool all = reason.kind == "defaulted" || reason.kind == "reseeded";
    page.Line(
        "", (reason.column.empty() ? "" : reason.column + ": ") +
                (reason.rows > 1 ? FormatRows(reason.rows) + (all ? ", " : ", for example ") : "") +
                reason.detail);
  }
}

void AddVerification(const Snapshot& snapshot, Page& page) {
  const state::Verification& found = snapshot.verification;
  if (found.state == state::VerifyState::kNone) return;
  const state::VerifyCounts& counts = found.counts;
  std::string text(state::VerifyStateName(found.state));
  if (found.chunks > 0) {
    text += ", " + CompareText(found) + ", " + FormatCount(counts.missing) + " missing, " +
            FormatCount(counts.extra) + " extra, " + FormatCount(counts.different) + " different";
    text += ", " + FormatMillis(found.elapsed_ms);
  }
  if (found.eta_seconds) text += ", ETA " + FormatSeconds(*found.eta_seconds);
  if (!found.note.empty()) text += " (" + found.note + ")";
  page.Line("verified", text);
  constexpr size_t kMostShown = 20;
  for (size_t i = 0; i < snapshot.differences.size() && i < kMostShown; ++i) {
    page.Line("", DifferenceText(snapshot.differences[i]));
  }
}

std::string ShowText(const Snapshot& snapshot) {
  const state::Migration& migration = snapshot.migration;
  const state::Progress& progress = snapshot.progress;
  Page page;
  page.Line("id", migration.id);
  page.Line("table", migration.database + "." + migration.table);
  page.Line("change", migration.alter);
  page.Line("state",
            std::string(state::StateName(migration.state)) +
                (migration.paused && state::IsBeforeCutover(migration.state) ? " (paused)" : ""));
  const bool by_server = state::IsDoneByServer(migration);
  const bool by_rename = !migration.object.empty();
  std::string live = "the one table, changed by the server itself";
  if (!by_server) {
    live = std::string(state::LiveName(migration.live)) + (by_rename ? "" : " table") +
           "; off stage: " +
           (HasOffStage(migration) ? ddl::OffStageName(migration.id, migration.table) : "nothing");
  }
  page.Line("live", live);
  if (!snapshot.companions.empty()) page.Line("together", "with " + CompanionsText(snapshot));
  AddErrors(migration, page);
  if (!progress.note.empty()) page.Line("now", progress.note);
  if (!by_server && !by_rename) {
    page.Line("copied", FormatRows(progress.rows_copied) + ", " + FormatPercent(progress.percent));
    page.Line("stream", StreamText(snapshot));
  }
  if (!progress.stream_gtid.empty()) page.Line("position", progress.stream_gtid);
  if (progress.pace) page.Line("pace", PaceText(migration, *progress.pace));
  if (progress.throttled) {
    page.Line("throttled", progress.throttle_reason + ", since " +
                               base::FormatTime(progress.throttled_since.value_or(state::Time{})));
  }
  AddVerification(snapshot, page);
  AddWindow(snapshot, page);
  for (const inverse::Warning& warning : snapshot.warnings) page.Line("warning", warning.detail);
  for (const ddl::RevertNote& note : ddl::LoadNotes(migration.notes)) {
    page.Line("note", ddl::NoteText(note));
  }
  for (const ddl::RevertDefault& value : ddl::LoadRevertDefaults(migration.revert_defaults)) {
    page.Line("default", value.column + "=" + value.expression +
                             " in rows inserted after the cutover, when it is reverted");
  }
  for (const state::Swap& swap : snapshot.swaps) {
    page.Line(swap.direction,
              FormatMinute(swap.at.value_or(state::Time{})) + ", writes waited " +
                  FormatMillis(std::llround(swap.lock_ms)) +
                  (swap.freeze_point.empty() ? "" : ", freeze point " + swap.freeze_point));
  }
  const auto settings = nlohmann::ordered_json::parse(state::SaveSettings(migration.settings));
  std::string list;
  for (const auto& [name, value] : settings.items()) {
    list += (list.empty() ? "" : " ") + name + "=" +
            (value.is_string() ? value.get<std::string>() : value.dump());
  }
  page.Line("settings", list);
  page.Line("created", FormatMinute(migration.created_at));
  std::string label = "history";
  for (const state::Event& event : snapshot.events) {
    page.Line(std::exchange(label, ""), base::FormatTime(event.at) + "  " + event.text);
  }
  return page.text();
}

}  // namespace

int RunShow(Context& context) {
  state::Store store = state::Store::Open(context.options.state_directory);
  context.id = store.Find(context.options.id).id;
  const bool engine = FindEngine(context.options.state_directory).has_value();
  const Snapshot snapshot = TakeSnapshot(store, context.id, engine);
  if (context.out.json()) {
    context.out.Document(MigrationJson(snapshot));
  } else {
    context.out.Text(ShowText(snapshot));
  }
  return kExitDone;
}

}  // namespace osc::cli
