#include "src/base/fault_point.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
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

void Hold(const std::string& wanted, const char* name) {
  static std::atomic<bool> held{false};
  const auto equals = wanted.find('=');
  if (equals == std::string::npos || wanted.substr(0, equals) != name || held.exchange(true))
    return;
  const std::string file = wanted.substr(equals + 1);
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  close(fd);
  for (int i = 0; i < 15000 && access(file.c_str(), F_OK) == 0; ++i) usleep(2000);
}

}  // namespace

void FaultPoint(const char* name) {
  static const Armed armed = ReadArmed();
  static const char* const trace = std::getenv("OSC_FAULT_TRACE");
  if (trace != nullptr) Trace(trace, name);
  static const char* const hold = std::getenv("OSC_FAULT_HOLD");
  if (hold != nullptr) Hold(hold, name);
  if (armed.name != name) return;
  static std::mutex mutex;
  static int passed = 0;
  const std::lock_guard lock(mutex);
  if (++passed == armed.passing) kill(getpid(), SIGKILL);
}

}  // namespace osc::base
