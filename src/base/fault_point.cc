#include "src/base/fault_point.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <string>

namespace osc::base {
namespace {

struct Armed {
  std::string name;
  int passing = 1;
};

Armed ReadArmed() {
  const char* text = std::getenv("OSC_FAULT");
  if (text == nullptr) return {};
  std::string name = text;
  int passing = 1;
  if (const auto colon = name.rfind(':'); colon != std::string::npos) {
    passing = std::atoi(name.c_str() + colon + 1);
    name.resize(colon);
  }
  return {name, passing};
}

void Trace(const char* path, const char* name) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const std::string line = std::string(name) + "\n";
  [[maybe_unused]] const auto written = write(fd, line.data(), line.size());
  close(fd);
}

}  // namespace

void FaultPoint(const char* name) {
  static const Armed armed = ReadArmed();
  static const char* const trace = std::getenv("OSC_FAULT_TRACE");
  if (trace != nullptr) Trace(trace, name);
  if (armed.name != name) return;
  static std::mutex mutex;
  static int passed = 0;
  const std::lock_guard lock(mutex);
  if (++passed == armed.passing) kill(getpid(), SIGKILL);
}

}  // namespace osc::base
