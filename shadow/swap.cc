#include "shadow/swap.h"

#include <algorithm>
#include <optional>

#include "shadow/locked_statement.h"
#include "shadow/names.h"
#include "shadow/object_swap.h"
#include "shadow/swap_attempt.h"
#include "shadow/swap_outcome.h"
#include "src/apply/accepted_loss.h"
#include "src/base/fault_point.h"
#include "src/base/wait.h"
#include "src/mysql/triggers.h"

namespace osc::shadow {
namespace {

using base::Clock;

// Those that were made for a swap that did not happen.
void DropTriggersOffStage(const SwapPlan& plan, mysql::Connection& connection) {
  try {
    mysql::DropTriggers(connection, plan.off_stage, apply::Marker(plan.id, "trigger"));
  } catch (const Error& error) {  // a stream that starts anew does it first
    throw Error(ErrorCode::kOutcomeUnknown, "the triggers of " + mysql::Quote(plan.off_stage) +
                                                " could not be dropped: " + error.message());
  }
}

void TakeBack(apply::Stream& stream, mysql::Connection& connection) {
  apply::Quarantine* const unfit = stream.quarantine();
  if (unfit == nullptr) return;
  try {
    apply::TakeBackLoss(connection, *unfit);
  } catch (const Error& error) {  // a stream that starts anew does it first
    throw Error(ErrorCode::kOutcomeUnknown,
                "the loss that was accepted could not be taken back: " + error.message());
  }
}

// Of each with a stream, by which it is known again.
std::vector<std::string> OffStageIdentities(mysql::Connection& observer,
                                            const std::vector<SwapMember>& members) {
  std::vector<std::string> identities;
  for (const SwapMember& member : members) {
    identities.push_back(member.stream != nullptr ? OffStageIdentity(observer, member.plan->id)
                                                  : "");
  }
  return identities;
}

// RENAME is atomic: what is true of one is true of all.
bool DidAllHappen(mysql::Connection& observer, const std::vector<SwapMember>& members,
                  const std::vector<std::string>& identities) {
  size_t happened = 0;
  for (size_t i = 0; i < members.size(); ++i) {
    const auto& [plan, stream, object] = members[i];
    happened += object != nullptr
                    ? StandsNewObject({}, observer, *plan, *object) == (plan->number % 2 == 1)
                    : DidSwapHappen({}, observer, *plan, identities[i]);
  }
  if (happened == 0 || happened == members.size()) return happened > 0;
  throw Error(ErrorCode::kDiverged, "only " + std::to_string(happened) + " of " +
                                        std::to_string(members.size()) +
                                        " tables of one RENAME have been renamed");
}

// Where nobody has to be kept away before: the RENAME by itself is all.
SwapResult SwapWithoutLocks(const std::vector<SwapMember>& members) {
  const SwapPlan& plan = *members.front().plan;
  const std::string sql = RenameSql(members, SentryName(plan.id, plan.live));
  const double held = RunLocked(ObjectStatement(plan, sql));
  OSC_FAULT_POINT("object.renamed");
  return {{}, held};
}

}  // namespace

ErrorCode CodeOfRefusal(const SwapPlan& plan) {
  return plan.number == 1 ? ErrorCode::kBusy : ErrorCode::kRefused;
}

SwapResult Swap(std::stop_token stop, std::vector<SwapMember> members) {
  std::sort(members.begin(), members.end(), [](const SwapMember& left, const SwapMember& right) {
    return left.plan->live.name < right.plan->live.name;
  });
  const bool is_alone = members.size() == 1 && members.front().object != nullptr;
  if (is_alone && ChangesNothing(*members.front().object)) return {};
  for (const SwapMember& member : members) {
    if (member.object != nullptr) RequireObjectAsLeft(*member.plan, *member.object);
  }
  mysql::Connection observer = mysql::Connection::Open(members.front().plan->connection);
  RequireNoForeignKeys(observer, members);
  if (is_alone || std::none_of(members.begin(), members.end(), IsLocked)) {
    return SwapWithoutLocks(members);
  }
  const std::vector<std::string> identities = OffStageIdentities(observer, members);
  const auto started_at = Clock::now();
  std::optional<SwapAttempt> attempt;
  try {
    attempt.emplace(members);
    return attempt->Run(stop);
  } catch (const Error& error) {
    if (attempt) attempt->Undo();
    const bool gone = attempt && attempt->is_sentry_gone();
    attempt.reset();
    bool happened = false;
    try {
      happened = DidAllHappen(observer, members, identities);
    } catch (const Error& unknown) {
      throw Error(ErrorCode::kOutcomeUnknown,
                  error.message() + "; what happened could not be asked: " + unknown.message());
    }
    if (!happened) {
      OSC_FAULT_POINT("swap.undone");
      for (const SwapMember& member : members) {
        if (member.stream == nullptr) continue;
        DropTriggersOffStage(*member.plan, observer);
        if (member.plan->report_loss) TakeBack(*member.stream, observer);
        member.stream->ForgetSwap();
      }
      throw;
    }
    if (!gone) {
      throw Error(
          ErrorCode::kDiverged,
          "the tables were renamed although the swap had been given up: " + error.message());
    }
    // The freeze point was reached and the locks held to the end; only a reply was lost.
    SwapResult result;
    result.lock_ms = std::chrono::duration<double, std::milli>(Clock::now() - started_at).count();
    for (const SwapMember& member : members) {
      if (member.stream == nullptr) continue;
      result.freeze_point = member.stream->status().applied;
      member.stream->ConfirmSwap(member.plan->number);
    }
    return result;
  }
}

}  // namespace osc::shadow
