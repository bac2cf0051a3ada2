#include "shadow/pace_control.h"

#include <gtest/gtest.h>

#include <random>

namespace osc::shadow {
namespace {

using Wait = PaceControl::Wait;

constexpr int kMost = 4;

// A server whose writes take a random time, longer by what the work adds to it.
class PaceControlTest : public ::testing::Test {
 protected:
  // Returns how many of the writes took longer than `late`, in percent, and the mean work.
  struct Seen {
    double late_percent = 0;
    double threads = 0;
  };
  Seen Write(int writes, double alone_ms, double ms_a_thread, double late_ms) {
    Seen seen;
    for (int i = 0; i < writes; ++i) {
      const double threads = control_.threads(kMost);
      const double mean = alone_ms + threads * ms_a_thread;
      const double took = std::exponential_distribution<double>(1 / mean)(random_);
      now_ += std::chrono::duration_cast<base::Clock::duration>(
          std::max(Wait(PaceControl::kInterval), Wait(took)));
      control_.Note(now_, Wait(took), threads == 0, kMost);
      seen.late_percent += took > late_ms ? 100.0 / writes : 0;
      seen.threads += threads / writes;
    }
    return seen;
  }

  PaceControl control_;
  base::Clock::time_point now_{};
  std::mt19937 random_{4711};
};

TEST_F(PaceControlTest, TakesAllWhereNobodyWaits) { EXPECT_EQ(control_.threads(kMost), kMost); }

TEST_F(PaceControlTest, ListensBeforeItWorksBesideOthers) {
  control_.Note(now_, Wait(2), true, kMost);
  EXPECT_EQ(control_.threads(kMost), 0);
  // What was under way when it began says nothing about writes without it.
  for (int i = 0; i < 100; ++i) control_.Note(now_, Wait(500), false, kMost);
  EXPECT_EQ(control_.threads(kMost), 0);
  for (int i = 0; i < 19; ++i) control_.Note(now_, Wait(2), true, kMost);
  EXPECT_GT(control_.threads(kMost), 0);
  EXPECT_EQ(control_.alone(), Wait(2));
  control_.Forget();
  EXPECT_EQ(control_.threads(kMost), kMost);
}

// Where a write takes a second, or a piece of work waits for a lock, nothing would be copied.
TEST_F(PaceControlTest, ListensForAMomentOnly) {
  for (const bool is_quiet : {true, false}) {
    SCOPED_TRACE(is_quiet);
    control_.Forget();
    int writes = 0;
    for (; writes == 0 || control_.threads(kMost) == 0; ++writes) {
      ASSERT_LT(writes, 5);
      now_ += std::chrono::seconds(1);
      control_.Note(now_, Wait(1000), is_quiet, kMost);
    }
    EXPECT_EQ(control_.alone(), Wait(is_quiet ? 1000 : 0));
  }
}

TEST_F(PaceControlTest, WorksFullyWhereWritesDoNotFeelIt) {
  Write(2000, 1, 0.01, 5);
  EXPECT_EQ(control_.threads(kMost), kMost);
}

TEST_F(PaceControlTest, KeepsTheShareOfLateWritesSmall) {
  Write(500, 2, 4, 0);
  const Seen seen = Write(1500, 2, 4, 3 * control_.alone().count());
  EXPECT_LT(seen.late_percent, 4) << seen.threads;
  EXPECT_GT(seen.threads, 0.1);
  EXPECT_LT(seen.threads, kMost / 2.0);
}

// When the application itself has become slower, waiting for its former speed would be for ever.
TEST_F(PaceControlTest, LearnsAnewWhenItIsNotItsWorkThatMakesWritesSlow) {
  Write(500, 1, 0.01, 5);
  const Seen slow = Write(4000, 40, 0.01, 200);
  EXPECT_GT(control_.alone(), Wait(40));
  EXPECT_GT(slow.threads, 1);
  EXPECT_GT(control_.threads(kMost), 2);
}

}  // namespace
}  // namespace osc::shadow
