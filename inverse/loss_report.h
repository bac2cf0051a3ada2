// The file that tells what an accepted loss has cost, one line a row.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace osc::inverse {

// Replaces a file of an earlier attempt. Each method throws kRefused when it cannot be written.
class LossReport {
 public:
  explicit LossReport(std::filesystem::path file);
  ~LossReport();
  LossReport(const LossReport&) = delete;
  LossReport& operator=(const LossReport&) = delete;

  void Add(const std::string& line);
  // On disk when it returns.
  void Finish();
  size_t lines() const { return lines_; }

 private:
  [[noreturn]] void Throw() const;

  const std::filesystem::path file_;
  const int descriptor_;
  size_t lines_ = 0;
};

}  // namespace osc::inverse
