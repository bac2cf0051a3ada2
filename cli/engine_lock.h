// One engine per state directory: an exclusive flock on <state-dir>/engine.lock, which the kernel
// releases when the engine dies. The file holds the engine's pid, for people.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace osc::cli {

class EngineLock {
 public:
  // Throws kRefused, naming the holder's pid, when an engine has it.
  explicit EngineLock(const std::filesystem::path& state_directory);
  EngineLock(const EngineLock&) = delete;
  ~EngineLock();

  // For an engine that wants to end: releases; Retake says whether it could be had again.
  void Release();
  bool Retake();

 private:
  bool Take();

  std::filesystem::path file_;
  int descriptor_ = -1;
};

// The pid of the engine that serves the directory ("?" when the file does not say), or nothing when
// there is none. Never disturbs an engine that is just starting for longer than that tries.
std::optional<std::string> FindEngine(const std::filesystem::path& state_directory);

}  // namespace osc::cli
