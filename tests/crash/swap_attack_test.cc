// Sessions of a swap that are killed at each of its steps. F3 of the acceptance list.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "src/base/wait.h"
#include "src/mysql/session_list.h"
#include "tests/crash/fault_points_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The sessions that an attempt opens, in this order, after all others of the engine.
const std::vector<std::string> kVictims{"control", "lock", "rename", "probe"};
const std::string kOthers = "all others";

class SwapAttackTest : public testing::UsersTest {
 protected:
  std::vector<uint64_t> Sessions() {
    std::vector<uint64_t> ids;
    for (const mysql::Session& session : mysql::ListSessions(connection())) {
      if (session.database == database()) ids.push_back(session.id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  void Kill(const std::vector<uint64_t>& ids) {
    for (const uint64_t id : ids) {
      try {
        Run("KILL CONNECTION " + std::to_string(id));
      } catch (const Error&) {
        // It has just ended.
      }
    }
  }

  // Holds a swap at the point and kills. False when the swap does not pass the point.
  bool Attack(const std::string& id, const std::string& point, const std::string& victim,
              testing::Writers& writers) {
    SCOPED_TRACE(point + ", killed: " + victim);
    std::printf("%s, killed: %s\n", point.c_str(), victim.c_str());
    const std::vector<uint64_t> before = Sessions();
    const auto file = osc().state().home() / "held";
    const bool on_new = osc().Show(id)["live"] == "new";
    const std::string end = on_new ? "reverted" : "live";
    osc().SetEnvironment("OSC_FAULT_HOLD", point + "=" + file.string());
    const auto engine = osc().Start({"serve"});
    osc().SetEnvironment("OSC_FAULT_HOLD", "");
    testing::WaitUntil(
        "the engine", [&] { return osc().state().EnginePid().has_value(); }, seconds(20));
    osc().Run({on_new ? "revert" : "reapply", id, "--detach", "--no-autostart"});
    bool held = false;
    testing::WaitUntil(
        "the swap to be held or done",
        [&] {
          held = std::filesystem::exists(file);
          return held || osc().Show(id)["state"] == end;
        },
        seconds(60));
    if (held) {
      std::vector<uint64_t> sessions;
      for (const uint64_t session : Sessions()) {
        if (!std::binary_search(before.begin(), before.end(), session)) sessions.push_back(session);
      }
      const size_t others = sessions.size() - kVictims.size();
      const auto at = std::find(kVictims.begin(), kVictims.end(), victim) - kVictims.begin();
      if (victim == kOthers) {
        Kill({sessions.begin(), sessions.begin() + static_cast<std::ptrdiff_t>(others)});
      } else {
        Kill({sessions[others + static_cast<size_t>(at)]});
      }
      std::filesystem::remove(file);
      osc().WaitForState(id, end);
      writers.WaitForTransactions(20);
      ExpectInvariant(id);
      EXPECT_THAT(Tables(), ::testing::ElementsAre("_osc_" + id + "_users", "_oscck_" + id,
                                                   "_osccp_" + id, "users"));
    }
    engine->Signal(SIGTERM);
    engine->Wait(seconds(30));
    return held;
  }
};

TEST_P(SwapAttackTest, SessionsAreKilledAtEachStep) {
  CreateTitledUsers("users", 300);
  testing::Writers writers(server(), database(), "users", 2);
  const std::string id =
      osc().Alter("users", "DROP COLUMN title", {"--cutover-lock-timeout", "2s"});
  osc().state().StopEngine();
  const bool all = std::getenv("OSC_TEST_LONG") != nullptr;
  std::mt19937 random(std::random_device{}());
  Names victims = kVictims;
  victims.push_back(kOthers);
  int attacks = 0;
  for (const std::string& point : FaultPointsTest::NamesInSources()) {
    if (point.find("swap.") != 0) continue;
    const Names chosen = all ? victims : Names{victims[random() % victims.size()]};
    for (const std::string& victim : chosen) {
      if (!Attack(id, point, victim, writers) || HasFailure()) break;
      ++attacks;
    }
  }
  EXPECT_GE(attacks, 8);
  StartEngine(id);
  if (osc().Show(id)["live"] == "new") osc().Succeed({"revert", id});
  ExpectExactly(writers, "users");
  ExpectTitles("users", 300);
}

INSTANTIATE_TEST_SUITE_P(Servers, SwapAttackTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
