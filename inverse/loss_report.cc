#include "inverse/loss_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "src/base/error.h"
#include "src/base/fault_point.h"

namespace osc::inverse {

LossReport::LossReport(std::filesystem::path file)
    : file_(std::move(file)),
      descriptor_(open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) Throw();
}

LossReport::~LossReport() { close(descriptor_); }

void LossReport::Add(const std::string& line) {
  const std::string text = line + "\n";
  for (size_t at = 0; at < text.size();) {
    const ssize_t written = write(descriptor_, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) Throw();
    at += static_cast<size_t>(written);
  }
  ++lines_;
  OSC_FAULT_POINT("loss.line_written");
}

void LossReport::Finish() {
  OSC_FAULT_POINT("loss.before_sync");
  if (fsync(descriptor_) != 0) Throw();
}

void LossReport::Throw() const {
  throw Error(ErrorCode::kRefused,
              "the report " + file_.string() + " cannot be written: " + std::strerror(errno),
              "name another file with --report");
}

}  // namespace osc::inverse
