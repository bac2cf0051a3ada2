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

// The largest of a part of the samples, from first/4 to last/4 of them.
Sample Largest(const std::vector<Sample>& samples, size_t first, size_t last) {
  Sample largest;
  for (size_t i = samples.size() * first / 4; i < samples.size() * last / 4; ++i) {
    largest.resident_kib = std::max(largest.resident_kib, samples[i].resident_kib);
    largest.descriptors = std::max(largest.descriptors, samples[i].descriptors);
    largest.threads = std::max(largest.threads, samples[i].threads);
  }
  return largest;
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
  const std::string id = osc.Alter("users", "DROP COLUMN title");
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
  const Sample early = Largest(samples, 1, 2);
  const Sample late = Largest(samples, 3, 4);
  std::printf("resident %lld, then %lld KiB; descriptors %lld, %lld; threads %lld, %lld\n",
              static_cast<long long>(early.resident_kib), static_cast<long long>(late.resident_kib),
              static_cast<long long>(early.descriptors), static_cast<long long>(late.descriptors),
              static_cast<long long>(early.threads), static_cast<long long>(late.threads));
  // Of an hour the half is some ten million rows: 2 MiB would be a fifth of a byte for each.
  EXPECT_LT(late.resident_kib, early.resident_kib + 2048);
  EXPECT_LE(late.descriptors, early.descriptors + 2);  // a command that just asks
  EXPECT_LE(late.threads, early.threads);
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(root, "users"), writers.expected());
  testing::ExpectSameRows(server, osc, id, {"id"}, {"token", "email", "amount"});
}

INSTANTIATE_TEST_SUITE_P(Servers, LongRunTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osc
