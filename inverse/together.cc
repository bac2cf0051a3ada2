#include "inverse/together.h"

#include <algorithm>
#include <utility>

#include "src/base/wait.h"

namespace osc::inverse {
namespace {

using base::Clock;

// Between the meeting and the swap each only writes down what it is about to do.
constexpr std::chrono::seconds kUntilAllCome{5};

}  // namespace

std::shared_ptr<Together> Together::Named(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Together>> all;
  const std::lock_guard lock(mutex);
  std::erase_if(all, [](const auto& entry) { return entry.second.expired(); });
  auto found = all[name].lock();
  if (!found) {
    found = std::make_shared<Together>();
    all[name] = found;
  }
  return found;
}

void Together::Ask(const Wish& wish) {
  const std::lock_guard lock(mutex_);
  wish_ = wish;
  refusal_.reset();
}

std::optional<Together::Wish> Together::Asked(int number) const {
  const std::lock_guard lock(mutex_);
  return wish_ && wish_->number == number ? wish_ : std::nullopt;
}

void Together::Forget(int number) {
  const std::lock_guard lock(mutex_);
  if (wish_ && wish_->number == number) wish_.reset();
}

void Together::Refuse(int number, const state::StoredError& error) {
  const std::lock_guard lock(mutex_);
  if (!wish_ || wish_->number != number) return;
  wish_.reset();
  refused_ = number;
  refusal_ = error;
}

std::optional<state::StoredError> Together::TakeRefusal(int number) {
  const std::lock_guard lock(mutex_);
  if (refused_ != number) return std::nullopt;
  return std::exchange(refusal_, std::nullopt);
}

bool Together::Meet(std::stop_token stop, const std::string& id, int number,
                    const std::vector<std::string>& ids, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const uint64_t before = meetings_;
  here_[id] = number;
  const bool all_here = std::all_of(ids.begin(), ids.end(), [&](const std::string& other) {
    const auto found = here_.find(other);
    return found != here_.end() && found->second == number;
  });
  if (all_here) {
    ++meetings_;
    met_ = ids.size();
    here_.clear();
    changed_.notify_all();
    return true;
  }
  if (changed_.wait_for(lock, stop, patience, [&] { return meetings_ > before; })) return true;
  here_.erase(id);
  base::ThrowIfStopped(stop);
  return false;
}

shadow::SwapResult Together::Swap(std::stop_token stop, const shadow::SwapMember& member) {
  std::unique_lock lock(mutex_);
  const uint64_t before = swaps_;
  members_.push_back(member);
  if (members_.size() == met_) {
    is_swapping_ = true;
    const std::vector<shadow::SwapMember> members = members_;
    lock.unlock();
    auto outcome = SwapAll(stop, members);
    lock.lock();
    outcome_ = std::move(outcome);
    is_swapping_ = false;
    members_.clear();
    ++swaps_;
    changed_.notify_all();
  }
  const auto done = [&] { return swaps_ > before; };
  if (!changed_.wait_for(lock, stop, kUntilAllCome, done)) {
    if (!is_swapping_) {
      std::erase_if(members_,
                    [&](const shadow::SwapMember& other) { return other.plan == member.plan; });
      base::ThrowIfStopped(stop);
      throw Error(ErrorCode::kBusy,
                  "a migration that is to be swapped together with it stays away");
    }
    changed_.wait(lock, done);  // its stream is in use
  }
  const std::shared_ptr<const Outcome> outcome = outcome_;
  if (outcome->result) return *outcome->result;
  const Error& error = *outcome->error;
  // Only one of them may have been stopped.
  if (error.code() == ErrorCode::kCancelled && !stop.stop_requested()) {
    throw Error(ErrorCode::kBusy, "the swap was stopped", error.hint());
  }
  throw error;
}

std::shared_ptr<const Together::Outcome> Together::SwapAll(
    std::stop_token stop, const std::vector<shadow::SwapMember>& members) {
  auto outcome = std::make_shared<Outcome>();
  try {
    outcome->result = shadow::Swap(stop, members);
  } catch (const Error& error) {
    outcome->error = error;
  } catch (const std::exception& error) {
    outcome->error = Error(ErrorCode::kInternal, error.what());
  }
  return outcome;
}

}  // namespace osc::inverse
