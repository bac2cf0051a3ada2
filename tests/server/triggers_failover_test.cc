// Tables with triggers when another server takes over: what the application writes fires them once,
// wherever it writes, and what osc and the replication write fires none.
#include "tests/support/failover_test.h"

namespace osc {
namespace {

using std::chrono::seconds;

class TriggersFailoverTest : public testing::FailoverTest {
 protected:
  void SetUp() override {
    FailoverTest::SetUp();
    if (IsSkipped()) return;
    Run("CREATE DATABASE audit");
    Run("CREATE TABLE audit.fired (id BIGINT AUTO_INCREMENT PRIMARY KEY)");
    Run("CREATE TRIGGER app.t_up AFTER UPDATE ON app.t FOR EACH ROW "
        "INSERT INTO audit.fired () VALUES ()");
    // What was written before it was there does not count.
    before_ = Value(
        "SELECT (SELECT SUM(n) FROM t WHERE id<=500)-(SELECT COUNT(*) FROM "
        "audit.fired)");
  }
  std::string Live() {
    application().WaitForWrites(50);
    const std::string id = StartMigration();
    osc().WaitForState(id, "live");
    application().WaitForWrites(50);
    return id;
  }
  void ExpectFired() {
    application().WaitForWrites(50);
    EXPECT_EQ(Value("SELECT (SELECT SUM(n) FROM t WHERE id<=500)-(SELECT COUNT(*) FROM "
                    "audit.fired)"),
              before_);
    EXPECT_EQ(TriggersOn("='t'"), "1");
    testing::WaitUntil(
        "the off-stage table to have no trigger", [&] { return TriggersOn("<>'t'") == "0"; },
        seconds(30));
  }
  void ExpectTurns(const std::string& id) {
    ExpectFired();
    osc().Succeed({"revert", id});
    ExpectFired();
    osc().Succeed({"reapply", id});
    ExpectFired();
    ExpectInvariant(id);
  }

 private:
  std::string TriggersOn(const std::string& condition) {
    return Value(
        "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA='app' AND "
        "EVENT_OBJECT_TABLE" +
        condition);
  }
  std::string before_;
};

TEST_P(TriggersFailoverTest, TheNewTableIsLive) {
  const std::string id = Live();
  FailOver();
  WaitUntilMoved(id);
  ExpectTurns(id);
}

TEST_P(TriggersFailoverTest, TheRevertIsLost) {
  const std::string id = Live();
  osc().WaitUntilCaughtUp(id);
  CutReplicaOff();
  osc().Succeed({"revert", id});
  application().WaitForWrites(50);
  FailOver();
  osc().WaitUntil(id, "the new table to be live again", [](const nlohmann::json& now) {
    return Contains(now["history"].dump(), "the revert (swap 2) is lost") && now["state"] == "live";
  });
  ExpectTurns(id);
}

TEST_P(TriggersFailoverTest, AfterAReseed) {
  const std::string id = Live();
  osc().Succeed({"reseed", id, "--accept-loss"});
  ExpectFired();
  FailOver();
  WaitUntilMoved(id);
  ExpectTurns(id);
}

INSTANTIATE_TEST_SUITE_P(Servers, TriggersFailoverTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osc
