#include "cli/program.h"

#include <cstdio>
#include <exception>
#include <functional>
#include <map>

#include "cli/commands.h"
#include "src/base/authorities.h"

namespace osc::cli {
namespace {

int Dispatch(Context& context) {
  static const std::map<std::string, int (*)(Context&)> kCommands{
      {"alter", RunAlter},   {"plan", RunPlan},      {"list", RunList},
      {"show", RunShow},     {"watch", RunWatch},    {"cutover", RunIntent},
      {"revert", RunIntent}, {"reapply", RunIntent}, {"complete", RunIntent},
      {"cancel", RunIntent}, {"pause", RunIntent},   {"resume", RunIntent},
      {"set", RunIntent},    {"verify", RunIntent},  {"reseed", RunIntent},
      {"apply", RunApply},   {"doctor", RunDoctor},  {"config", RunConfig},
      {"serve", RunServe}};
  return kCommands.at(context.options.command)(context);
}

}  // namespace

int RunProgram(int argc, const char* const* argv) {
  base::LeaveAuthoritiesUnread();
  Context context{{}, Output(WantsJson(argc, argv)), Stage::kInput, ""};
  try {
    ParsedOptions parsed = ParseOptions(argc, argv);
    if (parsed.text) {
      std::fputs(parsed.text->c_str(), stdout);
      return kExitDone;
    }
    context.options = std::move(parsed.options);
    context.out = Output(context.options.json);
    return Dispatch(context);
  } catch (const Error& error) {
    context.out.Fail(error, context.id);
    return ExitCodeOf(error.code(), context.stage);
  } catch (const std::exception& error) {
    context.out.Fail(Error(ErrorCode::kInternal, error.what(), "please report this as a bug"),
                     context.id);
    return kExitFailed;
  }
}

}  // namespace osc::cli
