// GTID sets as the stream uses them: one added a transaction, one encoded a commit.
#include <benchmark/benchmark.h>

#include <string>

#include "src/binlog/gtid_set.h"

namespace osc::binlog {
namespace {

using mysql::Family;

constexpr const char* kSource = "16363888-e636-11f1-b3f2-02fc00000001";

// range(0): how many holes the set has, as after as many failovers.
GtidSet WithHoles(int64_t holes) {
  std::string text = kSource;
  for (int64_t i = 0; i <= holes; ++i) {
    text += ":" + std::to_string(10 * i + 1) + "-" + std::to_string(10 * i + 5);
  }
  return GtidSet::Parse(Family::kMySql, text);
}

void AddTheNext(benchmark::State& state) {
  GtidSet set = WithHoles(state.range(0));
  Gtid gtid{Family::kMySql, kSource, 0, 0, static_cast<uint64_t>(10 * state.range(0) + 6)};
  for (auto _ : state) {
    set.Add(gtid);
    ++gtid.number;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(AddTheNext)->Arg(0)->Arg(1000);

void AddTheNextMariaDb(benchmark::State& state) {
  GtidSet set = GtidSet::Parse(Family::kMariaDb, "0-1-5,1-2-7");
  Gtid gtid{Family::kMariaDb, "", 0, 1, 6};
  for (auto _ : state) {
    set.Add(gtid);
    ++gtid.number;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(AddTheNextMariaDb);

void Contains(benchmark::State& state) {
  const GtidSet set = WithHoles(state.range(0));
  const Gtid gtid{Family::kMySql, kSource, 0, 0, static_cast<uint64_t>(5 * state.range(0) + 1)};
  for (auto _ : state) benchmark::DoNotOptimize(set.Contains(gtid));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Contains)->Arg(0)->Arg(1000);

void ToString(benchmark::State& state) {
  const GtidSet set = WithHoles(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(set.ToString());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ToString)->Arg(0)->Arg(1000);

void Parse(benchmark::State& state) {
  const std::string text = WithHoles(state.range(0)).ToString();
  for (auto _ : state) benchmark::DoNotOptimize(GtidSet::Parse(Family::kMySql, text));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Parse)->Arg(0)->Arg(1000);

}  // namespace
}  // namespace osc::binlog
