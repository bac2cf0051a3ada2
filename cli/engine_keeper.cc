#include "cli/engine_keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "cli/engine_lock.h"
#include "src/base/error.h"
#include "src/base/wait.h"

namespace osc::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStartTime{15};
constexpr seconds kAbsence{15};  // how long a service manager may take to restart it
constexpr size_t kMostStarts = 4;
constexpr seconds kStartsWithin{60};
constexpr std::uintmax_t kLogBytes = 10 << 20;

// The last lines of the log, for a message.
std::string Tail(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::ate | std::ios::binary);
  if (!file) return "";
  constexpr std::streamoff kMost = 1500;
  const std::streamoff size = file.tellg();
  file.seekg(size > kMost ? size - kMost : 0);
  std::string text(static_cast<size_t>(size > kMost ? kMost : size), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  while (text.ends_with('\n')) text.pop_back();
  if (size > kMost) text.erase(0, text.find('\n') + 1);
  return text;
}

[[noreturn]] void DidNotStart(const std::filesystem::path& log, const std::string& what) {
  const std::string tail = Tail(log);
  throw Error(ErrorCode::kConnectionLost,
              what + (tail.empty() ? "" : "; its log ends with: " + tail),
              "see " + log.string() + ", or run osc serve to watch it start");
}

// A test build takes another one from the environment: the engine under a sanitizer or valgrind,
// and the commands that a test gives by the hundred as fast as ever.
const char* EngineProgram() {
#ifdef OSC_FAULT_POINTS
  if (const char* program = std::getenv("OSC_TEST_ENGINE")) return program;
#endif
  return "/proc/self/exe";
}

}  // namespace

void EngineKeeper::Ensure() {
  if (!FindEngine(options_.state_directory)) {
    if (!options_.autostart) {
      throw Error(
          ErrorCode::kConnectionLost,
          "no engine serves " + options_.state_directory.string() + ", and --no-autostart is set",
          "start one: osc serve --state-dir " + options_.state_directory.string());
    }
    Start();
  }
  last_seen_ = std::chrono::steady_clock::now();
}

void EngineKeeper::Check() {
  const auto now = std::chrono::steady_clock::now();
  if (FindEngine(options_.state_directory)) {
    last_seen_ = now;
    return;
  }
  if (!options_.autostart) {
    if (now - last_seen_ < kAbsence) return;
    throw Error(ErrorCode::kConnectionLost,
                "the engine of " + options_.state_directory.string() + " is gone",
                "the migration goes on when it runs again: osc serve --state-dir " +
                    options_.state_directory.string());
  }
  std::erase_if(starts_, [now](const auto& at) { return now - at > kStartsWithin; });
  if (starts_.size() >= kMostStarts) {
    DidNotStart(options_.state_directory / "engine.log", "the engine keeps ending");
  }
  Start();
  last_seen_ = std::chrono::steady_clock::now();
}

void EngineKeeper::Start() {
  starts_.push_back(std::chrono::steady_clock::now());
  const std::filesystem::path log = options_.state_directory / "engine.log";
  std::error_code error;
  if (std::filesystem::file_size(log, error) > kLogBytes && !error) {
    std::filesystem::rename(log, log.string() + ".1", error);
  }
  const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const char* const program = EngineProgram();
  const std::string directory = options_.state_directory.string();
  const std::array<const char*, 9> arguments{
      "osc",         "serve",           "--exit-when-idle", "30s",
      "--state-dir", directory.c_str(), "--log-level",      options_.log_level.c_str(),
      nullptr};
  const pid_t child = log_file < 0 || nothing < 0 ? -1 : ::fork();
  if (child == 0) {
    // Only async-signal-safe calls from here to exec.
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setsid();
    ::umask(077);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log_file, STDOUT_FILENO);
    ::dup2(log_file, STDERR_FILENO);
    ::closefrom(3);
    if (::chdir("/") == 0) {
      ::execv(program, const_cast<char* const*>(arguments.data()));
    }
    ::_exit(127);
  }
  const int cause = errno;
  if (log_file >= 0) ::close(log_file);
  if (nothing >= 0) ::close(nothing);
  if (child < 0) DidNotStart(log, std::string("cannot start an engine: ") + std::strerror(cause));

  bool ended = false;
  const auto deadline = base::Clock::now() + kStartTime;
  const bool held = base::PollUntil({}, deadline, milliseconds(5), [&] {
    // Another command may have started one at the same moment: then ours ends, and theirs serves.
    if (FindEngine(options_.state_directory)) return true;
    if (!ended) ended = ::waitpid(child, nullptr, WNOHANG) == child;
    return ended;
  });
  // The other's engine may take its lock a moment after ours gave up.
  if (held && (!ended || base::PollUntil({}, base::Clock::now() + seconds(1), milliseconds(5), [&] {
        return FindEngine(options_.state_directory).has_value();
      }))) {
    return;
  }
  DidNotStart(log, ended ? "the engine ended right after its start" : "the engine does not start");
}

}  // namespace osc::cli
