// A program of the operator's, run beside the engine: in a process group of its own, with a text to
// read and what it prints kept.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "src/base/wait.h"

namespace osc::base {

struct ProgramCall {
  std::filesystem::path program;
  std::map<std::string, std::string> variables;  // besides this process', without OSC_PASSWORD
  std::string input;                             // on its standard input
  std::chrono::milliseconds longest{std::chrono::seconds(60)};  // then it is killed
};

// Used by one thread.
class Program {
 public:
  // Starts it. Throws kInternal when it cannot be.
  explicit Program(const ProgramCall& call);
  ~Program();  // kills its group, if it still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // None while it runs. Then why it is to be taken for failed, with the end of what it has printed;
  // empty when it has ended with 0.
  std::optional<std::string> Poll();

 private:
  std::string Output() const;
  void Kill();

  const std::chrono::milliseconds longest_;
  const Clock::time_point deadline_;
  pid_t pid_ = 0;  // 0: has ended
  int output_ = -1;
};

}  // namespace osc::base
