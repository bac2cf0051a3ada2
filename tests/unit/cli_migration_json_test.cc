#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/migration_json.h"
#include "ddl/revert_notes.h"

namespace osc::cli {
namespace {

using Json = nlohmann::ordered_json;

Snapshot Live() {
  Snapshot snapshot;
  state::Migration& migration = snapshot.migration;
  migration.id = "abc12345";
  migration.database = "shop";
  migration.table = "users";
  migration.alter = "DROP COLUMN title";
  migration.state = state::MigrationState::kLive;
  migration.live = state::LiveTable::kNew;
  migration.created_at = state::Time(std::chrono::milliseconds(1795341600123));
  migration.expires_at = state::Time(std::chrono::milliseconds(1795428000000));
  migration.notes = ddl::SaveNotes({{"lossy", "title", "no default"}});
  snapshot.progress.rows_copied = 200;
  snapshot.progress.percent = 100.4;
  snapshot.progress.stream_direction = "new-to-old";
  snapshot.progress.stream_gtid = "0-1-42";
  snapshot.progress.stream_running = true;
  snapshot.progress.readiness = "lossy";
  snapshot.progress.reasons.push_back({"lossy", "title", 3, "its default"});
  state::Swap swap;
  swap.number = 1;
  swap.direction = "cutover";
  swap.freeze_point = "0-1-41";
  swap.at = state::Time(std::chrono::milliseconds(1795341700000));
  swap.lock_ms = 7.5;
  snapshot.swaps.push_back(swap);
  snapshot.events.push_back({state::Time(std::chrono::milliseconds(1795341600123)), "created"});
  snapshot.engine_running = true;
  return snapshot;
}

// The shape that scripts rely on; see the contract.
TEST(CliMigrationJsonTest, ShowHasTheShapeOfTheContract) {
  const Json json = MigrationJson(Live());
  EXPECT_EQ(json["id"], "abc12345");
  EXPECT_EQ(json["database"], "shop");
  EXPECT_EQ(json["table"], "users");
  EXPECT_EQ(json["alter"], "DROP COLUMN title");
  EXPECT_EQ(json["state"], "live");
  EXPECT_EQ(json["live"], "new");
  EXPECT_EQ(json["created_at"], "2026-11-22T10:00:00.123Z");
  EXPECT_TRUE(json["error"].is_null());
  EXPECT_EQ(json["progress"]["rows_copied"], 200);
  EXPECT_EQ(json["progress"]["rows_estimated"], 0);
  EXPECT_EQ(json["progress"]["percent"], 100.0);
  EXPECT_TRUE(json["progress"]["eta_seconds"].is_null());
  EXPECT_EQ(json["stream"]["direction"], "new-to-old");
  EXPECT_EQ(json["stream"]["gtid"], "0-1-42");
  EXPECT_EQ(json["stream"]["lag_ms"], 0);
  EXPECT_EQ(json["stream"]["rows_applied"], 0);
  EXPECT_EQ(json["stream"]["running"], true);
  EXPECT_EQ(json["throttle"],
            (Json{{"throttled", false}, {"reason", ""}, {"since", nullptr}, {"pace", nullptr}}));
  EXPECT_EQ(json["swaps"], Json::array({{{"direction", "cutover"},
                                         {"freeze_point", "0-1-41"},
                                         {"at", "2026-11-22T10:01:40.000Z"},
                                         {"lock_ms", 7.5}}}));
  EXPECT_EQ(json["revert"]["readiness"], "lossy");
  EXPECT_EQ(
      json["revert"]["reasons"],
      Json::array(
          {{{"kind", "lossy"}, {"column", "title"}, {"rows", 3}, {"detail", "its default"}}}));
  EXPECT_EQ(json["revert"]["expires_at"], "2026-11-23T10:00:00.000Z");
  EXPECT_EQ(json["verify"]["state"], "none");
  EXPECT_EQ(json["verify"]["rows_compared"], 0);
  EXPECT_EQ(json["verify"]["differences"], 0);
  EXPECT_EQ(json["verify"]["eta_seconds"], nullptr);
  EXPECT_EQ(json["off_stage_table"], "_osc_abc12345_users");
  EXPECT_EQ(json["settings"]["retention"], "24h");
  EXPECT_EQ(json["notes"], Json::array({{{"level", "lossy"},
                                         {"kind", "lossy"},
                                         {"column", "title"},
                                         {"detail", "no default"}}}));
  EXPECT_EQ(json["revert_defaults"], Json::array());
  EXPECT_EQ(json["history"][0]["text"], "created");
}

TEST(CliMigrationJsonTest, AnErrorIsAnObject) {
  Snapshot snapshot = Live();
  snapshot.migration.error = state::StoredError{"diverged", "foreign ALTER", "look"};
  EXPECT_EQ(MigrationJson(snapshot)["error"],
            (Json{{"code", "diverged"}, {"message", "foreign ALTER"}, {"hint", "look"}}));
}

TEST(CliMigrationJsonTest, SaysWhoMadeTheChange) {
  Snapshot snapshot = Live();
  EXPECT_EQ(MigrationJson(snapshot)["algorithm"], "osc");
  EXPECT_TRUE(MigrationJson(snapshot)["off_stage_table"].is_string());
  snapshot.migration.settings.algorithm = state::Algorithm::kInstant;
  snapshot.migration.state = state::MigrationState::kCompleted;
  EXPECT_EQ(MigrationJson(snapshot)["algorithm"], "instant");
  EXPECT_TRUE(MigrationJson(snapshot)["off_stage_table"].is_null());
}

TEST(CliMigrationJsonTest, AStreamRunsOnlyWhileAnEngineDoes) {
  Snapshot snapshot = Live();
  snapshot.engine_running = false;
  EXPECT_EQ(MigrationJson(snapshot)["stream"]["running"], false);
  snapshot.engine_running = true;
  snapshot.migration.state = state::MigrationState::kCompleted;
  EXPECT_EQ(MigrationJson(snapshot)["stream"]["running"], false);
}

}  // namespace
}  // namespace osc::cli
