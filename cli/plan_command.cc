#include <nlohmann/json.hpp>

#include "cli/change_plan.h"
#include "cli/commands.h"

namespace osc::cli {

int RunPlan(Context& context) {
  // A plan changes nothing, so it makes no state directory either.
  std::optional<state::Store> store;
  if (std::filesystem::exists(context.options.state_directory / "osc.sqlite")) {
    store.emplace(state::Store::Open(context.options.state_directory));
  }
  const CheckedChange change = CheckChange(context, store);
  if (context.out.json()) {
    context.out.Document(PlanJson(change));
  } else {
    context.out.Text(PlanText(change));
  }
  return kExitDone;
}

}  // namespace osc::cli
