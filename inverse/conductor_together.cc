// The part of Conductor that swaps in one step with others.
#include <algorithm>

#include "inverse/conductor.h"

namespace osc::inverse {
namespace {

using state::Migration;

// How long it stands still for the others before it looks after itself again.
constexpr std::chrono::milliseconds kPatience{300};

std::string Name(const Migration& migration) { return migration.table + " (" + migration.id + ")"; }

bool HasEnded(const Migration& migration) {
  return state::IsFinal(migration.state) || state::IsEnding(migration.state);
}

// Each has a report of its own, beside that of the one that was asked.
std::filesystem::path ReportOf(const std::filesystem::path& asked, const std::string& id) {
  if (asked.empty()) return {};
  return asked.parent_path() / (asked.stem().string() + "-" + id + asked.extension().string());
}

}  // namespace

void Conductor::FollowOthers() {
  if (!together_) return;
  const int number = SwapNumber();
  if (swing_intent_) {
    if (const auto refusal = together_->TakeRefusal(number)) AnswerSwing(*refusal);
    return;
  }
  auto wish = together_->Asked(number);
  if (joins_ && !wish) {
    joins_ = false;
    note_.clear();
    if (number == 1) store_.SetCutoverAsked(id_, false);
  }
  if (joins_ || !wish) return;
  const Migration migration = store_.Get(id_);
  joins_ = true;
  if (const auto refusal = state::RefuseCommand(SwapDirection(number), migration)) {
    return AnswerSwing(state::StoredError{"refused", refusal->message, refusal->hint});
  }
  wish->loss_report = ReportOf(wish->loss_report, id_);
  try {
    if (wish->force) SetForce();
    BeginSwing(*wish);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument && error.code() != ErrorCode::kRefused) throw;
    AnswerSwing(state::StoredError{std::string(ErrorCodeName(error.code())), error.message(),
                                   error.hint()});
  }
}

void Conductor::TellOthers(const std::optional<state::StoredError>& error) {
  const int number = SwapNumber();
  if (error && joins_) {
    const Migration migration = store_.Get(id_);
    together_->Refuse(
        number,
        {error->code, Name(migration) + ", which goes with it: " + error->message, error->hint});
  } else {
    together_->Forget(error ? number : number - 1);
  }
  if (error && number == 1) store_.SetCutoverAsked(id_, false);
  joins_ = false;
}

bool Conductor::WaitsForOthers(std::stop_token stop) {
  if (!together_) return false;
  const Migration migration = store_.Get(id_);
  const int number = SwapNumber();
  std::vector<std::string> ids;
  std::string others;
  for (const Migration& other : store_.Companions(migration)) {
    if (!HasEnded(other)) {
      ids.push_back(other.id);
      if (other.id != id_) {
        others += (others.empty() ? "" : ", ") + Name(other) + ": " +
                  std::string(state::StateName(other.state));
      }
    } else if (number == 1) {
      AnswerSwing(state::StoredError{
          "refused",
          Name(other) + ", whose table was to be swapped in one step with this one, is " +
              std::string(state::StateName(other.state)),
          "osc cancel " + id_ + " and those that go with it, then apply the files again"});
      return true;
    }
  }
  if (together_->Meet(stop, id_, number, ids, kPatience)) return false;
  note_ = "waiting for what is swapped in one step with it: " + others;
  return true;
}

}  // namespace osc::inverse
