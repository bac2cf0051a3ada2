#include "cli/engine_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "src/base/error.h"
#include "src/base/wait.h"

namespace osc::cli {
namespace {

std::filesystem::path LockFile(const std::filesystem::path& state_directory) {
  return state_directory / "engine.lock";
}

std::string ReadPid(int descriptor) {
  char text[32];
  const ssize_t length = ::pread(descriptor, text, sizeof text - 1, 0);
  const std::string pid(text, length > 0 ? static_cast<size_t>(length) : 0);
  const size_t digits = pid.find_first_not_of("0123456789");
  return pid.empty() || digits == 0 ? "?" : pid.substr(0, digits);
}

}  // namespace

EngineLock::EngineLock(const std::filesystem::path& state_directory)
    : file_(LockFile(state_directory)) {
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) {
    throw Error(ErrorCode::kRefused, "cannot open " + file_.string() + ": " + std::strerror(errno),
                "choose a directory you may write to with --state-dir or OSC_STATE_DIR");
  }
  if (Take()) return;
  const std::string pid = ReadPid(descriptor_);
  ::close(descriptor_);
  throw Error(
      ErrorCode::kRefused,
      "an engine (process " + pid + ") serves " + state_directory.string() + " already",
      "commands use that engine by themselves; a second one needs a --state-dir of its own");
}

EngineLock::~EngineLock() { ::close(descriptor_); }

bool EngineLock::Take() {
  // FindEngine holds the lock for moments: a few tries tell it from an engine.
  const bool taken =
      base::PollUntil({}, base::Clock::now() + base::Millis(300), base::Millis(5),
                      [this] { return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0; });
  if (!taken) return false;
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    // Only people read it; the lock itself stands.
  }
  return true;
}

void EngineLock::Release() { ::flock(descriptor_, LOCK_UN); }
bool EngineLock::Retake() { return Take(); }

std::optional<std::string> FindEngine(const std::filesystem::path& state_directory) {
  const int descriptor = ::open(LockFile(state_directory).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::optional<std::string> pid;
  // Shared, so that two who look do not see each other.
  if (::flock(descriptor, LOCK_SH | LOCK_NB) != 0) pid = ReadPid(descriptor);
  ::close(descriptor);
  return pid;
}

}  // namespace osc::cli
