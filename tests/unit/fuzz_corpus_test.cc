// The corpora of the fuzz targets, run by whatever compiler builds the tests: an input that once
// broke something stays mended.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/target.h"

namespace osc::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(std::string_view);
};

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

class FuzzCorpus : public ::testing::TestWithParam<Target> {};

TEST_P(FuzzCorpus, BreaksNothing) {
  size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(OSC_FUZZ_CORPUS) / GetParam().name)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NO_THROW(GetParam().run(input)) << entry.path();
    ++inputs;
  }
  EXPECT_GE(inputs, 10u);
}

// Bytes that no corpus has: each input cut off, and with one byte changed.
TEST_P(FuzzCorpus, NorItsNeighbours) {
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(OSC_FUZZ_CORPUS) / GetParam().name)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    for (size_t i = 0; i < std::min<size_t>(input.size(), 100); ++i) {
      EXPECT_NO_THROW(GetParam().run(std::string_view(input).substr(0, i))) << entry.path();
      std::string changed = input;
      changed[i] = static_cast<char>(changed[i] ^ (i % 3 == 0 ? 0x01 : i % 3 == 1 ? 0x80 : 0xff));
      EXPECT_NO_THROW(GetParam().run(changed)) << entry.path() << " changed at " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus,
                         ::testing::Values(Target{"alter", RunAlter}, Target{"gtid", RunGtid},
                                           Target{"rows", RunRows}, Target{"events", RunEvents},
                                           Target{"json", RunJson},
                                           Target{"statement", RunStatement}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace osc::fuzz
