#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "cli/commands.h"
#include "cli/engine.h"
#include "cli/interrupt.h"
#include "src/base/log.h"

namespace osc::cli {

int RunServe(Context& context) {
  Interrupt interrupt;
  ::prctl(PR_SET_NAME, "osc");  // not "exe", as it is after an exec of /proc/self/exe
  std::signal(SIGPIPE, SIG_IGN);
  base::SetUpLog("", context.options.log_level);
  state::Store::Open(context.options.state_directory);  // makes the directory
  Engine engine(context.options.state_directory, context.options.exit_when_idle);
  engine.start();
  spdlog::info("engine serves {}, process {}", context.options.state_directory.string(),
               ::getpid());
  while (!engine.finished() && !interrupt.Wait(std::chrono::milliseconds(20))) {
  }
  engine.Stop(interrupt, kExitDone);
  return kExitDone;
}

}  // namespace osc::cli
