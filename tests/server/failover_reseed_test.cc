// A primary that goes while the off-stage table is rebuilt, and one that comes back with commits
// that nobody else has.
#include "tests/support/failover_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using testing::FailoverTest;
using ::testing::HasSubstr;

class FailoverReseedTest : public FailoverTest {
 protected:
  std::string Prepare() {
    const std::string id = StartMigration({"--chunk-time", "10ms", "--copy-threads", "1"});
    osc().WaitForState(id, "live");
    application().WaitForWrites(50);
    osc().WaitUntilCaughtUp(id);
    return id;
  }
  void PauseReseed(const std::string& id) {
    PauseCopy([&] {
      osc().Succeed({"reseed", id, "--accept-loss", "--detach"});
      return id;
    });
  }
  void WaitUntilRebuilt(const std::string& id, const std::string& event) {
    osc().WaitUntil(id, "the reseed there", [&](const nlohmann::json& now) {
      return Contains(now["history"].dump(), event) && now["state"] == "live" &&
             now["error"] == nlohmann::json();
    });
  }
  void ExpectWayBack(const std::string& id) {
    ExpectInvariant(id);
    osc().Succeed({"revert", id});
    ExpectInvariant(id);
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE title<>'none'"), "0");
    osc().Succeed({"reapply", id});
    ExpectInvariant(id);
  }
};

TEST_P(FailoverReseedTest, PrimaryDiesDuringTheReseed) {
  const std::string id = Prepare();
  PauseReseed(id);
  FailOver();
  osc().Succeed({"resume", id});
  WaitUntilRebuilt(id, "is being rebuilt there");
  ExpectWayBack(id);
}

TEST_P(FailoverReseedTest, TheEndOfTheReseedIsLost) {
  const std::string id = Prepare();
  PauseReseed(id);
  CutReplicaOff();
  osc().Succeed({"resume", id});
  osc().WaitForState(id, "live");
  application().WaitForWrites(50);
  FailOver();
  WaitUntilRebuilt(id, "is being rebuilt there");
  ExpectWayBack(id);
}

TEST_P(FailoverReseedTest, TheWholeReseedIsLost) {
  const std::string id = Prepare();
  CutReplicaOff();
  osc().Succeed({"reseed", id, "--accept-loss"});
  application().WaitForWrites(50);
  FailOver();
  WaitUntilRebuilt(id, "is to be rebuilt there");
  ExpectWayBack(id);
}

TEST_P(FailoverReseedTest, ReseedIsKept) {
  const std::string id = Prepare();
  osc().Succeed({"reseed", id, "--accept-loss"});
  application().WaitForWrites(50);
  FailOver();
  WaitUntilMoved(id);
  EXPECT_FALSE(Contains(osc().Show(id)["history"].dump(), "rebuilt there"));
  ExpectWayBack(id);
}

// With the swap after which it was made. The next one to that side keeps what it has to.
TEST_P(FailoverReseedTest, RevertAndReseedAreLost) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().WaitForWrites(50);
  osc().WaitUntilCaughtUp(id);
  CutReplicaOff();
  osc().Succeed({"revert", id});
  osc().Succeed({"reseed", id});
  FailOver();
  osc().WaitUntil(id, "the new table to be live again", [](const nlohmann::json& now) {
    return Contains(now["history"].dump(), "the revert (swap 2) is lost") && now["state"] == "live";
  });
  ExpectDoorTurns(id);
}

// What it has alone was never carried to the off-stage table that has come from the other one.
TEST_P(FailoverReseedTest, FormerPrimaryWithLostCommitsIsRefused) {
  const std::string id = StartMigration();
  osc().WaitForState(id, "live");
  application().Pause();
  osc().WaitUntilCaughtUp(id);
  const std::string common = WaitUntilItFollows(second(), first());
  CutReplicaOff();
  osc().state().StopEngine();
  Run("UPDATE app.t SET n=-1 WHERE id=600");
  FailOver();
  osc().Succeed({"resume", id, "--detach"});
  WaitUntilMoved(id);
  application().WaitForWrites(20);
  pair().Start();
  // MariaDB does not let it follow by what it has itself, which the other one lacks.
  if (IsMariaDb()) first().Connect().Execute("SET GLOBAL gtid_slave_pos='" + common + "'");
  pair().FollowReplica(IsMariaDb() ? "slave_pos" : "current_pos");
  application().Pause();
  osc().WaitUntilCaughtUp(id);
  Run("SET GLOBAL read_only=ON");
  PromoteFirst();
  application().WaitForWrites(5);
  application().Pause();
  const std::string before = Commits(first());
  WaitUntilIn(id, "has diverged");
  EXPECT_EQ(Commits(first()), before);
  EXPECT_EQ(osc().Show(id)["revert"]["readiness"], "stopped");
  // A copy from what this one has is the way out.
  osc().Succeed({"reseed", id});
  application().MoveTo(first());
  ExpectInvariant(id);
}

INSTANTIATE_TEST_SUITE_P(Servers, FailoverReseedTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osc
