// How much work may go on beside an application, told by how long small writes wait: about two of
// a hundred may wait longer than a few times what they wait without that work.
//
// The share of late writes is what is steered, not their mean: each late one takes a part of the
// work away, each other one gives a small part back, so that both are in balance at that share
// whatever the distribution of the waits.
#pragma once

#include <chrono>
#include <deque>

#include "src/base/wait.h"

namespace osc::shadow {

// Arithmetic only: the caller makes the writes, every kInterval. Owned by one thread.
class PaceControl {
 public:
  using Wait = std::chrono::duration<double, std::milli>;
  static constexpr std::chrono::milliseconds kInterval{25};

  // Nobody is there who could wait: all that is allowed, and nothing is known any more.
  void Forget();
  // A small write has waited for so long. is_quiet: none of the work went on meanwhile.
  // most: as many threads are allowed.
  void Note(base::Clock::time_point now, Wait waited, bool is_quiet, int most);

  // So many threads, in parts: half of one is one that rests half of the time. 0: it has to be
  // found out first what writes wait without the work.
  double threads(int most) const;

  // What 95 in a hundred of the latest writes did not exceed, without the work and with it. 0: not
  // known.
  Wait alone() const;
  Wait recent() const;

 private:
  enum class Phase { kFree, kListening, kPacing };
  void Listen(base::Clock::time_point now);

  Phase phase_ = Phase::kFree;
  double threads_ = 1;
  int heard_ = 0;            // since it listens
  std::deque<Wait> alone_;   // the last ones without the work
  std::deque<Wait> latest_;  // and with it
  base::Clock::time_point listens_since_;
  base::Clock::time_point listened_at_;
};

}  // namespace osc::shadow
