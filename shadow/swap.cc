#include "shadow/swap.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "ddl/foreign_key_checks.h"
#include "shadow/locked_statement.h"
#include "shadow/names.h"
#include "shadow/object_swap.h"
#include "shadow/queued_rename.h"
#include "shadow/swap_outcome.h"
#include "shadow/table_locks.h"
#include "shadow/triggers.h"
#include "src/apply/accepted_loss.h"
#include "src/base/fault_point.h"
#include "src/base/wait.h"
#include "src/mysql/triggers.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;

constexpr milliseconds kClose{20};
constexpr int kCloseRounds = 5;

std::string Comment(const SwapPlan& plan, const std::string& what) {
  return " /* " + apply::Marker(plan.id, what) + " */ ";
}

// What is locked before the RENAME: whoever uses it is not to wait for one who waits for another of
// them. A view cannot be: that would lock the tables behind it.
bool IsLocked(const SwapMember& member) {
  return member.object == nullptr || TakesTableAway(*member.plan, *member.object);
}

std::vector<const SwapPlan*> LockedPlans(const std::vector<SwapMember>& members) {
  std::vector<const SwapPlan*> plans;
  for (const SwapMember& member : members) {
    if (IsLocked(member)) plans.push_back(member.plan);
  }
  return plans;
}

// By way of the sentry's name.
std::string RenameSql(const std::vector<SwapMember>& members, const mysql::TableName& sentry) {
  std::string markers;
  std::string renames;
  for (const auto& [plan, stream, object] : members) {
    const std::string live = mysql::Quote(plan->live);
    const std::string off_stage = mysql::Quote(plan->off_stage);
    const std::string between = mysql::Quote(sentry);
    const std::string its = object != nullptr
                                ? ObjectRenames(*plan, *object, sentry)
                                : live + " TO " + between + ", " + off_stage + " TO " + live +
                                      ", " + between + " TO " + off_stage;
    markers +=
        (object != nullptr ? ObjectMarker(*plan) : apply::SwapMarker(plan->id, plan->number)) + " ";
    renames += (renames.empty() ? "" : ", ") + its;
  }
  return "RENAME /* " + markers + "*/ TABLE " + renames;
}

// Those of a table that is taken away as it is stay with it.
std::vector<const SwapPlan*> PlansWithStream(const std::vector<SwapMember>& members) {
  std::vector<const SwapPlan*> plans;
  for (const SwapMember& member : members) {
    if (member.stream != nullptr) plans.push_back(member.plan);
  }
  return plans;
}

std::vector<bool> AreGated(const std::vector<const SwapPlan*>& locked, const Triggers& triggers,
                           const mysql::ServerInfo& server) {
  std::vector<bool> gated;
  for (const SwapPlan* plan : locked) gated.push_back(!server.IsMariaDb() && triggers.Has(*plan));
  return gated;
}

// One that somebody has added since the migration began would go off stage with the live table.
void RequireNoForeignKeys(mysql::Connection& connection, const std::vector<SwapMember>& members) {
  std::vector<mysql::TableName> tables;
  for (const SwapMember& member : members) {
    tables.insert(tables.end(), {member.plan->live, member.plan->off_stage});
  }
  try {
    ddl::RefuseForeignKeys(connection, tables);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRefused) throw;
    throw Error(CodeOfRefusal(*members.front().plan), error.message(), error.hint());
  }
}

uint64_t NextAutoIncrement(mysql::Connection& connection, const mysql::TableName& table) {
  if (!connection.server().IsMariaDb()) {
    connection.Execute("SET SESSION information_schema_stats_expiry=0");
  }
  const auto value = connection.QueryValue(
      "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
      mysql::QuoteText(table.database) + " AND TABLE_NAME=" + mysql::QuoteText(table.name));
  return std::strtoull(value.value_or("0").c_str(), nullptr, 10);
}

// One attempt's sessions. Whatever happens, undoing leaves nothing behind.
class Attempt {
 public:
  // In the order of the tables' names; one of them at least IsLocked().
  explicit Attempt(const std::vector<SwapMember>& members)
      : members_(members),
        locked_(LockedPlans(members)),
        last_(*locked_.back()),
        sentry_(SentryName(last_.id, last_.live)),
        control_(OpenForSwap(last_)),
        triggers_(control_, PlansWithStream(members)),
        locks_(locked_, AreGated(locked_, triggers_, control_.server()), sentry_, control_),
        rename_(last_, locked_.size() + (locks_.HasGates() ? 1 : 0), control_) {
    if (locks_.HasGates()) sentry_holder_ = OpenLocker(last_, locked_.size());
    std::copy_if(members.begin(), members.end(), std::back_inserter(streams_),
                 [](const SwapMember& member) { return member.stream != nullptr; });
  }

  SwapResult Run(std::stop_token stop) {
    // Before the lock, so that under it there is seldom anything left to do.
    triggers_.Rehearse(control_);
    CreateSentry();
    for (const SwapMember& member : streams_) {
      TakeOverAutoIncrement(*member.plan, NextAutoIncrement(control_, member.plan->live));
      haste_.push_back(std::make_unique<apply::Stream::Haste>(*member.stream));
    }
    for (const SwapMember& member : streams_) ComeClose(stop, member);
    const auto asked_at = locks_.Take(stop);
    if (sentry_holder_) {
      sentry_holder_->Execute("LOCK TABLES " + mysql::Quote(sentry_) + " WRITE");
    }
    SwapResult result;
    result.freeze_point = binlog::CurrentPosition(control_);
    // What cannot change any more is asked while the streams drain.
    RequireNoForeignKeys(control_, members_);
    std::vector<uint64_t> auto_increments;
    for (const SwapMember& member : streams_) {
      // I_S does not hold the locking session up.
      mysql::Connection& reader = locks_.session(LockOf(member));
      triggers_.RequireUnchanged(reader, *member.plan);
      auto_increments.push_back(NextAutoIncrement(reader, member.plan->live));
    }
    for (const SwapMember& member : streams_) Drain(stop, member, result.freeze_point);
    OSC_FAULT_POINT("swap.drained");
    for (size_t i = 0; i < streams_.size(); ++i) {
      const SwapMember& member = streams_[i];
      member.plan->report_loss ? AcceptLoss(member) : RequireAPlaceForEveryRow(member);
      TakeOverAutoIncrement(*member.plan, auto_increments[i]);
    }
    for (const SwapMember& member : streams_) member.stream->ExpectSwap();
    for (const SwapMember& member : streams_) triggers_.Create(control_, *member.plan);
    OSC_FAULT_POINT("swap.before_rename");
    rename_.Send(RenameSql(members_, sentry_));
    OSC_FAULT_POINT("swap.rename_sent");
    for (size_t i = 0; i < locked_.size(); ++i) {
      locks_.IsGated(i) ? rename_.WaitUntilItIsNext(locked_[i]->live)
                        : rename_.ProveThatItIsNext(locked_[i]->live);
      OSC_FAULT_POINT("swap.rename_proven");
      if (i + 1 == locked_.size() && !sentry_holder_) DropSentry();
      locks_.Release(i);
    }
    if (sentry_holder_) ProveThatNothingWasWritten(stop);
    OSC_FAULT_POINT("swap.unlocked");
    rename_.Finish();
    result.lock_ms = std::chrono::duration<double, std::milli>(Clock::now() - asked_at).count();
    OSC_FAULT_POINT("swap.renamed");
    for (const SwapMember& member : streams_) member.stream->ConfirmSwap(member.plan->number);
    return result;
  }

  void Undo() {
    rename_.End();
    locks_.GiveUp();
    sentry_holder_.reset();
  }

  bool sentry_gone() const { return sentry_gone_; }

 private:
  void CreateSentry() {
    const std::string name = mysql::Quote(sentry_);
    control_.Execute("DROP TABLE IF EXISTS" + Comment(last_, "sentry") + name);
    control_.Execute("CREATE TABLE" + Comment(last_, "sentry") + name +
                     " (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB");
    OSC_FAULT_POINT("swap.sentry_created");
  }

  void DropSentry() {
    // Before: should the reply be lost, the session ends with its lock, and the RENAME is next.
    sentry_gone_ = true;
    (sentry_holder_ ? *sentry_holder_ : locks_.session(locked_.size() - 1))
        .Execute("DROP TABLE" + Comment(last_, "sentry") + mysql::Quote(sentry_));
    OSC_FAULT_POINT("swap.sentry_dropped");
  }

  // A gate is known to be shut, and the RENAME to wait behind it, from a list that the server may
  // be late to write. Now that the RENAME waits for the sentry it has all tables for itself: if
  // their streams come up to the binlog's end, nobody has written since the freeze point.
  void ProveThatNothingWasWritten(std::stop_token stop) {
    rename_.ProveThatItIsNext(sentry_);
    const binlog::Position end = binlog::CurrentPosition(control_);
    for (const SwapMember& member : streams_) Drain(stop, member, end);
    DropSentry();
    sentry_holder_->Execute("UNLOCK TABLES");
  }

  // Until what is left is a matter of milliseconds, or does not become less.
  void ComeClose(std::stop_token stop, const SwapMember& member) {
    for (int round = 0; round < kCloseRounds; ++round) {
      const auto began = Clock::now();
      Drain(stop, member, binlog::CurrentGtidPosition(control_));
      if (Clock::now() - began < kClose) return;
    }
  }

  static void Drain(std::stop_token stop, const SwapMember& member,
                    const binlog::Position& position) {
    const auto deadline = Clock::now() + member.plan->lock_timeout;
    if (member.stream->WaitUntilApplied(stop, position, deadline)) return;
    if (const auto status = member.stream->status(); status.error) throw *status.error;
    throw Error(ErrorCode::kBusy, "the stream did not come to where the binlog ended within " +
                                      std::to_string(member.plan->lock_timeout.count()) + " ms");
  }

  void AcceptLoss(const SwapMember& member) {
    const SwapPlan& plan = *member.plan;
    apply::Quarantine* const unfit = member.stream->quarantine();
    const uint64_t rows = unfit != nullptr ? unfit->Count(control_) : 0;
    if (rows == 0) return;
    const auto deadline = Clock::now() + plan.lock_timeout;
    uint64_t done = 0;
    const auto report = [&](const std::string& line) {
      plan.report_loss(line);
      if (++done == rows || Clock::now() < deadline) return;
      throw Error(ErrorCode::kRefused,
                  std::to_string(rows) + " rows have no place in the other table; when " +
                      std::to_string(done) + " of them had been changed or left out, writers had " +
                      "waited for the " + std::to_string(plan.lock_timeout.count()) +
                      " ms of --cutover-lock-timeout",
                  "change or delete such rows first, or let writers wait longer: osc set " +
                      plan.id + " cutover-lock-timeout=30s");
    };
    member.stream->ExpectSwap();  // it is to stand still from here on
    control_.Execute("BEGIN");
    apply::AcceptLoss(control_, *unfit, member.stream->mapping_after_swap(), report);
    plan.report_loss(std::nullopt);
    control_.Commit();
    OSC_FAULT_POINT("swap.loss_accepted");
  }

  void RequireAPlaceForEveryRow(const SwapMember& member) {
    apply::Quarantine* const unfit = member.stream->quarantine();
    const uint64_t rows = unfit != nullptr ? unfit->Count(control_) : 0;
    if (rows == 0) return;
    throw Error(ErrorCode::kBusy, std::to_string(rows) + " rows of " +
                                      mysql::Quote(member.plan->live) +
                                      " have no place in the other table");
  }

  // live: the live table's next number; 0 where it has none.
  void TakeOverAutoIncrement(const SwapPlan& plan, uint64_t live) {
    if (live == 0 || NextAutoIncrement(control_, plan.off_stage) >= live) return;
    control_.Execute("ALTER TABLE " + mysql::Quote(plan.off_stage) +
                     Comment(plan, "auto_increment") + "AUTO_INCREMENT=" + std::to_string(live));
    OSC_FAULT_POINT("swap.auto_increment_taken_over");
  }

  size_t LockOf(const SwapMember& member) const {
    return static_cast<size_t>(std::find(locked_.begin(), locked_.end(), member.plan) -
                               locked_.begin());
  }

  const std::vector<SwapMember>& members_;
  std::vector<SwapMember> streams_;  // those that have one
  std::vector<std::unique_ptr<apply::Stream::Haste>> haste_;
  const std::vector<const SwapPlan*> locked_;
  const SwapPlan& last_;  // whose table the RENAME comes to last
  const mysql::TableName sentry_;
  mysql::Connection control_;
  Triggers triggers_;
  TableLocks locks_;
  QueuedRename rename_;
  std::optional<mysql::Connection> sentry_holder_;  // where the last lock cannot hold it
  bool sentry_gone_ = false;
};

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
  std::optional<Attempt> attempt;
  try {
    attempt.emplace(members);
    return attempt->Run(stop);
  } catch (const Error& error) {
    if (attempt) attempt->Undo();
    const bool gone = attempt && attempt->sentry_gone();
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
