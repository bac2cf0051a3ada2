#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "cli/engine_lock.h"
#include "src/base/error.h"

namespace osc::cli {
namespace {

class CliEngineLockTest : public testing::Test {
 protected:
  CliEngineLockTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "osc-lock-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~CliEngineLockTest() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
};

TEST_F(CliEngineLockTest, ASecondEngineIsRefusedByPid) {
  EXPECT_FALSE(FindEngine(directory_));
  {
    EngineLock lock(directory_);
    EXPECT_EQ(FindEngine(directory_), std::to_string(::getpid()));
    try {
      EngineLock second(directory_);
      ADD_FAILURE() << "two engines on one directory";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kRefused);
      EXPECT_NE(error.message().find("process " + std::to_string(::getpid())), std::string::npos);
    }
    lock.Release();
    EXPECT_FALSE(FindEngine(directory_));
    EXPECT_TRUE(lock.Retake());
    EXPECT_TRUE(FindEngine(directory_));
  }
  EXPECT_FALSE(FindEngine(directory_));
}

TEST_F(CliEngineLockTest, ThoseWhoLookDoNotKeepAnEngineFromStarting) {
  { EngineLock lock(directory_); }
  std::atomic<bool> over{false};
  std::jthread looker([&] {
    while (!over) {
      FindEngine(directory_);
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 10; ++i) EXPECT_NO_THROW(EngineLock lock(directory_));
  over = true;
}

TEST_F(CliEngineLockTest, ADirectoryThatIsNoneIsRefused) {
  EXPECT_THROW(EngineLock lock("/nonexistent/state"), Error);
  EXPECT_FALSE(FindEngine("/nonexistent/state"));
}

}  // namespace
}  // namespace osc::cli
