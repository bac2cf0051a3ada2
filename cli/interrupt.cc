#include "cli/interrupt.h"

#include <cerrno>
#include <ctime>

namespace osc::cli {

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupt::~Interrupt() {
  // What came after the last Wait has been heard: the process is about to end anyway.
  const timespec now{};
  while (sigtimedwait(&signals_, nullptr, &now) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupt::Wait(std::chrono::milliseconds time) {
  const timespec wait{time.count() / 1000, (time.count() % 1000) * 1'000'000};
  int signal = 0;
  do {
    signal = sigtimedwait(&signals_, nullptr, &wait);
  } while (signal < 0 && errno == EINTR);
  return signal > 0;
}

}  // namespace osc::cli
