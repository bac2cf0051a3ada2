#include "shadow/triggers.h"

#include "ddl/name.h"
#include "ddl/table_definition.h"
#include "ddl/trigger_checks.h"
#include "src/apply/stream.h"
#include "src/base/fault_point.h"
#include "src/mysql/server_message.h"
#include "src/mysql/triggers.h"

namespace osc::shadow {
namespace {

[[noreturn]] void Refuse(const SwapPlan& plan, const Error& error) {
  throw Error(plan.number == 1 ? ErrorCode::kBusy : ErrorCode::kRefused, error.message(),
              error.hint(), error.server_errno());
}

}  // namespace

std::vector<mysql::Trigger> RehearseTriggers(const SwapPlan& plan) {
  auto connection = mysql::Connection::Open(plan.connection);
  try {
    const std::vector<mysql::Trigger> triggers = mysql::ReadTriggers(connection, plan.live);
    if (triggers.empty()) return triggers;
    // Its name decides what the messages say: the operator knows that of the live one.
    const ddl::TableDefinition table = ddl::ReadTableDefinition(connection, plan.off_stage);
    ddl::TryTriggers(connection, table, "", triggers, plan.live);
    return triggers;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRefused) throw;
    Refuse(plan, error);
  }
}

void CreateTriggersOffStage(mysql::Connection& connection, const SwapPlan& plan,
                            const std::vector<mysql::Trigger>& triggers,
                            std::set<std::string>* taken) {
  for (const mysql::Trigger& trigger : triggers) {
    const std::string name = ddl::NameBeside(trigger.name, *taken);
    taken->insert(ddl::FoldName(name));
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
