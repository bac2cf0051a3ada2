#include "cli/progress_line.h"

#include <algorithm>
#include <cmath>

#include "cli/migration_json.h"
#include "cli/text.h"

namespace osc::cli {
namespace {

using state::Migration;
using state::MigrationState;
using state::Progress;

constexpr size_t kLeastBar = 8;
constexpr size_t kMostBar = 40;
constexpr const char* kReset = "\x1b[0m";

// One piece of a line. Pieces with the highest rank are left out first.
struct Piece {
  std::string text;
  int rank = 0;
  const char* colour = nullptr;
  bool is_bar = false;
};

std::string Phase(const Migration& migration) {
  if (migration.paused && state::IsBeforeCutover(migration.state)) return "paused";
  return std::string(state::StateName(migration.state));
}

const char* PhaseColour(const Migration& migration) {
  if (migration.state == MigrationState::kFailed || migration.error) return "\x1b[31m";
  if (migration.state == MigrationState::kLive) return "\x1b[32m";
  return "\x1b[1m";
}

bool IsCopying(const Migration& migration) {
  return migration.state == MigrationState::kCopying ||
         migration.state == MigrationState::kReseeding;
}

std::string Rows(const Progress& progress) {
  std::string rows = FormatCount(progress.rows_copied);
  // The estimate is the server's guess and may be less than what has been copied.
  if (progress.rows_estimated > progress.rows_copied) {
    rows += " of ~" + FormatCount(progress.rows_estimated);
  }
  return rows + " rows";
}

std::string Rate(const Progress& progress) {
  return FormatCount(static_cast<uint64_t>(std::max(progress.rows_per_second, 0.0))) + " rows/s";
}

std::string Bar(double percent, size_t width, bool unicode) {
  const double share = std::isfinite(percent) ? std::clamp(percent, 0.0, 100.0) / 100 : 0;
  if (!unicode) {
    const auto full = static_cast<size_t>(share * static_cast<double>(width - 2));
    return "[" + std::string(full, '#') + std::string(width - 2 - full, '-') + "]";
  }
  static const std::vector<std::string> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<size_t>(share * static_cast<double>(width * 8));
  std::string bar;
  for (size_t i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kEighths[eighths % 8];
  for (size_t i = (eighths + 7) / 8; i < width; ++i) bar += "░";
  return bar;
}

// The window in which a revert (or reapply) is possible, and whether it still is.
std::string Readiness(const Migration& migration, const Progress& progress) {
  const bool window = migration.state == MigrationState::kLive ||
                      migration.state == MigrationState::kReverted ||
                      migration.state == MigrationState::kReverting ||
                      migration.state == MigrationState::kReapplying;
  if (!window) return "";
  const bool back = migration.live == state::LiveTable::kNew;
  return std::string(back ? "revert " : "reapply ") + Printable(progress.readiness);
}

std::vector<Piece> Headline(const Migration& migration, const Progress& progress) {
  std::vector<Piece> pieces{{Printable(migration.table), 1, "\x1b[1m"},
                            {Phase(migration), 0, PhaseColour(migration)}};
  if (IsCopying(migration)) {
    pieces.push_back({"", 3, "\x1b[36m", true});
    pieces.push_back({FormatPercent(progress.percent), 0});
    pieces.push_back({Rows(progress), 4});
    if (!migration.paused) {
      pieces.push_back({Rate(progress), 5});
      if (progress.eta_seconds) {
        pieces.push_back({"ETA " + FormatSeconds(*progress.eta_seconds), 2});
      }
    }
  } else if (state::IsBeforeCutover(migration.state) && progress.rows_copied > 0) {
    pieces.push_back({FormatRows(progress.rows_copied) + " copied", 3});
  }
  if (const std::string readiness = Readiness(migration, progress); !readiness.empty()) {
    const bool good = progress.readiness == "ready";
    pieces.push_back({readiness, 2, good ? "\x1b[32m" : "\x1b[33m"});
    if (migration.expires_at) {
      pieces.push_back({"until " + FormatMinute(*migration.expires_at), 3});
    }
  }
  return pieces;
}

size_t Width(const std::vector<Piece>& pieces) {
  size_t width = 0;
  for (const Piece& piece : pieces) {
    width += (piece.is_bar ? kLeastBar : DisplayWidth(piece.text)) + 2;
  }
  return width < 2 ? 0 : width - 2;
}

std::string Compose(std::vector<Piece> pieces, double percent, const LineStyle& style) {
  while (pieces.size() > 1 && Width(pieces) > style.width) {
    const auto least =
        std::max_element(pieces.begin(), pieces.end(),
                         [](const Piece& a, const Piece& b) { return a.rank < b.rank; });
    if (least->rank == 0) break;
    pieces.erase(least);
  }
  const size_t used = Width(pieces);
  const size_t spare = used < style.width ? style.width - used : 0;
  std::string line;
  size_t room = style.width;
  for (Piece& piece : pieces) {
    if (!line.empty()) {
      if (room <= 2) break;
      line += "  ";
      room -= 2;
    }
    if (piece.is_bar) {
      piece.text = Bar(percent, std::min(kLeastBar + spare, kMostBar), style.unicode);
    }
    const std::string text = Fit(piece.text, room);
    room -= DisplayWidth(text);
    const bool coloured = style.colour && piece.colour;
    line += coloured ? piece.colour + text + kReset : text;
  }
  return line;
}

std::string Compared(const state::Verification& verification) {
  std::string text = CompareText(verification);
  if (const uint64_t differ = verification.counts.differences(); differ > 0) {
    text += ", " + FormatCount(differ) + (differ == 1 ? " differs" : " differ");
  }
  if (verification.eta_seconds) text += ", ETA " + FormatSeconds(*verification.eta_seconds);
  return text;
}

// What a person should know beyond how far it is.
std::vector<std::string> Details(const Shown& shown) {
  const Migration& migration = shown.migration;
  const Progress& progress = shown.progress;
  std::vector<std::string> details;
  if (shown.verification.state == state::VerifyState::kRunning) {
    details.push_back(Compared(shown.verification));
  }
  if (progress.stream_direction != "none" && !state::IsFinal(migration.state)) {
    details.push_back(progress.stream_running
                          ? "stream " + FormatMillis(progress.lag_ms) + " behind"
                      : migration.settings.pause_stream ? "stream paused"
                                                        : "stream not running");
    if (progress.rows_applied > 0) {
      details.push_back(FormatRows(progress.rows_applied) + " applied");
    }
  }
  if (progress.pace) details.push_back(PaceText(migration, *progress.pace));
  if (progress.throttled) details.push_back("throttled: " + Printable(progress.throttle_reason));
  if (!progress.note.empty() && !state::IsFinal(migration.state)) {
    details.push_back(Printable(progress.note));
  }
  return details;
}

std::string ReasonText(const Progress& progress) {
  if (progress.reasons.empty()) return "";
  const Progress::Reason& first = progress.reasons.front();
  std::string text = first.kind + (first.column.empty() ? "" : ": " + first.column);
  if (first.rows > 0) text += ", " + FormatRows(first.rows);
  if (!first.detail.empty()) text += ", " + first.detail;
  if (progress.reasons.size() > 1) {
    text += " (and " + std::to_string(progress.reasons.size() - 1) + " more)";
  }
  return Printable(text);
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace

std::vector<std::string> ProgressLines(const Shown& shown, const LineStyle& style) {
  const Migration& migration = shown.migration;
  const Progress& progress = shown.progress;
  std::vector<Piece> headline = Headline(migration, progress);
  headline.insert(headline.begin(), {migration.id, 6, "\x1b[2m"});
  std::vector<std::string> lines{Compose(std::move(headline), progress.percent, style)};
  const auto add = [&](const std::string& text, const char* colour) {
    const std::string line = Fit("  " + text, style.width);
    lines.push_back(style.colour ? colour + line + kReset : line);
  };
  if (const std::string text = Join(Details(shown)); !text.empty()) {
    add(text, progress.throttled ? "\x1b[33m" : "\x1b[2m");
  }
  if (const std::string text = ReasonText(progress); !text.empty()) add(text, "\x1b[33m");
  if (migration.error) add("error: " + Printable(migration.error->message), "\x1b[31m");
  return lines;
}

std::string PaceText(const Migration& migration, const Progress::Pace& pace) {
  const int most = migration.settings.copy_threads;
  if (pace.threads <= 0) return "seeing first how fast writes are without it";
  std::string text = "beside others " + FormatShort(pace.threads) + " of " + std::to_string(most) +
                     (most == 1 ? " thread" : " threads");
  if (pace.write_ms > 0) {
    text += ": a write takes up to " + FormatShort(pace.write_ms) + " ms, without it " +
            FormatShort(pace.write_alone_ms) + " ms";
  }
  return text;
}

std::string ProgressText(const Shown& shown) {
  const Migration& migration = shown.migration;
  const Progress& progress = shown.progress;
  std::vector<std::string> parts;
  for (const Piece& piece : Headline(migration, progress)) {
    if (!piece.is_bar) parts.push_back(piece.text);
  }
  const std::string head = parts[0] + ": ";
  parts.erase(parts.begin());
  for (std::string& detail : Details(shown)) parts.push_back(std::move(detail));
  if (std::string reason = ReasonText(progress); !reason.empty()) {
    parts.push_back(std::move(reason));
  }
  if (migration.error) parts.push_back("error: " + Printable(migration.error->message));
  return head + Join(parts);
}

}  // namespace osc::cli
