// What an engine that runs for weeks may not do: grow. A minute in a usual run, an hour with
// OSC_TEST_LONG.
#include <dirent.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "src/base/wait.h"
#include "tests/support/compare.h"
#include "tests/support/private_server.h"
#include "tests/support/server_test.h"
#include "tests/support/writers.h"

namespace osc {
namespace {

using std::chrono::seconds;

constexpr int kLanes = 4;

struct Sample {
  int64_t resident_kib = 0;
  int64_t descriptors = 0;
  int64_t threads = 0;
};

Sample Look(pid_t engine) {
  Sample sample;
  const std::string proc = "/proc/" + std::to_string(engine);
  std::ifstream status(proc + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) sample.resident_kib = std::stoll(line.substr(6));
    if (line.rfind("Threads:", 0) == 0) sample.threads = std::stoll(line.substr(8));
  }
  if (DIR* directory = ::opendir((proc + "/fd").c_str())) {
    while (::readdir(directory) != nullptr) ++sample.descriptors;
    ::closedir(directory);
  }
  return sample;
}

struct Range {
  Sample least;
  Sample most;
};

// Of a part of the samples, from first/4 to last/4 of them.
Range RangeOf(const std::vector<Sample>& samples, size_t first, size_t last) {
  const size_t begin = samples.size() * first / 4;
  const size_t end = samples.size() * last / 4;
  Range range{samples[begin], samples[begin]};
  for (size_t i = begin; i < end; ++i) {
    for (auto field : {&Sample::resident_kib, &Sample::descriptors, &Sample::threads}) {
      range.least.*field = std::min(range.least.*field, samples[i].*field);
      range.most.*field = std::max(range.most.*field, samples[i].*field);
    }
  }
  return range;
}

class LongRunTest : public ::testing::TestWithParam<testing::TestServer> {
 protected:
  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
  }
};

TEST_P(LongRunTest, TheEngineDoesNotGrow) {
  const seconds duration(std::getenv("OSC_TEST_LONG") != nullptr ? 3600 : 40);
  // The binlog of an hour at full speed is not kept.
  const testing::PrivateServer own(GetParam(),
                                   {"--max-binlog-size=64M", "--binlog-expire-logs-seconds=60",
                                    "--loose-slave-connections-needed-for-purge=0"});
  const testing::TestServer& server = own.server();
  mysql::Connection root = server.Connect();
  root.Execute("CREATE DATABASE app");
  root.Execute("USE app");
  testing::CreateWritersTable(root, "users", 5000, "title VARCHAR(40)");
  testing::Osc osc(server, "app");
  const std::string id =
      osc.Alter("users", "DROP COLUMN title", {"--apply-lanes", std::to_string(kLanes)});
  testing::Writers writers(server, "app", "users");
  writers.WaitForTransactions(1000);

  const pid_t engine = osc.state().EnginePid().value();
  std::vector<Sample> samples;
  const auto end = base::Clock::now() + duration;
  auto next = base::Clock::now();
  testing::WaitUntil(
      "the end of the run",
      [&] {
        const auto now = base::Clock::now();
        if (now < next) return false;
        next = now + duration / 200;
        samples.push_back(Look(engine));
        // Somebody who watches it opens what has to be closed.
        osc.Show(id);
        return now >= end;
      },
      duration + seconds(60));
  const Range early = RangeOf(samples, 1, 2);
  const Range late = RangeOf(samples, 3, 4);
  const auto print = [](const char* what, int64_t Sample::*field, const Range& a, const Range& b) {
    std::printf("%s %lld to %lld, then %lld to %lld\n", what,
                static_cast<long long>(a.least.*field), static_cast<long long>(a.most.*field),
                static_cast<long long>(b.least.*field), static_cast<long long>(b.most.*field));
  };
  print("resident KiB", &Sample::resident_kib, early, late);
  print("descriptors", &Sample::descriptors, early, late);
  print("threads", &Sample::threads, early, late);
  // Of an hour the half is some ten million rows: 2 MiB would be a fifth of a byte for each.
  EXPECT_LT(late.most.resident_kib, early.most.resident_kib + 2048);
  // A backup of the store holds some files for a moment, and lanes that another one does the work
  // for close their connections until they are needed: what has leaked is never given back.
  EXPECT_LE(late.least.descriptors, early.most.descriptors + kLanes);
  EXPECT_LE(late.most.threads, early.most.threads);
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(root, "users"), writers.expected());
  testing::ExpectSameRows(server, osc, id, {"id"}, {"token", "email", "amount"});
}

INSTANTIATE_TEST_SUITE_P(Servers, LongRunTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osc
