#include "inverse/loss_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "src/base/error.h"

namespace osc::inverse {

void WriteLossReport(const std::filesystem::path& file, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = descriptor >= 0;
  for (size_t at = 0; good && at < text.size();) {
    const ssize_t written = write(descriptor, text.data() + at, text.size() - at);
    good = written > 0;
    if (good) at += static_cast<size_t>(written);
  }
  good = good && fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (good) return;
  throw Error(ErrorCode::kRefused,
              "the report " + file.string() + " cannot be written: " + std::strerror(error),
              "name another file with --report");
}

}  // namespace osc::inverse
