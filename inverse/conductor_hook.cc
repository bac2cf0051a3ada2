// The part of Conductor that asks the operator's programs before a swap.
#include "inverse/conductor.h"
#include "src/base/log.h"

namespace osc::inverse {

bool Conductor::WaitsForHook() {
  const int number = SwapNumber();
  if (hook_passed_ == number) return false;
  const std::string name = "before-" + SwapDirection(number);
  std::string failure;
  try {
    if (!hook_) {
      const auto call = FindHook(name, store_, id_, describe_, state_directory_);
      if (!call) {
        hook_passed_ = number;
        return false;
      }
      hook_.emplace(*call);
      note_ = "waiting for the hook " + name;
      Report();
      return true;
    }
    const auto ended = hook_->Poll();
    if (!ended) return true;
    failure = *ended;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInternal) throw;
    failure = error.message();
  }
  hook_.reset();
  note_.clear();
  if (failure.empty()) {
    hook_passed_ = number;
    return false;
  }
  StopForHook(number, name, failure);
  return true;
}

void Conductor::StopForHook(int number, const std::string& name, const std::string& failure) {
  const state::StoredError error{
      "refused", "the hook " + name + " has stopped it: " + failure,
      "mend what it complains of, then ask again: osc " + SwapDirection(number) + " " + id_};
  spdlog::warn("{} {}", id_, error.message);
  store_.AddEvent(id_, error.message);
  if (number == 1) {
    // From here on it waits for a person.
    state::Settings settings = store_.Get(id_).settings;
    settings.postpone_cutover = true;
    store_.SetSettings(id_, settings);
    store_.SetCutoverAsked(id_, false);
    store_.SetError(id_, error);
  }
  AnswerSwing(error);
}

}  // namespace osc::inverse
