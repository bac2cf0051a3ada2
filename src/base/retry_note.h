// Why something is tried again, for people: in the log once, and wherever its progress is shown.
#pragma once

#include <mutex>
#include <string>

namespace osc::base {

// Thread-safe.
class RetryNote {
 public:
  // what: of which migration, "abcd1234 stream".
  explicit RetryNote(std::string what);
  // Empty: all is well.
  void Set(const std::string& reason);
  std::string text() const;

 private:
  const std::string what_;
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace osc::base
