#include "shadow/triggers.h"

#include "ddl/name.h"
#include "ddl/table_definition.h"
#include "ddl/trigger_checks.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"
#include "src/mysql/server_message.h"

namespace osc::shadow {

Triggers::Triggers(mysql::Connection& connection, const std::vector<const SwapPlan*>& plans) {
  for (const SwapPlan* plan : plans) {
    if (!mysql::TriggerNames(connection, plan->live).empty()) of_[plan];
  }
}

void Triggers::Rehearse(mysql::Connection& connection) {
  for (auto& [plan, triggers] : of_) {
    auto own = mysql::Connection::Open(plan->connection);
    try {
      triggers = mysql::ReadTriggers(own, plan->live);
      // Its name decides what the messages say: the operator knows that of the live one.
      const ddl::TableDefinition table = ddl::ReadTableDefinition(own, plan->off_stage);
      ddl::TryTriggers(own, table, "", triggers, plan->live);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRefused) throw;
      throw Error(CodeOfRefusal(*plan), error.message(), error.hint(), error.server_errno());
    }
  }
  if (!of_.empty()) {
    taken_ = ddl::TakenTriggerNames(connection, of_.begin()->first->live.database);
  }
}

void Triggers::RequireUnchanged(mysql::Connection& reader, const SwapPlan& plan) {
  const auto before = of_.find(&plan);
  const auto triggers = mysql::ReadTriggers(reader, plan.live);
  if (before == of_.end() ? triggers.empty() : triggers == before->second) return;
  throw Error(ErrorCode::kBusy,
              "somebody has just changed the triggers of " + mysql::Quote(plan.live));
}

void Triggers::Create(mysql::Connection& connection, const SwapPlan& plan) {
  if (!Has(plan)) return;
  for (const mysql::Trigger& trigger : of_.at(&plan)) {
    const std::string name = ddl::NameBeside(trigger.name, taken_);
    taken_.insert(ddl::FoldName(name));
    try {
      mysql::CreateTrigger(connection, trigger, name, plan.off_stage,
                           apply::Marker(plan.id, "trigger"));
    } catch (const Error& error) {
      if (error.server_errno() == 0 || error.code() == ErrorCode::kConnectionLost ||
          error.code() == ErrorCode::kRetryable) {
        throw;
      }
      // It could be a moment ago. Somebody has created one meanwhile, of this name or another.
      throw Error(ErrorCode::kBusy,
                  "trigger " + mysql::QuoteIdentifier(trigger.name) + " of " +
                      mysql::Quote(plan.live) + " cannot be created off stage: " +
                      mysql::ServerMessage(error, plan.off_stage.name, plan.live.name));
    }
    OSC_FAULT_POINT("swap.trigger_created");
  }
}

}  // namespace osc::shadow
