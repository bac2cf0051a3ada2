// Engines that are killed at random times, again and again, in all states and directions, under one
// application that never stops writing. A part of F1 of the acceptance list.
#include <cstdio>
#include <cstdlib>
#include <random>

#include "src/base/wait.h"
#include "tests/crash/fault_points_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RandomKillsTest : public FaultPointsTest {
 protected:
  int FirstRows() const override { return 5000; }
};

TEST_P(RandomKillsTest, NothingIsLostAndEveryMigrationGoesOn) {
  if (std::getenv("OSC_TEST_LONG") == nullptr) {
    GTEST_SKIP() << "takes many minutes; scripts/test --long runs it";
  }
  const char* const wanted = std::getenv("OSC_TEST_KILLS");
  const int most = wanted != nullptr ? std::atoi(wanted) : 300;
  const char* const given = std::getenv("OSC_TEST_SEED");
  const unsigned seed =
      given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
  std::printf("random kills: OSC_TEST_SEED=%u\n", seed);
  std::mt19937 random(seed);
  int plays = 0;
  for (int kills = 0; kills < most && !HasFailure();) {
    // The last one is TRUNCATE's: what it leaves is nothing to lose any more.
    const Act& act = kills + 10 >= most ? Acts().back() : Acts()[random() % (Acts().size() - 1)];
    const int more = KillAtRandom(act, random, 6);
    kills += more;
    std::printf("%4d kills in %d plays, %d in %s\n", kills, ++plays, more, act.name.c_str());
    std::fflush(stdout);
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, RandomKillsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
