// Random tables, random ALTERs, random writes, and the door turned at random, each step held to a
// model in memory. OSC_TEST_SEEDS says how many, OSC_TEST_SEED the first, OSC_TEST_SEED_THREADS how
// many side by side; a failure names its own seed.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include "tests/model/seed_run.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using testing::model::SeedRun;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

class ModelTest : public testing::ServerTest {
 protected:
  // False when it failed, which is then reported.
  bool RunSeed(uint64_t seed) {
    SeedRun run(server(), database(), osc(), seed);
    std::string failure;
    try {
      run.Run();
    } catch (const std::exception& error) {
      failure = error.what();
    }
    const std::lock_guard lock(mutex_);
    const SeedRun::Counts& counts = run.counts();
    ++seeds_;
    all_.turns += counts.turns;
    all_.blocked += counts.blocked;
    all_.accepted += counts.accepted;
    all_.lossy += counts.lossy;
    all_.turned_within += counts.turned_within;
    all_.reseeded += counts.reseeded;
    all_.statements += counts.statements;
    if (failure.empty()) return true;
    ADD_FAILURE() << "seed " << seed << ": " << failure;
    std::cout << run.Describe();
    return false;
  }

  std::mutex mutex_;  // guards what follows
  int seeds_ = 0;
  SeedRun::Counts all_;
};

TEST_P(ModelTest, TablesAreAsModelledAfterEveryTurn) {
  const uint64_t first = FromEnvironment("OSC_TEST_SEED", 1);
  const uint64_t count = FromEnvironment("OSC_TEST_SEEDS", 167);
  osc().List();  // makes the state directory
  std::atomic<uint64_t> next = first;
  std::atomic<bool> failed = false;
  std::vector<std::jthread> threads;
  for (uint64_t i = FromEnvironment("OSC_TEST_SEED_THREADS", 3); i > 0; --i) {
    threads.emplace_back([&] {
      for (uint64_t seed; !failed && (seed = next++) < first + count;) {
        if (!RunSeed(seed)) failed = true;
      }
    });
  }
  threads.clear();
  std::cout << "seeds: " << seeds_ << ", turns: " << all_.turns << " (while written to "
            << all_.turned_within << ", refused first " << all_.blocked << ", with a loss "
            << all_.accepted << "), reseeded: " << all_.reseeded << ", lossy: " << all_.lossy
            << ", statements: " << all_.statements << "\n";
}

INSTANTIATE_TEST_SUITE_P(Servers, ModelTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
