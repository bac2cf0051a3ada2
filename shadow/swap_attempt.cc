#include "shadow/swap_attempt.h"

#include <algorithm>
#include <iterator>

#include "ddl/foreign_key_checks.h"
#include "shadow/names.h"
#include "shadow/object_swap.h"
#include "src/apply/accepted_loss.h"
#include "src/base/fault_point.h"
#include "src/base/wait.h"

namespace osc::shadow {
namespace {

using base::Clock;
using std::chrono::milliseconds;

constexpr milliseconds kClose{20};
constexpr int kCloseRounds = 5;

std::string Comment(const SwapPlan& plan, const std::string& what) {
  return " /* " + apply::Marker(plan.id, what) + " */ ";
}

std::vector<const SwapPlan*> LockedPlans(const std::vector<SwapMember>& members) {
  std::vector<const SwapPlan*> plans;
  for (const SwapMember& member : members) {
    if (IsLocked(member)) plans.push_back(member.plan);
  }
  return plans;
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

uint64_t NextAutoIncrement(mysql::Connection& connection, const mysql::TableName& table) {
  if (!connection.server().IsMariaDb()) {
    connection.Execute("SET SESSION information_schema_stats_expiry=0");
  }
  const auto value = connection.QueryValue(
      "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
      mysql::QuoteText(table.database) + " AND TABLE_NAME=" + mysql::QuoteText(table.name));
  return std::strtoull(value.value_or("0").c_str(), nullptr, 10);
}

void Drain(std::stop_token stop, const SwapMember& member, const binlog::Position& position) {
  const auto deadline = Clock::now() + member.plan->lock_timeout;
  if (member.stream->WaitUntilApplied(stop, position, deadline)) return;
  if (const auto status = member.stream->status(); status.error) throw *status.error;
  throw Error(ErrorCode::kBusy, "the stream did not come to where the binlog ended within " +
                                    std::to_string(member.plan->lock_timeout.count()) + " ms");
}

}  // namespace

bool IsLocked(const SwapMember& member) {
  return member.object == nullptr || TakesTableAway(*member.plan, *member.object);
}

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

SwapAttempt::SwapAttempt(const std::vector<SwapMember>& members)
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

SwapResult SwapAttempt::Run(std::stop_token stop) {
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

void SwapAttempt::Undo() {
  rename_.End();
  locks_.GiveUp();
  sentry_holder_.reset();
}

void SwapAttempt::CreateSentry() {
  const std::string name = mysql::Quote(sentry_);
  control_.Execute("DROP TABLE IF EXISTS" + Comment(last_, "sentry") + name);
  control_.Execute("CREATE TABLE" + Comment(last_, "sentry") + name +
                   " (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB");
  OSC_FAULT_POINT("swap.sentry_created");
}

void SwapAttempt::DropSentry() {
  // Before: should the reply be lost, the session ends with its lock, and the RENAME is next.
  is_sentry_gone_ = true;
  (sentry_holder_ ? *sentry_holder_ : locks_.session(locked_.size() - 1))
      .Execute("DROP TABLE" + Comment(last_, "sentry") + mysql::Quote(sentry_));
  OSC_FAULT_POINT("swap.sentry_dropped");
}

void SwapAttempt::ProveThatNothingWasWritten(std::stop_token stop) {
  rename_.ProveThatItIsNext(sentry_);
  const binlog::Position end = binlog::CurrentPosition(control_);
  for (const SwapMember& member : streams_) Drain(stop, member, end);
  DropSentry();
  sentry_holder_->Execute("UNLOCK TABLES");
}

void SwapAttempt::ComeClose(std::stop_token stop, const SwapMember& member) {
  for (int round = 0; round < kCloseRounds; ++round) {
    const auto began = Clock::now();
    Drain(stop, member, binlog::CurrentGtidPosition(control_));
    if (Clock::now() - began < kClose) return;
  }
}

void SwapAttempt::AcceptLoss(const SwapMember& member) {
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
                "change or delete such rows first, or let writers wait longer: osc set " + plan.id +
                    " cutover-lock-timeout=30s");
  };
  member.stream->ExpectSwap();  // it is to stand still from here on
  control_.Execute("BEGIN");
  apply::AcceptLoss(control_, *unfit, member.stream->mapping_after_swap(), report);
  plan.report_loss(std::nullopt);
  control_.Commit();
  OSC_FAULT_POINT("swap.loss_accepted");
}

void SwapAttempt::RequireAPlaceForEveryRow(const SwapMember& member) {
  apply::Quarantine* const unfit = member.stream->quarantine();
  const uint64_t rows = unfit != nullptr ? unfit->Count(control_) : 0;
  if (rows == 0) return;
  throw Error(ErrorCode::kBusy, std::to_string(rows) + " rows of " +
                                    mysql::Quote(member.plan->live) +
                                    " have no place in the other table");
}

void SwapAttempt::TakeOverAutoIncrement(const SwapPlan& plan, uint64_t live) {
  if (live == 0 || NextAutoIncrement(control_, plan.off_stage) >= live) return;
  control_.Execute("ALTER TABLE " + mysql::Quote(plan.off_stage) + Comment(plan, "auto_increment") +
                   "AUTO_INCREMENT=" + std::to_string(live));
  OSC_FAULT_POINT("swap.auto_increment_taken_over");
}

size_t SwapAttempt::LockOf(const SwapMember& member) const {
  return static_cast<size_t>(std::find(locked_.begin(), locked_.end(), member.plan) -
                             locked_.begin());
}

}  // namespace osc::shadow
