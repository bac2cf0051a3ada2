// Whether the other table could go live now: which rows have no place there, and why, and what else
// is in the way of a swap.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shadow/tables.h"
#include "src/apply/stream.h"
#include "src/base/error.h"
#include "src/base/wait.h"
#include "src/mysql/connection.h"
#include "src/mysql/triggers.h"
#include "src/state/store.h"

namespace osc::inverse {

// Used by one thread; keeps references.
class Readiness {
 public:
  Readiness(state::Store& store, const shadow::Tables& tables) : store_(store), tables_(tables) {}

  // Looks at the stream's quarantine and its defaulted rows if they have changed, and keeps what
  // they say in the store. Now and then looks for a foreign key or a trigger that somebody has
  // added to the live table and that it cannot be swapped with. Throws when the server cannot be
  // asked. at_once: even if it has looked just before.
  void Look(const apply::Stream& stream, bool at_once);

  bool is_blocked() const { return unfit_rows_ > 0 || obstacle_; }
  // "blocked", "lossy" or "ready"
  std::string Verdict() const;
  const std::vector<state::Progress::Reason>& reasons() const { return reasons_; }
  // Why the tables are not swapped now, naming rows, one a line.
  state::StoredError Refusal() const;

 private:
  state::Store& store_;
  const shadow::Tables& tables_;
  std::optional<mysql::Connection> connection_;
  bool LookForObstacle();
  void TryTriggers();
  void LookAtUnfit(apply::Quarantine* quarantine);
  void LookAtReseeded(const apply::Stream& stream);
  void LookAtDefaulted(apply::DefaultedRows* defaulted);

  apply::Quarantine* seen_ = nullptr;
  uint64_t seen_version_ = 0;
  uint64_t seen_defaulted_ = 0;
  base::Clock::time_point next_look_{};
  base::Clock::time_point next_look_at_many_{};
  base::Clock::time_point next_look_for_obstacle_{};
  std::optional<Error> obstacle_;
  std::optional<std::vector<mysql::Trigger>> tried_triggers_;
  std::optional<Error> trigger_refusal_;  // of these
  uint64_t unfit_rows_ = 0;
  uint64_t defaulted_rows_ = 0;
  bool has_lost_columns_ = false;
  std::vector<state::UnfitRow> rows_;  // the first of them
  std::vector<state::Progress::Reason> reasons_;
};

}  // namespace osc::inverse
