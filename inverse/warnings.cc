#include "inverse/warnings.h"

#include "src/base/duration.h"

namespace osc::inverse {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kLastShare = 10;

std::string Rounded(state::Time::duration duration) {
  return base::FormatDuration(std::chrono::floor<seconds>(duration));
}

std::string At(state::Time time) { return base::FormatTime(std::chrono::floor<seconds>(time)); }

void AddWindow(const state::Migration& migration, state::Time now, std::vector<Warning>* warnings) {
  if (!migration.expires_at ||
      now < *migration.expires_at - migration.settings.retention / kLastShare) {
    return;
  }
  const bool on_new = migration.live == state::LiveTable::kNew;
  const std::string command = (on_new ? "osc revert " : "osc reapply ") + migration.id;
  const std::string end = now < *migration.expires_at
                              ? "the revert window ends in " +
                                    Rounded(*migration.expires_at - now) + ", at " +
                                    At(*migration.expires_at)
                              : "the revert window has ended at " + At(*migration.expires_at);
  warnings->push_back({"window_ends_soon", end + ": `" + command +
                                               "` is possible until then, `osc set " +
                                               migration.id + " retention=...` moves the end"});
}

void AddBinlogs(const state::Progress& progress, state::Time now, std::vector<Warning>* warnings) {
  const seconds kept{progress.binlogs_kept_seconds};
  if (progress.stream_current_at && kept.count() > 0 &&
      now - *progress.stream_current_at > kept / 2) {
    const state::Time end = *progress.stream_current_at + kept;
    warnings->push_back(
        {"binlog_expiry",
         "the stream needs the binary logs from " + At(*progress.stream_current_at) +
             " on, and the server keeps them for " + base::FormatDuration(kept) + ": " +
             (now < end ? "from " + At(end) + " on they may be purged"
                        : "since " + At(end) + " they may have been purged") +
             ", and the stream could not go on; let it catch up, or raise "
             "binlog_expire_logs_seconds"});
  }
  if (progress.binlog_limit_bytes > 0 &&
      progress.binlog_behind_bytes > progress.binlog_limit_bytes / 2) {
    constexpr uint64_t kMebibyte = 1 << 20;
    warnings->push_back(
        {"binlog_space", "the stream needs the last " +
                             std::to_string(progress.binlog_behind_bytes / kMebibyte) +
                             " MiB of the binary logs, and the server keeps " +
                             std::to_string(progress.binlog_limit_bytes / kMebibyte) +
                             " MiB: let it catch up, or raise max_binlog_total_size"});
  }
}

}  // namespace

std::vector<Warning> Warnings(const state::Migration& migration, const state::Progress& progress,
                              state::Time now) {
  std::vector<Warning> warnings;
  if (state::IsFinal(migration.state) || state::IsEnding(migration.state)) return warnings;
  AddWindow(migration, now, &warnings);
  // Lost is lost.
  if (!migration.error || migration.error->code != "position_lost") {
    AddBinlogs(progress, now, &warnings);
  }
  return warnings;
}

}  // namespace osc::inverse
