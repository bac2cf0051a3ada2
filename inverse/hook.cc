#include "inverse/hook.h"

#include "src/base/error.h"

namespace osc::inverse {

std::optional<base::ProgramCall> FindHook(const std::string& name, state::Store& store,
                                          const std::string& id, const Describe& describe,
                                          const std::filesystem::path& state_directory) {
  const state::Migration migration = store.Get(id);
  const std::filesystem::path directory = migration.settings.hooks;
  if (directory.empty()) return std::nullopt;
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    throw Error(ErrorCode::kInternal, "there is no directory of hooks " + directory.string(),
                "osc set " + id + " hooks=DIR names another one, hooks=none goes without");
  }
  if (!std::filesystem::exists(directory / name, error)) return std::nullopt;
  base::ProgramCall call;
  call.program = directory / name;
  call.variables = {{"OSC_HOOK", name},
                    {"OSC_ID", id},
                    {"OSC_DATABASE", migration.database},
                    {"OSC_TABLE", migration.table},
                    {"OSC_STATE", std::string(state::StateName(migration.state))},
                    {"OSC_LIVE", std::string(state::LiveName(migration.live))},
                    {"OSC_READINESS", store.GetProgress(id).readiness},
                    {"OSC_STATE_DIR", state_directory.string()}};
  call.input = describe(store, id);
  return call;
}

}  // namespace osc::inverse
