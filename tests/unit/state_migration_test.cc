#include <gtest/gtest.h>

#include <map>
#include <set>

#include "src/base/error.h"
#include "src/state/migration.h"

namespace osc::state {
namespace {

std::vector<MigrationState> AllStates() {
  std::vector<MigrationState> states;
  for (int i = 0; i <= static_cast<int>(MigrationState::kFailed); ++i) {
    states.push_back(static_cast<MigrationState>(i));
  }
  return states;
}

TEST(StateMigrationTest, StateNamesAreThoseOfTheContract) {
  std::string names;
  for (const MigrationState state : AllStates()) {
    names += std::string(StateName(state)) + " ";
    EXPECT_EQ(ParseState(StateName(state)), state);
  }
  EXPECT_EQ(
      names,
      "queued preparing copying indexing catching-up verifying ready cutting-over live "
      "reverting reverted reapplying reseeding completing cancelling failing completed cancelled "
      "failed ");
  EXPECT_THROW(ParseState("done"), Error);
}

TEST(StateMigrationTest, WhichCommandFitsWhichState) {
  const std::set<std::string> early{"queued",   "preparing",   "copying",
                                    "indexing", "catching-up", "verifying"};
  std::set<std::string> before = early;
  before.insert("ready");
  std::set<std::string> cancellable = before;
  cancellable.insert("cutting-over");
  std::set<std::string> unfinished = cancellable;
  cancellable.insert("cancelling");
  unfinished.insert({"live", "reverting", "reverted", "reapplying", "reseeding"});
  std::set<std::string> pausable = early;
  pausable.insert("reseeding");
  const std::map<std::string, std::set<std::string>> allowed{
      {"cutover", before},       {"revert", {"live"}},
      {"reapply", {"reverted"}}, {"complete", {"live", "reverted", "reseeding", "completing"}},
      {"cancel", cancellable},   {"pause", pausable},
      {"restart-copy", before},  {"reseed", {"live", "reverted", "reseeding"}},
      {"resume", unfinished},    {"set", unfinished},
  };
  for (const auto& [command, states] : allowed) {
    for (const MigrationState state : AllStates()) {
      const auto refusal = RefuseCommand(command, state, "abc12345");
      EXPECT_EQ(!refusal, states.count(std::string(StateName(state))) == 1)
          << command << " in " << StateName(state);
      if (!refusal) continue;
      EXPECT_NE(refusal->message.find("cannot " + command + " abc12345: "), std::string::npos);
      EXPECT_NE(refusal->hint.find("abc12345"), std::string::npos);
    }
  }
}

TEST(StateMigrationTest, RefusalsSayWhyAndWhatToDo) {
  EXPECT_EQ(RefuseCommand("revert", MigrationState::kCompleted, "abc12345")->message,
            "cannot revert abc12345: it is completed, its revert window has ended");
  EXPECT_EQ(RefuseCommand("revert", MigrationState::kCopying, "abc12345")->message,
            "cannot revert abc12345: it has not been cut over yet (copying)");
  const auto cancel = RefuseCommand("cancel", MigrationState::kLive, "abc12345");
  EXPECT_EQ(cancel->message, "cannot cancel abc12345: the new table is live already");
  EXPECT_NE(cancel->hint.find("osc revert abc12345"), std::string::npos);
}

TEST(StateMigrationTest, WhatTheServerHasDoneCannotBeTakenBack) {
  Migration migration;
  migration.id = "abc12345";
  migration.database = "shop";
  migration.table = "users";
  migration.state = MigrationState::kCompleted;
  EXPECT_EQ(RefuseCommand("revert", migration)->message,
            "cannot revert abc12345: it is completed, its revert window has ended");
  migration.settings.algorithm = Algorithm::kInstant;
  EXPECT_EQ(RefuseCommand("revert", migration)->message,
            "cannot revert abc12345: the server has made the change itself (ALGORITHM=INSTANT), so "
            "that there is no other table to go to");
  EXPECT_EQ(RefuseCommand("revert", migration)->hint,
            "make the opposite change, as a migration of its own: osc alter --table shop.users "
            "--alter ...");
  EXPECT_EQ(RefuseCommand("cancel", migration)->message,
            "cannot cancel abc12345: it is completed, its revert window has ended");
  migration.state = MigrationState::kCancelled;
  EXPECT_EQ(RefuseCommand("revert", migration)->message,
            "cannot revert abc12345: it was cancelled before its cutover");
}

TEST(StateMigrationTest, SettingsRoundTrip) {
  Settings settings;
  ApplySetting(&settings, "retention", "90m");
  ApplySetting(&settings, "postpone-cutover", "on");
  ApplySetting(&settings, "copy-threads", "4");
  ApplySetting(&settings, "apply-lanes", "8");
  ApplySetting(&settings, "chunk-time", "500ms");
  ApplySetting(&settings, "cutover-lock-timeout", "1500ms");
  ApplySetting(&settings, "max-lag", "2s");
  ApplySetting(&settings, "algorithm", "auto");
  ApplySetting(&settings, "max-load", "Threads_running=50,Threads_connected=2.5");
  ApplySetting(&settings, "critical-load", "Threads_running=1e12");
  ApplySetting(&settings, "throttle-query", "select count(*) from brake");
  ApplySetting(&settings, "throttle-file", "/run/hold");
  ApplySetting(&settings, "replica", "db2,db3:3307");
  ApplySetting(&settings, "nice", "0.5");
  const Settings loaded = LoadSettings(SaveSettings(settings));
  EXPECT_EQ(loaded.retention, std::chrono::minutes(90));
  EXPECT_TRUE(loaded.postpone_cutover);
  EXPECT_EQ(loaded.copy_threads, 4);
  EXPECT_EQ(loaded.apply_lanes, 8);
  EXPECT_EQ(loaded.chunk_time, std::chrono::milliseconds(500));
  EXPECT_EQ(loaded.cutover_lock_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(loaded.max_lag, std::chrono::seconds(2));
  EXPECT_EQ(loaded.algorithm, Algorithm::kAuto);
  EXPECT_EQ(loaded.max_load, (LoadLimits{{"Threads_running", 50}, {"Threads_connected", 2.5}}));
  EXPECT_EQ(loaded.critical_load, (LoadLimits{{"Threads_running", 1e12}}));
  EXPECT_EQ(loaded.throttle_query, "select count(*) from brake");
  EXPECT_EQ(loaded.throttle_file, "/run/hold");
  EXPECT_EQ(loaded.replicas, "db2,db3:3307");
  EXPECT_EQ(loaded.nice, 0.5);
  ApplySetting(&settings, "max-load", "none");
  ApplySetting(&settings, "throttle-file", "none");
  ApplySetting(&settings, "nice", "auto");
  EXPECT_EQ(LoadSettings(SaveSettings(settings)).nice, std::nullopt);
  EXPECT_TRUE(LoadSettings(SaveSettings(settings)).max_load.empty());
  EXPECT_TRUE(LoadSettings(SaveSettings(settings)).throttle_file.empty());
  // As migrations of before have them.
  EXPECT_EQ(LoadSettings("{}").algorithm, Algorithm::kOsc);
}

TEST(StateMigrationTest, BadSettingsAreNamed) {
  const std::vector<std::array<const char*, 3>> cases{
      {"retention", "24", "retention: '24' is not a duration"},
      {"retention", "-1h", "retention: '-1h' is not a duration"},
      {"copy-threads", "0", "copy-threads: '0' is not a whole number from 1 to 64"},
      {"copy-threads", "4x", "copy-threads: '4x' is not a whole number from 1 to 64"},
      {"copy-threads", "", "copy-threads: '' is not a whole number from 1 to 64"},
      {"apply-lanes", "1000", "apply-lanes: '1000' is not a whole number from 1 to 64"},
      {"chunk-time", "2m", "chunk-time: '2m' is not between 1ms and 1m"},
      {"postpone-cutover", "maybe", "postpone-cutover: 'maybe' is not on or off"},
      {"max-load", "Threads_running",
       "max-load: 'Threads_running' is not status variables with their limits, as in "
       "Threads_running=50"},
      {"max-load", "a b=1",
       "max-load: 'a b=1' is not status variables with their limits, as in Threads_running=50"},
      {"max-load", "a=-1",
       "max-load: 'a=-1' is not status variables with their limits, as in Threads_running=50"},
      {"throttle-query", "DELETE FROM t",
       "throttle-query: 'DELETE FROM t' is not a SELECT of one number"},
      {"throttle-file", "hold", "throttle-file: 'hold' is not an absolute path"},
      {"replica", "db2:x", "replica: 'db2:x' is not a host or host:port"},
      {"nice", "-1",
       "nice: '-1' is not auto, or a number from 0 (no rest) to 1000: 1 rests as long as it has "
       "worked"},
      {"algorithm", "inplace", "algorithm: 'inplace' is not osc, instant or auto"},
      {"speed", "fast", "there is no setting 'speed'"},
  };
  for (const auto& [name, value, message] : cases) {
    Settings settings;
    try {
      ApplySetting(&settings, name, value);
      ADD_FAILURE() << name << "=" << value << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_EQ(error.message(), message);
    }
  }
}

}  // namespace
}  // namespace osc::state
