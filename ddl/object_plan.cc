#include "ddl/object_plan.h"

#include "ddl/foreign_key_checks.h"
#include "ddl/table_checks.h"
#include "src/base/error.h"

namespace osc::ddl {
namespace {

constexpr const char* kTable = "table";

std::string Named(const std::string& standing, const mysql::TableName& name) {
  return (standing == kTable ? "table " : "view ") + mysql::Quote(name);
}

// What is to be dropped or altered must be of its kind.
void RequireKind(const ObjectPlan& plan) {
  const bool is_table = plan.standing == kTable;
  if (is_table == !plan.statement.is_view()) return;
  throw Error(ErrorCode::kRefused,
              mysql::Quote(plan.name) + (is_table ? " is a table" : " is a view"),
              std::string("write ") + (is_table ? "TABLE" : "VIEW") + " in the statement");
}

}  // namespace

std::string DefinitionOf(mysql::Connection& connection, const mysql::TableName& name) {
  const auto type = connection.QueryValue(
      "SELECT TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_TYPE <> 'TEMPORARY' AND "
      "TABLE_SCHEMA=" +
      mysql::QuoteText(name.database) + " AND TABLE_NAME=" + mysql::QuoteText(name.name));
  if (!type) return "";
  if (*type != "VIEW") return kTable;
  // Names of the session's own database are written without it.
  connection.Execute("USE " + mysql::QuoteIdentifier(name.database));
  auto row = connection.Query("SHOW CREATE VIEW " + mysql::Quote(name));
  row.Next();
  const ObjectStatement view = ParseObjectStatement(row.Text(1)).at(0);
  return view.head + view.tail;
}

ObjectPlan PlanObject(mysql::Connection& connection, const mysql::TableName& name,
                      const ObjectStatement& statement) {
  RefuseSystemDatabase(name);
  RefuseOwnName(name);
  ObjectPlan plan{statement, name, DefinitionOf(connection, name), ""};
  const bool is_there = !plan.standing.empty();
  const std::string kind = statement.is_view() ? "view " : "table ";
  const std::string here = is_there ? Named(plan.standing, name) : kind + mysql::Quote(name);
  switch (statement.action) {
    case ObjectAction::kCreateTable:
    case ObjectAction::kCreateView:
      if (!is_there) break;
      if (!statement.if_needed) {
        throw Error(ErrorCode::kRefused, here + " exists already",
                    "IF NOT EXISTS leaves it as it is");
      }
      plan.nothing = here + " exists already";
      break;
    case ObjectAction::kReplaceView:
      if (is_there) RequireKind(plan);
      break;
    case ObjectAction::kAlterView:
    case ObjectAction::kDropView:
    case ObjectAction::kDropTable:
      if (is_there) {
        RequireKind(plan);
        break;
      }
      if (!statement.if_needed) {
        throw Error(ErrorCode::kNotFound, "there is no " + here, "check the name");
      }
      plan.nothing = "there is no " + here;
  }
  if (statement.action == ObjectAction::kDropTable && is_there) {
    RefuseForeignKeys(connection, {name});
  }
  return plan;
}

}  // namespace osc::ddl
