#include "src/base/retry_note.h"

#include "src/base/log.h"

namespace osc::base {

RetryNote::RetryNote(std::string what) : what_(std::move(what)) {}

void RetryNote::Set(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!reason.empty() && reason != text_) spdlog::warn("{} tries again: {}", what_, reason);
  text_ = reason;
}

std::string RetryNote::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

}  // namespace osc::base
