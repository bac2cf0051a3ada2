// The osc binary as people run it: a child process, with a state directory of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/server.h"
#include "tests/support/temporary_directory.h"

namespace osc::testing {

// A directory under the system's temporary one, removed at the end after the engine that serves its
// `state` part was stopped.
class StateDirectory {
 public:
  StateDirectory() = default;
  ~StateDirectory();
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  // What --state-dir gets; osc makes it.
  std::filesystem::path path() const { return root_.path() / "state"; }
  // Stands in for the home directory, so that no configuration of the user is read.
  const std::filesystem::path& home() const { return root_.path(); }

  std::optional<pid_t> EnginePid() const;  // nullopt: no engine holds the lock
  void StopEngine();                       // SIGTERM, and SIGKILL when that takes too long
  std::string LogTail() const;             // the end of the engine's log, to explain a failure
  void KillEngine();                       // SIGKILL, as a crash; throws when there is no engine

 private:
  bool WaitUntilGone(std::chrono::seconds patience) const;

  TemporaryDirectory root_;
};

// Where the built osc is.
std::filesystem::path OscBinary();

// What a finished command left.
struct Outcome {
  int exit_code = -1;  // 128 + the signal's number when a signal ended it
  std::string out;
  std::string err;

  nlohmann::json Json() const;  // of the whole `out`; throws std::runtime_error that quotes it
  // All of it, for the message of a failed check.
  std::string Describe() const;
};

// One running command. Its destructor kills it if it still runs.
class OscProcess {
 public:
  using Environment = std::map<std::string, std::string>;

  // environment: added to a clean one (PATH and HOME). Throws std::runtime_error.
  OscProcess(const std::vector<std::string>& arguments, const Environment& environment);
  ~OscProcess();
  OscProcess(const OscProcess&) = delete;
  OscProcess& operator=(const OscProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  bool HasEnded() { return exit_code_ || WaitForEnd(std::chrono::milliseconds(0)); }
  std::string OutSoFar() const;
  std::string ErrSoFar() const;
  // Throws std::runtime_error, with what it has printed, when it does not end in time.
  Outcome Wait(std::chrono::seconds deadline);

 private:
  bool WaitForEnd(std::chrono::milliseconds patience);
  void Reap();

  std::string command_line_;
  pid_t pid_ = -1;
  int pid_descriptor_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::optional<int> exit_code_;
};

// Commands for one server, one database and one state directory.
class Osc {
 public:
  static constexpr std::chrono::seconds kDeadline{60};

  Osc(const TestServer& server, const std::string& database);

  StateDirectory& state() { return state_; }
  // A connection option of the commands from now on; an empty value leaves it out.
  void SetOption(const std::string& name, const std::string& value);
  // Environment of the commands from now on, and of the engines that they start.
  void SetEnvironment(const std::string& name, const std::string& value);

  // With the global options before `arguments`.
  Outcome Run(const std::vector<std::string>& arguments, std::chrono::seconds deadline = kDeadline);
  std::unique_ptr<OscProcess> Start(const std::vector<std::string>& arguments);
  // Run, and throws std::runtime_error unless it exits with 0.
  Outcome Succeed(const std::vector<std::string>& arguments);
  // `osc alter --table TABLE --alter SPEC` and more; returns the migration's id.
  std::string Alter(const std::string& table, const std::string& spec,
                    const std::vector<std::string>& more = {});
  nlohmann::json Show(const std::string& id);
  nlohmann::json List();
  // Polls `show` until `done` says so; throws std::runtime_error with the last document.
  nlohmann::json WaitUntil(const std::string& id, const std::string& what,
                           const std::function<bool(const nlohmann::json&)>& done,
                           std::chrono::seconds deadline = kDeadline);
  nlohmann::json WaitForState(const std::string& id, const std::string& state,
                              std::chrono::seconds deadline = kDeadline);
  // Until the stream has applied everything that the binlog holds now. Throws std::runtime_error at
  // once when the migration has an error.
  void WaitUntilCaughtUp(const std::string& id);

 private:
  const TestServer& server_;
  StateDirectory state_;
  std::map<std::string, std::string> options_;
  OscProcess::Environment environment_;
};

// Polls until it is true; throws std::runtime_error that names what was waited for.
void WaitUntil(const std::string& what, const std::function<bool()>& done,
               std::chrono::milliseconds deadline);

}  // namespace osc::testing
