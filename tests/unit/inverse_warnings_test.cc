#include <gtest/gtest.h>

#include "inverse/warnings.h"

namespace osc::inverse {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const state::Time kNow{std::chrono::milliseconds(1795341600000)};

std::string Kinds(const state::Migration& migration, const state::Progress& progress) {
  std::string kinds;
  for (const Warning& warning : Warnings(migration, progress, kNow)) {
    EXPECT_FALSE(warning.detail.empty());
    kinds += (kinds.empty() ? "" : " ") + warning.kind;
  }
  return kinds;
}

TEST(InverseWarningsTest, TheLastTenthOfTheWindow) {
  state::Migration migration;
  migration.state = state::MigrationState::kLive;
  EXPECT_EQ(Kinds(migration, {}), "");
  migration.settings.retention = hours(20);
  migration.expires_at = kNow + hours(2) + seconds(1);
  EXPECT_EQ(Kinds(migration, {}), "");
  migration.expires_at = kNow + hours(2);
  EXPECT_EQ(Kinds(migration, {}), "window_ends_soon");
  migration.expires_at = kNow - hours(2);  // no engine has looked yet
  EXPECT_EQ(Kinds(migration, {}), "window_ends_soon");
  migration.state = state::MigrationState::kCompleting;
  EXPECT_EQ(Kinds(migration, {}), "");
}

TEST(InverseWarningsTest, BinaryLogsThatTheStreamMayLose) {
  state::Migration migration;
  migration.state = state::MigrationState::kCopying;
  state::Progress progress;
  progress.stream_current_at = kNow - hours(5);
  EXPECT_EQ(Kinds(migration, progress), "");  // they are kept for ever
  progress.binlogs_kept_seconds = 36000;
  EXPECT_EQ(Kinds(migration, progress), "");
  progress.stream_current_at = kNow - hours(5) - seconds(1);
  EXPECT_EQ(Kinds(migration, progress), "binlog_expiry");
  progress.stream_current_at = kNow - hours(50);
  EXPECT_EQ(Kinds(migration, progress), "binlog_expiry");
  migration.error = state::StoredError{"position_lost", "gone", ""};
  EXPECT_EQ(Kinds(migration, progress), "");
  migration.error.reset();
  progress.stream_current_at.reset();
  EXPECT_EQ(Kinds(migration, progress), "");
  progress.binlog_limit_bytes = 100;
  progress.binlog_behind_bytes = 50;
  EXPECT_EQ(Kinds(migration, progress), "");
  progress.binlog_behind_bytes = 51;
  EXPECT_EQ(Kinds(migration, progress), "binlog_space");
}

}  // namespace
}  // namespace osc::inverse
