#include "inverse/hook_runner.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "src/base/error.h"
#include "src/base/log.h"

namespace osc::inverse {
namespace {

using base::Clock;
using state::Migration;
using state::MigrationState;

constexpr std::chrono::milliseconds kInterval{100};
constexpr std::chrono::seconds kAfterError{1};
constexpr std::chrono::seconds kStatusInterval{60};

}  // namespace

HookRunner::HookRunner(std::filesystem::path state_directory, Describe describe)
    : state_directory_(std::move(state_directory)), describe_(std::move(describe)) {}

void HookRunner::start() {
  thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
}

void HookRunner::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    try {
      state::Store store = state::Store::Open(state_directory_);
      // Also of those whose end nobody has been told of.
      for (const Migration& migration : store.List()) {
        if (!migration.settings.hooks.empty()) told_[migration.id] = Load(store, migration.id);
      }
      while (!stop.stop_requested()) {
        Look(stop, store);
        base::SleepFor(stop, kInterval);
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) return;
      spdlog::error("hooks: {}", error.message());
    } catch (const std::exception& error) {
      spdlog::error("hooks: {}", error.what());
    }
    base::SleepFor(stop, kAfterError);
  }
}

void HookRunner::Look(std::stop_token stop, state::Store& store) {
  if (store.HasChanged()) {
    for (const std::string& id : store.Unfinished()) {
      if (told_.count(id) == 0 && !store.Get(id).settings.hooks.empty()) {
        told_[id] = Load(store, id);
      }
    }
  }
  std::vector<std::string> ids;
  for (const auto& [id, told] : told_) ids.push_back(id);
  for (const std::string& id : ids) Tell(stop, store, id);
}

void HookRunner::Tell(std::stop_token stop, state::Store& store, const std::string& id) {
  const Migration migration = store.Get(id);
  const std::vector<state::Swap> swaps = store.Swaps(id);
  Told& told = told_[id];
  Told now = Now(store, migration);
  now.next_status = told.next_status;
  const std::vector<std::string> news = News(told, now, swaps);
  for (const std::string& name : news) RunHook(stop, store, id, name);
  if (const std::string text = Text(now); text != Text(told)) store.SetHooksTold(id, text);
  if (state::IsFinal(migration.state)) {
    told_.erase(id);
    return;
  }
  if (Clock::now() >= now.next_status) {
    if (now.next_status != Clock::time_point{}) RunHook(stop, store, id, "on-status");
    now.next_status = Clock::now() + kStatusInterval;
  }
  told = std::move(now);
}

std::vector<std::string> HookRunner::News(const Told& told, const Told& now,
                                          const std::vector<state::Swap>& swaps) {
  std::vector<std::string> names;
  const auto has_become = [&](MigrationState state) {
    return now.state == state::StateName(state) && told.state != now.state;
  };
  if (told.state.empty()) names.emplace_back("on-start");
  if (has_become(MigrationState::kReady)) names.emplace_back("on-ready");
  for (size_t i = static_cast<size_t>(told.swaps); i < swaps.size(); ++i) {
    const bool by_server = swaps[i].direction == "instant";
    names.push_back("after-" + (by_server ? "cutover" : swaps[i].direction));
  }
  for (const char* readiness : {"blocked", "stopped"}) {
    if (now.readiness == readiness && told.readiness != readiness) {
      names.push_back("on-" + std::string(readiness));
    }
  }
  const bool has_new_error = !now.error.empty() && now.error != told.error;
  if (has_new_error || (has_become(MigrationState::kFailed) && now.error.empty())) {
    names.emplace_back("on-failure");
  }
  if (has_become(MigrationState::kCompleted)) names.emplace_back("on-complete");
  if (has_become(MigrationState::kCancelled)) names.emplace_back("on-cancel");
  return names;
}

void HookRunner::BeginHere(state::Store& store, const std::string& id) {
  if (store.HooksTold(id).empty()) store.SetHooksTold(id, Text(Now(store, store.Get(id))));
}

HookRunner::Told HookRunner::Now(state::Store& store, const Migration& migration) {
  return {std::string(state::StateName(migration.state)),
          store.GetProgress(migration.id).readiness,
          migration.error ? migration.error->message : "",
          static_cast<int>(store.Swaps(migration.id).size()),
          {}};
}

std::string HookRunner::Text(const Told& told) {
  return nlohmann::json{{"state", told.state},
                        {"readiness", told.readiness},
                        {"error", told.error},
                        {"swaps", told.swaps}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

HookRunner::Told HookRunner::Load(state::Store& store, const std::string& id) {
  const std::string text = store.HooksTold(id);
  if (text.empty()) return {};
  const auto json = nlohmann::json::parse(text);
  return {json.at("state"), json.at("readiness"), json.at("error"), json.at("swaps"), {}};
}

void HookRunner::RunHook(std::stop_token stop, state::Store& store, const std::string& id,
                         const std::string& name) {
  std::string failure;
  try {
    const auto call = FindHook(name, store, id, describe_, state_directory_);
    if (!call) return;
    base::Program program(*call);
    std::optional<std::string> ended;
    while (!(ended = program.Poll())) {
      base::SleepFor(stop, std::chrono::milliseconds(10));
      base::ThrowIfStopped(stop);
    }
    failure = *ended;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    failure = error.message();
  }
  if (failure.empty()) return;
  spdlog::warn("{} the hook {} has failed: {}", id, name, failure);
  store.AddEvent(id, "the hook " + name + " has failed: " + failure);
}

}  // namespace osc::inverse
