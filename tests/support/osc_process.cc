#include "tests/support/osc_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

#include "cli/engine_lock.h"
#include "src/base/wait.h"
#include "src/binlog/gtid_set.h"

namespace osc::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPoll{20};

[[noreturn]] void Fail(const std::string& what) { throw std::runtime_error(what); }

[[noreturn]] void FailWithErrno(const std::string& what) {
  Fail(what + ": " + std::strerror(errno));
}

int AnonymousFile(const char* name) {
  const int descriptor = ::memfd_create(name, MFD_CLOEXEC);
  if (descriptor < 0) FailWithErrno("memfd_create");
  return descriptor;
}

std::string ReadAll(int descriptor) {
  struct stat status {};
  ::fstat(descriptor, &status);
  std::string text(static_cast<size_t>(status.st_size), '\0');
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(length > 0 ? static_cast<size_t>(length) : 0);
  return text;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

void WaitUntil(const std::string& what, const std::function<bool()>& done, milliseconds deadline) {
  if (!base::PollUntil({}, base::Clock::now() + deadline, kPoll, done)) {
    Fail("gave up waiting: " + what);
  }
}

StateDirectory::~StateDirectory() {
  try {
    StopEngine();
  } catch (const std::exception&) {
    // It ended by itself just now.
  }
  std::error_code ignored;
  std::filesystem::permissions(path(), std::filesystem::perms::owner_all, ignored);
}

std::optional<pid_t> StateDirectory::EnginePid() const {
  const auto pid = cli::FindEngine(path());
  if (!pid || *pid == "?") return std::nullopt;
  return static_cast<pid_t>(std::stol(*pid));
}

bool StateDirectory::WaitUntilGone(seconds patience) const {
  return base::PollUntil({}, base::Clock::now() + patience, kPoll,
                         [this] { return !cli::FindEngine(path()); });
}

void StateDirectory::StopEngine() {
  const auto pid = EnginePid();
  if (!pid) return;
  ::kill(*pid, SIGTERM);
  if (WaitUntilGone(seconds(10))) return;
  ::kill(*pid, SIGKILL);
  WaitUntilGone(seconds(10));
}

std::string StateDirectory::LogTail() const {
  std::ifstream file(path() / "engine.log");
  std::stringstream text;
  text << file.rdbuf();
  constexpr size_t kMost = 6000;
  const std::string all = text.str();
  return "engine.log:\n" + (all.size() > kMost ? all.substr(all.size() - kMost) : all);
}

void StateDirectory::KillEngine() {
  const auto pid = EnginePid();
  if (!pid) Fail("no engine serves " + path().string());
  ::kill(*pid, SIGKILL);
  if (!WaitUntilGone(seconds(10))) Fail("the engine survives SIGKILL");
}

std::filesystem::path OscBinary() { return OSC_BINARY; }

nlohmann::json Outcome::Json() const {
  nlohmann::json document = nlohmann::json::parse(out, nullptr, false);
  if (document.is_discarded()) Fail("not one JSON document: " + Describe());
  return document;
}

std::string Outcome::Describe() const {
  return "exit code " + std::to_string(exit_code) + "\nstdout: " + out + "\nstderr: " + err;
}

OscProcess::OscProcess(const std::vector<std::string>& arguments, const Environment& environment) {
  std::vector<std::string> words{OSC_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  for (const std::string& word : words) command_line_ += (command_line_.empty() ? "" : " ") + word;
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  for (const char* name :
       {"PATH", "OSC_TEST_ENGINE", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) {
      variables.push_back(std::string(name) + "=" + value);
    }
  }

  out_ = AnonymousFile("stdout");
  err_ = AnonymousFile("stderr");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out_, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err_, STDERR_FILENO);
  const int error = ::posix_spawn(&pid_, OSC_BINARY, &actions, nullptr, Pointers(words).data(),
                                  Pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) Fail(std::string("cannot start ") + OSC_BINARY + ": " + std::strerror(error));
  pid_descriptor_ =
      static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));  // glibc 2.36 has no C++ declaration
  if (pid_descriptor_ < 0) FailWithErrno("pidfd_open");
}

OscProcess::~OscProcess() {
  if (!exit_code_) {
    ::kill(pid_, SIGKILL);
    Reap();
  }
  ::close(pid_descriptor_);
  ::close(out_);
  ::close(err_);
}

void OscProcess::Signal(int signal) const {
  if (!exit_code_) ::kill(pid_, signal);
}

std::string OscProcess::OutSoFar() const { return ReadAll(out_); }
std::string OscProcess::ErrSoFar() const { return ReadAll(err_); }

bool OscProcess::WaitForEnd(milliseconds patience) {
  const auto deadline = base::Clock::now() + patience;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - base::Clock::now());
    pollfd wait{pid_descriptor_, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
    if (ready == 1) return true;
    if (ready == 0) return false;
    if (errno != EINTR) FailWithErrno("poll");
  }
}

void OscProcess::Reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Outcome OscProcess::Wait(seconds deadline) {
  if (!exit_code_) {
    if (!WaitForEnd(deadline)) {
      ::kill(pid_, SIGKILL);
      Reap();
      Fail(command_line_ + " did not end within " + std::to_string(deadline.count()) +
           " s\nstdout: " + OutSoFar() + "\nstderr: " + ErrSoFar());
    }
    Reap();
  }
  return {*exit_code_, OutSoFar(), ErrSoFar()};
}

Osc::Osc(const TestServer& server, const std::string& database) : server_(server) {
  const mysql::ConnectionOptions options = server_.Options();
  options_ = {{"--state-dir", state_.path().string()},  {"--host", options.host},
              {"--port", std::to_string(options.port)}, {"--user", options.user},
              {"--ssl-mode", options.ssl_mode},         {"--database", database}};
  environment_["HOME"] = state_.home().string();
  // Each of the two ways by half of the tests, always by the same ones.
  const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string name =
      test == nullptr ? "" : std::string(test->test_suite_name()) + test->name();
  const char* const chosen = std::getenv("OSC_DEFER_INDEXES");
  environment_["OSC_DEFER_INDEXES"] = chosen != nullptr                         ? chosen
                                      : std::hash<std::string>()(name) % 2 == 0 ? "on"
                                                                                : "off";
  // Beside the writers of other tests every copy would hold itself back.
  environment_["OSC_NICE"] = "0";
}

void Osc::SetOption(const std::string& name, const std::string& value) { options_[name] = value; }

void Osc::SetEnvironment(const std::string& name, const std::string& value) {
  environment_[name] = value;
}

std::unique_ptr<OscProcess> Osc::Start(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (const auto& [name, value] : options_) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  return std::make_unique<OscProcess>(words, environment_);
}

Outcome Osc::Run(const std::vector<std::string>& arguments, seconds deadline) {
  return Start(arguments)->Wait(deadline);
}

Outcome Osc::Succeed(const std::vector<std::string>& arguments) {
  Outcome outcome = Run(arguments);
  if (outcome.exit_code == 0) return outcome;
  std::string line = "osc";
  for (const std::string& argument : arguments) line += " " + argument;
  Fail(line + ": " + outcome.Describe());
}

std::string Osc::Alter(const std::string& table, const std::string& spec,
                       const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"alter", "--json", "--table", table, "--alter", spec};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Succeed(arguments).Json().at("id");
}

nlohmann::json Osc::Show(const std::string& id) { return Succeed({"show", id, "--json"}).Json(); }

nlohmann::json Osc::List() { return Succeed({"list", "--json"}).Json(); }

nlohmann::json Osc::WaitUntil(const std::string& id, const std::string& what,
                              const std::function<bool(const nlohmann::json&)>& done,
                              seconds deadline) {
  nlohmann::json last;
  const auto look = [&] {
    last = Show(id);
    return done(last);
  };
  if (!base::PollUntil({}, base::Clock::now() + deadline, kPoll, look)) {
    Fail("gave up waiting: " + what + "; last seen: " + last.dump(2));
  }
  return last;
}

nlohmann::json Osc::WaitForState(const std::string& id, const std::string& state,
                                 seconds deadline) {
  return WaitUntil(
      id, id + " to be " + state, [&](const nlohmann::json& now) { return now["state"] == state; },
      deadline);
}

void Osc::WaitUntilCaughtUp(const std::string& id) {
  mysql::Connection connection = server_.Connect();
  const mysql::Family family = connection.server().family;
  const auto parse = [family](const std::string& text) {
    return binlog::GtidSet::Parse(family, text);
  };
  const binlog::GtidSet end = parse(
      connection.QueryValue("SELECT " + std::string(connection.server().ExecutedGtidVariable()))
          .value_or(""));
  WaitUntil(id, "the stream to reach " + end.ToString(), [&](const nlohmann::json& now) {
    if (now["error"].is_object()) Fail("the stream has stopped: " + now.dump(2));
    return parse(now["stream"]["gtid"].get<std::string>()).Contains(end);
  });
}

}  // namespace osc::testing
