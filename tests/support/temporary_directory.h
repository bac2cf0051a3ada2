// A directory under the system's temporary one, removed with everything in it at the end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace osc::testing {

class TemporaryDirectory {
 public:
  // prefix: of its name. Throws std::runtime_error.
  explicit TemporaryDirectory(const std::string& prefix = "osc-test-") {
    std::string pattern = std::filesystem::temp_directory_path() / (prefix + "XXXXXX");
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace osc::testing
