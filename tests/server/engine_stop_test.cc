// An engine that is asked to stop: it does so soon, whatever it waits for, and nothing is lost.
#include <filesystem>

#include "src/base/wait.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using base::Clock;
using std::chrono::seconds;

class EngineStopTest : public testing::UsersTest {
 protected:
  // An engine that stands still in the middle of a lane's transaction, with what a writer wrote.
  std::unique_ptr<testing::OscProcess> StuckEngine() {
    const auto file = osc().state().home() / "held";
    std::filesystem::remove(file);
    osc().SetEnvironment("OSC_FAULT_HOLD", "apply.before_commit=" + file.string());
    auto engine = osc().Start({"serve"});
    osc().SetEnvironment("OSC_FAULT_HOLD", "");
    testing::WaitUntil(
        "the lane", [&] { return std::filesystem::exists(file); }, seconds(30));
    return engine;
  }
};

TEST_P(EngineStopTest, WhatItWaitsForDoesNotHoldItUp) {
  CreateTitledUsers("users", 100);
  testing::Writers writers(server(), database(), "users", 1);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  osc().state().StopEngine();

  auto engine = StuckEngine();
  auto asked = Clock::now();
  engine->Signal(SIGTERM);
  EXPECT_EQ(engine->Wait(seconds(20)).exit_code, 0);
  EXPECT_LT(Clock::now() - asked, seconds(6));
  EXPECT_GT(Clock::now() - asked, seconds(3)) << "it has not been stuck";

  engine = StuckEngine();
  asked = Clock::now();
  engine->Signal(SIGTERM);
  engine->Signal(SIGINT);
  EXPECT_EQ(engine->Wait(seconds(20)).exit_code, 0);
  EXPECT_LT(Clock::now() - asked, seconds(3));

  osc().Succeed({"revert", id, "--wait"});
  ExpectExactly(writers, "users");
  ExpectInvariant(id);
  ExpectTitles("users", 100);
}

INSTANTIATE_TEST_SUITE_P(Servers, EngineStopTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
