#include "shadow/object_swap.h"

#include "ddl/object_plan.h"
#include "ddl/preflight.h"
#include "ddl/time_zone.h"
#include "shadow/locked_statement.h"
#include "shadow/names.h"
#include "shadow/off_stage.h"
#include "src/apply/checkpoint.h"
#include "src/base/fault_point.h"

namespace osc::shadow {
namespace {

// The statement's head and tail around another name, with osc's mark.
std::string Renamed(const std::string& head, const Tables& tables, const std::string& tail) {
  return head + "/* " + apply::Marker(tables.id, "create") + " */ " +
         mysql::Quote(tables.off_stage) + " " + tail;
}

void Create(mysql::Connection& connection, const Tables& tables) {
  const ddl::ObjectStatement& object = *tables.object;
  if (object.action == ddl::ObjectAction::kAlterView) {
    // What an ALTER VIEW does not name stays as it is.
    auto row = connection.Query("SHOW CREATE VIEW " + mysql::Quote(tables.live));
    row.Next();
    const ddl::ObjectStatement view = ddl::ParseObjectStatement(row.Text(1)).at(0);
    connection.Execute(Renamed(view.head, tables, view.tail));
    OSC_FAULT_POINT("object.copied");
  }
  connection.Execute(Renamed(object.head, tables, object.tail));
  OSC_FAULT_POINT("object.created");
  for (const std::string& clauses : object.alters) {
    connection.Execute("ALTER TABLE /* " + apply::Marker(tables.id, "create") + " */ " +
                       mysql::Quote(tables.off_stage) + " " + clauses);
    OSC_FAULT_POINT("object.altered");
  }
}

const std::string& Before(const SwapPlan& plan, const Tables& tables) {
  return plan.number % 2 == 1 ? tables.old_object : tables.new_object;
}

const std::string& After(const SwapPlan& plan, const Tables& tables) {
  return plan.number % 2 == 1 ? tables.new_object : tables.old_object;
}

}  // namespace

std::string ObjectMarker(const SwapPlan& plan) { return apply::Marker(plan.id, "rename"); }

LockedStatement ObjectStatement(const SwapPlan& plan, std::string sql) {
  LockedStatement statement;
  statement.id = plan.id;
  statement.marker = ObjectMarker(plan);
  statement.sql = std::move(sql);
  statement.table = plan.live;
  statement.connection = plan.connection;
  statement.lock_timeout = plan.lock_timeout;
  statement.may_kill = plan.may_kill;
  statement.killed = plan.killed;
  return statement;
}

std::string ObjectRenames(const SwapPlan& plan, const Tables& tables,
                          const mysql::TableName& between) {
  const std::string& from = Before(plan, tables);
  const std::string& to = After(plan, tables);
  const std::string live = mysql::Quote(plan.live);
  const std::string off_stage = mysql::Quote(plan.off_stage);
  if (from.empty()) return off_stage + " TO " + live;
  if (to.empty()) return live + " TO " + off_stage;
  return live + " TO " + mysql::Quote(between) + ", " + off_stage + " TO " + live + ", " +
         mysql::Quote(between) + " TO " + off_stage;
}

bool TakesTableAway(const SwapPlan& plan, const Tables& tables) {
  return !tables.object->is_view() && !Before(plan, tables).empty() && !ChangesNothing(tables);
}

void RequireObjectAsLeft(const SwapPlan& plan, const Tables& tables) {
  const std::string& from = Before(plan, tables);
  auto connection = mysql::Connection::Open(plan.connection);
  const std::string now = ddl::DefinitionOf(connection, plan.live);
  if (now == from) return;
  const std::string name = mysql::Quote(plan.live);
  throw Error(ErrorCode::kRefused,
              now.empty()    ? "there is no " + name + " any more: somebody has dropped it"
              : from.empty() ? "there is a " + name + " again: somebody has created it"
                             : name + " is not what it was: somebody has replaced it",
              "see to it that it is as the migration has left it, then ask again");
}

void DropObject(const Tables& tables, bool keep) {
  if (keep) return;
  auto connection = mysql::Connection::Open(tables.connection);
  connection.Execute("SET lock_wait_timeout=1");
  DropOffStage(connection, tables.id, tables.off_stage, tables.object->is_view());
  OSC_FAULT_POINT("object.dropped");
}

void PrepareObject(state::Store& store, const state::Migration& migration,
                   const mysql::ConnectionOptions& server) {
  Tables tables = LoadTables(migration);
  tables.connection = server;
  auto connection = mysql::Connection::Open(server);
  connection.Execute("USE " + mysql::QuoteIdentifier(tables.live.database));
  if (tables.object->creates()) DropObject(tables, false);
  const ddl::ObjectPlan plan = ddl::PlanObject(connection, tables.live, *tables.object);
  std::string made = plan.standing;
  if (plan.nothing.empty()) {
    made.clear();
    if (tables.object->creates()) {
      try {
        // As whoever wrote the statement would run it.
        connection.Execute("SET SESSION sql_mode=@@global.sql_mode");
        const ddl::InServerTimeZone in_server_time_zone(connection);
        Create(connection, tables);
        made = ddl::DefinitionOf(connection, tables.off_stage);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kConnectionLost) throw;
        DropObject(tables, false);
        throw Error(ErrorCode::kRefused, "the server refuses the statement: " + error.message(),
                    error.hint(), error.server_errno());
      }
    }
  } else {
    store.AddEvent(tables.id, plan.nothing + ": nothing is changed");
  }
  store.SetPrepared(tables.id, MarkObject(plan.standing), MarkObject(made), migration.notes, "");
  OSC_FAULT_POINT("object.recorded");
}

bool StandsNewObject(std::stop_token stop, mysql::Connection& connection, const SwapPlan& plan,
                     const Tables& tables) {
  WaitUntilGone(stop, connection, ObjectStatement(plan, ""));
  const std::string live = ddl::DefinitionOf(connection, tables.live);
  const std::string off_stage = ddl::DefinitionOf(connection, tables.off_stage);
  if (ChangesNothing(tables)) return true;
  if (live.empty() && off_stage.empty()) {
    throw Error(ErrorCode::kDiverged,
                "neither " + mysql::Quote(tables.live) + " nor " + mysql::Quote(tables.off_stage) +
                    " is on the server: somebody has dropped it",
                "nothing is left to go back or forward to");
  }
  if (tables.old_object.empty()) return off_stage.empty();
  if (tables.new_object.empty()) return !off_stage.empty();
  return live == tables.new_object;
}

}  // namespace osc::shadow
