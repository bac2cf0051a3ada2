#include "cli/engine.h"

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/migration_json.h"
#include "src/base/error.h"
#include "src/base/log.h"
#include "src/base/wait.h"

namespace osc::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{20};
constexpr std::chrono::milliseconds kAfterError{1000};
constexpr std::chrono::seconds kBackupInterval{60};
constexpr std::chrono::seconds kStopping{4};

int64_t NewestIntent(state::Store& store, const std::string& id) {
  const auto intents = store.OpenIntents(id);
  return intents.empty() ? 0 : intents.back().number;
}

std::string Describe(state::Store& store, const std::string& id) {
  return MigrationJson(TakeSnapshot(store, id, true))
      .dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Engine::Engine(const std::filesystem::path& state_directory,
               std::optional<std::chrono::milliseconds> exit_when_idle)
    : state_directory_(state_directory),
      exit_when_idle_(exit_when_idle),
      lock_(state_directory),
      hooks_(state_directory, Describe) {
  state::Store::Open(state_directory_).CheckIntegrity();
}

// Only of a file that the check at the start found whole.
void Engine::BackUp(state::Store& store) {
  const auto now = base::Clock::now();
  if (!is_backup_due_ || now < next_backup_) return;
  next_backup_ = now + kBackupInterval;
  is_backup_due_ = false;
  store.BackUp();
}

Engine::~Engine() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Engine::start() {
  hooks_.start();
  thread_ = std::jthread([this](std::stop_token stop) {
    try {
      Run(stop);
    } catch (const std::exception& error) {
      spdlog::critical("engine stops: {}", error.what());
    }
    StopAll();
    finished_ = true;
  });
}

void Engine::Stop(Interrupt& interrupt, int exit_code) {
  thread_.request_stop();
  const auto deadline = base::Clock::now() + kStopping;
  while (!finished_) {
    const bool again = interrupt.Wait(kPoll);
    if (!again && base::Clock::now() < deadline) continue;
    spdlog::warn("engine ends {}, in the middle of its work; the next one goes on from there",
                 again ? "at once" : "after 4 s");
    spdlog::default_logger()->flush();
    std::cout.flush();
    std::_Exit(exit_code);
  }
}

void Engine::Run(std::stop_token stop) {
  state::Store store = state::Store::Open(state_directory_);
  auto idle_since = base::Clock::now();
  bool first = true;
  while (!stop.stop_requested()) {
    std::chrono::milliseconds pause = kPoll;
    try {
      bool look = store.HasChanged() || std::exchange(first, false);
      is_backup_due_ |= look;
      BackUp(store);
      for (const auto& [id, slot] : slots_) look |= slot.runner && slot.runner->finished();
      if (look && Tend(store)) idle_since = base::Clock::now();
      for (const auto& [id, slot] : slots_) {
        if (slot.runner) idle_since = base::Clock::now();
      }
      if (exit_when_idle_ && base::Clock::now() - idle_since >= *exit_when_idle_) {
        // A command may have written its work and seen the lock held just before: so look again
        // once the lock is free. Whoever writes after that finds it free and starts an engine.
        lock_.Release();
        if (!HasNewWork(store) || !lock_.Retake()) {
          spdlog::info("engine ends: idle");
          return;
        }
        first = true;
        idle_since = base::Clock::now();
      }
    } catch (const Error& error) {
      // A full disk or a busy file may mend; the runners have their own say about it.
      spdlog::error("engine: {}", error.message());
      first = true;
      pause = kAfterError;
    }
    base::SleepFor(stop, pause);
  }
  spdlog::info("engine ends: asked to stop");
}

bool Engine::Tend(state::Store& store) {
  for (auto& [id, slot] : slots_) {
    if (!slot.runner || !slot.runner->finished()) continue;
    slot.runner.reset();
    spdlog::info("{}: its runner has ended", id);
  }
  std::map<std::string, Slot> kept;
  bool working = false;
  for (const std::string& id : store.Unfinished()) {
    const auto known = slots_.find(id);
    const bool is_new = known == slots_.end();
    Slot& slot = kept[id];
    if (!is_new) slot = std::move(known->second);
    // After an error only a person's new wish starts it again.
    if (!slot.runner && (is_new || NewestIntent(store, id) > slot.last_intent)) {
      StartRunner(store, id, slot);
    }
    working |= slot.runner != nullptr;
  }
  // A runner whose migration is in a final state may still be on its last steps.
  for (auto& [id, slot] : slots_) {
    if (slot.runner) kept[id] = std::move(slot);
  }
  slots_ = std::move(kept);
  return working;
}

bool Engine::StartRunner(state::Store& store, const std::string& id, Slot& slot) {
  slot.last_intent = NewestIntent(store, id);
  try {
    slot.runner = std::make_unique<inverse::MigrationRunner>(state_directory_, id, Describe);
    slot.runner->start();
    spdlog::info("{}: runner started", id);
    return true;
  } catch (const std::exception& error) {
    slot.runner.reset();
    spdlog::error("{} cannot be run: {}", id, error.what());
    return false;
  }
}

bool Engine::HasNewWork(state::Store& store) const {
  for (const std::string& id : store.Unfinished()) {
    const auto known = slots_.find(id);
    if (known == slots_.end() || NewestIntent(store, id) > known->second.last_intent) return true;
  }
  return false;
}

// All at once: each may have a swap to finish first.
void Engine::StopAll() {
  std::vector<std::jthread> stoppers;
  for (auto& [id, slot] : slots_) {
    if (slot.runner) {
      stoppers.emplace_back([runner = std::move(slot.runner)]() mutable { runner.reset(); });
    }
  }
  stoppers.clear();
  slots_.clear();
}

}  // namespace osc::cli
