#include <gtest/gtest.h>

#include "cli/progress_line.h"
#include "cli/text.h"

namespace osc::cli {
namespace {

using state::Migration;
using state::MigrationState;
using state::Progress;

Migration Copying() {
  Migration migration;
  migration.id = "abc12345";
  migration.table = "users";
  migration.state = MigrationState::kCopying;
  return migration;
}

Progress Half() {
  Progress progress;
  progress.rows_copied = 1'500'000;
  progress.rows_estimated = 3'000'000;
  progress.percent = 50;
  progress.eta_seconds = 130;
  progress.rows_per_second = 12'345.6;
  progress.stream_direction = "old-to-new";
  progress.stream_running = true;
  progress.lag_ms = 12;
  return progress;
}

TEST(CliProgressTest, AWideTerminalShowsAll) {
  const auto lines = ProgressLines({Copying(), Half()}, {.width = 119});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0],
            "abc12345  users  copying  [##############--------------]  50.0%  "
            "1,500,000 of ~3,000,000 rows  12,345 rows/s  ETA 2m10s");
  EXPECT_EQ(lines[1], "  stream 12 ms behind");
}

TEST(CliProgressTest, NarrowTerminalsLoseTheLeastImportantFirst) {
  EXPECT_EQ(ProgressLines({Copying(), Half()}, {.width = 79})[0],
            "users  copying  [######-------]  50.0%  1,500,000 of ~3,000,000 rows  ETA 2m10s");
  EXPECT_EQ(ProgressLines({Copying(), Half()}, {.width = 40})[0],
            "users  copying  50.0%  ETA 2m10s");
  EXPECT_EQ(ProgressLines({Copying(), Half()}, {.width = 20})[0], "copying  50.0%");
}

TEST(CliProgressTest, NoLineIsEverWiderThanTheTerminal) {
  Migration migration = Copying();
  migration.table =
      "an_уединённая_表🙂_with_a_very_long_name_of_sixty_four_characters";
  migration.error = state::StoredError{"diverged", std::string(300, 'x'), ""};
  Progress progress = Half();
  progress.throttled = true;
  progress.throttle_reason = "the stream is 2.4 s behind";
  progress.note = "waiting for\nsomething long " + std::string(200, 'y');
  progress.reasons.push_back({"blocked", "name", 12, std::string(100, 'z')});
  for (int number = 0; number <= static_cast<int>(MigrationState::kFailed); ++number) {
    migration.state = static_cast<MigrationState>(number);
    migration.expires_at = state::Time{};
    for (size_t width = 1; width <= 200; width += width < 20 ? 1 : 13) {
      for (const bool unicode : {false, true}) {
        const LineStyle style{.width = width, .unicode = unicode};
        for (const std::string& line : ProgressLines({migration, progress}, style)) {
          EXPECT_LE(DisplayWidth(line), width) << line;
          EXPECT_EQ(line.find('\n'), std::string::npos);
        }
      }
    }
  }
}

TEST(CliProgressTest, TheBarNeverGoesPastItsEnd) {
  Progress progress = Half();
  for (const double percent : {-10.0, 0.0, 0.1, 99.99, 100.0, 250.0}) {
    progress.percent = percent;
    for (const bool unicode : {false, true}) {
      const LineStyle style{.width = 100, .unicode = unicode};
      const std::string line = ProgressLines({Copying(), progress}, style)[0];
      EXPECT_LE(DisplayWidth(line), 100U);
      EXPECT_EQ(line.find("101"), std::string::npos);
    }
  }
  progress.percent = 50;
  EXPECT_NE(ProgressLines({Copying(), progress}, {.width = 119, .unicode = true})[0].find("████░"),
            std::string::npos);
}

TEST(CliProgressTest, AnEstimateThatWasTooLowIsLeftOut) {
  Progress progress = Half();
  progress.rows_copied = 3'200'000;
  EXPECT_NE(ProgressText({Copying(), progress}).find(" 3,200,000 rows,"), std::string::npos);
}

TEST(CliProgressTest, ColourAddsNothingButColour) {
  const std::string plain = ProgressLines({Copying(), Half()}, {.width = 90})[0];
  std::string coloured = ProgressLines({Copying(), Half()}, {.width = 90, .colour = true})[0];
  EXPECT_NE(coloured, plain);
  while (true) {
    const size_t escape = coloured.find('\x1b');
    if (escape == std::string::npos) break;
    coloured.erase(escape, coloured.find('m', escape) - escape + 1);
  }
  EXPECT_EQ(coloured, plain);
}

TEST(CliProgressTest, LogLines) {
  EXPECT_EQ(ProgressText({Copying(), Half()}),
            "users: copying, 50.0%, 1,500,000 of ~3,000,000 rows, 12,345 rows/s, ETA 2m10s, "
            "stream 12 ms behind");
  Migration migration = Copying();
  migration.paused = true;
  EXPECT_EQ(ProgressText({migration, Half()}).rfind("users: paused, 50.0%", 0), 0U);

  migration = Copying();
  migration.state = MigrationState::kLive;
  migration.live = state::LiveTable::kNew;
  migration.expires_at = std::chrono::system_clock::from_time_t(1795341600);
  Progress progress = Half();
  progress.stream_direction = "new-to-old";
  progress.readiness = "blocked";
  progress.reasons.push_back({"blocked", "name", 1, "row id=7 is too long"});
  EXPECT_EQ(ProgressText({migration, progress}),
            "users: live, revert blocked, until 2026-11-22 10:00 UTC, stream 12 ms behind, "
            "blocked: name, 1 row, row id=7 is too long");
  progress.reasons.clear();
  state::Verification verification;
  verification.state = state::VerifyState::kRunning;
  verification.rows_estimated = 3'000'000;
  verification.counts.rows = 1'200'000;
  verification.counts.missing = 1;
  verification.eta_seconds = 4;
  EXPECT_EQ(ProgressText({migration, progress, verification}),
            "users: live, revert blocked, until 2026-11-22 10:00 UTC, 1,200,000 of ~3,000,000 rows "
            "compared, 1 differs, ETA 4s, stream 12 ms behind");
  progress.stream_running = false;
  EXPECT_NE(ProgressText({migration, progress}).find("stream not running"), std::string::npos);
  migration.state = MigrationState::kReverted;
  migration.live = state::LiveTable::kOld;
  EXPECT_NE(ProgressText({migration, progress}).find("reapply blocked"), std::string::npos);
  migration.state = MigrationState::kFailed;
  migration.error = state::StoredError{"diverged", "foreign ALTER", ""};
  EXPECT_NE(ProgressText({migration, progress}).find("failed, "), std::string::npos);
  EXPECT_NE(ProgressText({migration, progress}).find("error: foreign ALTER"), std::string::npos);
}

}  // namespace
}  // namespace osc::cli
