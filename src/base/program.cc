#include "src/base/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/authorities.h"
#include "src/base/duration.h"
#include "src/base/error.h"

namespace osc::base {
namespace {

constexpr off_t kMostShown = 500;
constexpr off_t kMostKept = 16 << 20;  // it is memory

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  int Release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

[[noreturn]] void CannotStart(const std::filesystem::path& program, int error) {
  throw Error(ErrorCode::kInternal,
              "cannot start " + program.string() + ": " + std::strerror(error),
              "it is to be executable by the engine's user");
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string name(text.substr(0, text.find('=')));
    if (name == "OSC_PASSWORD" || IsOfUnreadAuthorities(text)) continue;
    if (more.count(name) == 0) all.emplace_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

Program::Program(const ProgramCall& call)
    : longest_(call.longest), deadline_(Clock::now() + call.longest) {
  // Files without a name instead of pipes: nobody has to read or write while it runs.
  Descriptor input(::memfd_create("osc-input", MFD_CLOEXEC));
  Descriptor output(::memfd_create("osc-output", MFD_CLOEXEC));
  if (input.number() < 0 || output.number() < 0) CannotStart(call.program, errno);
  for (size_t written = 0; written < call.input.size();) {
    const ssize_t count =
        ::write(input.number(), call.input.data() + written, call.input.size() - written);
    if (count < 0) CannotStart(call.program, errno);
    written += static_cast<size_t>(count);
  }
  ::lseek(input.number(), 0, SEEK_SET);

  std::vector<std::string> environment = Environment(call.variables);
  std::vector<char*> variables;
  for (std::string& entry : environment) variables.push_back(entry.data());
  variables.push_back(nullptr);
  std::string name = call.program.string();
  char* const arguments[] = {name.data(), nullptr};

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, input.number(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, output.number(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, output.number(), STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  ::sigaddset(&signals, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  const int error =
      ::posix_spawn(&pid_, name.c_str(), &files, &attributes, arguments, variables.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    pid_ = 0;
    CannotStart(call.program, error);
  }
  output_ = output.Release();
}

Program::~Program() {
  if (pid_ != 0) Kill();
  if (output_ >= 0) ::close(output_);
}

void Program::Kill() {
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

std::string Program::Output() const {
  const off_t size = ::lseek(output_, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, size - kMostShown);
  std::string text(static_cast<size_t>(std::max<off_t>(0, size - begin)), '\0');
  const ssize_t count = ::pread(output_, text.data(), text.size(), begin);
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, count)));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.empty() ? "" : ": " + text;
}

std::optional<std::string> Program::Poll() {
  if (pid_ == 0) return "it has been asked for already";
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) {
    pid_ = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
    return (WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                              : "ended by signal " + std::to_string(WTERMSIG(status))) +
           Output();
  }
  if (Clock::now() > deadline_) {
    Kill();
    return "it has not ended within " + FormatDuration(longest_) + Output();
  }
  if (::lseek(output_, 0, SEEK_END) > kMostKept) {
    Kill();
    return "it prints too much" + Output();
  }
  return std::nullopt;
}

}  // namespace osc::base
