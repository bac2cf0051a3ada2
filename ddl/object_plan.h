// What is checked before a table or a view is created or dropped.
#pragma once

#include <string>

#include "ddl/object_statement.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::ddl {

// What stands under a name: "" for nothing, "table", or a view's whole definition but for its name.
// Of two views these are equal only where the views are. Throws what the server says to SHOW CREATE
// VIEW.
std::string DefinitionOf(mysql::Connection& connection, const mysql::TableName& name);

struct ObjectPlan {
  ObjectStatement statement;
  mysql::TableName name;
  std::string standing;  // DefinitionOf the name
  std::string nothing;   // why the statement changes nothing, for people; else empty
};

// Changes nothing. Throws kRefused when the name is taken, or what has it is of another kind, or a
// table to be dropped has foreign keys, kNotFound when there is nothing to drop or to alter.
ObjectPlan PlanObject(mysql::Connection& connection, const mysql::TableName& name,
                      const ObjectStatement& statement);

}  // namespace osc::ddl
