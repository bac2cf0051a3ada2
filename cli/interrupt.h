// Ctrl-C and SIGTERM as something that is waited for.
#pragma once

#include <signal.h>

#include <chrono>

namespace osc::cli {

// While it lives, SIGINT, SIGTERM and SIGHUP do nothing but end Wait(). Made by the main thread
// before it starts others, which inherit that the signals are blocked.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  ~Interrupt();

  // Sleeps; true at once when a signal has come since the last call.
  bool Wait(std::chrono::milliseconds time);

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace osc::cli
