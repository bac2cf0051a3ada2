// Migrations whose tables change places in one step, so that nobody sees one of them new and
// another one old. Each has a conductor with a thread of its own; here they meet. All of it is in
// memory: what the operator asks for stands in the store as an intent of one of them, each keeps
// its own account of the swap, and after a crash each finds out for itself what became of it, which
// is the same for all.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "shadow/swap.h"
#include "src/base/error.h"
#include "src/state/migration.h"

namespace osc::inverse {

// Thread-safe.
class Together {
 public:
  // The one of this name in this process; lives as long as somebody has it.
  static std::shared_ptr<Together> Named(const std::string& name);

  // What the operator has asked one of them for.
  struct Wish {
    int number = 0;  // of the swap, from 1
    bool force = false;
    std::string loss_report;  // accepts a loss, and tells it there; empty: does not
    std::optional<std::chrono::milliseconds> max_drain;
  };
  void Ask(const Wish& wish);
  // What is asked for, when it is this swap.
  std::optional<Wish> Asked(int number) const;
  // It is done, or whoever asked for it has been answered.
  void Forget(int number);
  // By one of the others, which cannot do it: nothing is asked for any more.
  void Refuse(int number, const state::StoredError& error);
  // Why, for whoever has asked, once.
  std::optional<state::StoredError> TakeRefusal(int number);

  // Waits until all of `ids`, the caller's among them, are here for the same swap: at most
  // `patience`, and false then. Throws kCancelled.
  bool Meet(std::stop_token stop, const std::string& id, int number,
            const std::vector<std::string>& ids, std::chrono::milliseconds patience);

  // By each of those that have met, whose members must live until it returns: the last one to come
  // makes the swap for all of them, and each gets what shadow::Swap returns or throws. Throws kBusy
  // when not all come.
  shadow::SwapResult Swap(std::stop_token stop, const shadow::SwapMember& member);

 private:
  struct Outcome {
    std::optional<shadow::SwapResult> result;
    std::optional<Error> error;
  };
  std::shared_ptr<const Outcome> SwapAll(std::stop_token stop,
                                         const std::vector<shadow::SwapMember>& members);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Wish> wish_;
  std::optional<state::StoredError> refusal_;
  int refused_ = 0;  // the swap

  std::map<std::string, int> here_;  // id, and for which swap
  uint64_t meetings_ = 0;
  size_t met_ = 0;                           // how many, the last time
  std::vector<shadow::SwapMember> members_;  // that have come to the swap
  bool is_swapping_ = false;
  uint64_t swaps_ = 0;
  std::shared_ptr<const Outcome> outcome_;  // of the last one
};

}  // namespace osc::inverse
