#include "ddl/trigger_checks.h"

#include "ddl/name.h"
#include "ddl/privileges.h"
#include "ddl/scratch_table.h"
#include "ddl/time_zone.h"
#include "src/mysql/server_message.h"

namespace osc::ddl {
namespace {

constexpr unsigned kUnknownColumn = 1054;
constexpr unsigned kNeedsPrivilege = 1227;
constexpr unsigned kBinlogNeedsTrust = 1419;

std::string WhatToDo(mysql::Connection& connection, const Error& error) {
  const std::string user = QuotedCurrentUser(connection);
  switch (error.server_errno()) {
    case kUnknownColumn:
      return "drop the trigger, or let it do without the column, first; after the migration it can "
             "be created as it is to be then";
    case kNeedsPrivilege:
      return std::string("to create a trigger with another DEFINER: GRANT ") +
             (connection.server().IsMariaDb()     ? "SET USER"
              : connection.server().AtLeast(8, 2) ? "SET_ANY_DEFINER"
                                                  : "SET_USER_ID") +
             " ON *.* TO " + user +
             (connection.server().IsMariaDb()
                  ? ""
                  : ", and SYSTEM_USER where the DEFINER has that as well");
    case kBinlogNeedsTrust:
      return "SET GLOBAL log_bin_trust_function_creators = 1, in the server's configuration too; "
             "or "
             "GRANT SUPER ON *.* TO " +
             user;
    default:
      return "drop or change the trigger first";
  }
}

}  // namespace

void TryTriggers(mysql::Connection& connection, const TableDefinition& table,
                 const std::string& alter_clauses, const std::vector<mysql::Trigger>& triggers,
                 const mysql::TableName& named) {
  if (triggers.empty()) return;
  ScratchTable scratch(connection, table);
  scratch.Create();
  if (!alter_clauses.empty()) {
    const InServerTimeZone in_server_time_zone(connection);
    connection.Execute("ALTER TABLE " + mysql::Quote(scratch.name()) + " " +
                       scratch.Translate(alter_clauses));
  }
  int number = 0;
  for (const mysql::Trigger& trigger : triggers) {
    const std::string name = scratch.name().name + "_" + std::to_string(++number);
    try {
      mysql::CreateTrigger(connection, trigger, name, scratch.name(), "osc:try");
    } catch (const Error& error) {
      if (error.server_errno() == 0 || error.code() == ErrorCode::kConnectionLost ||
          error.code() == ErrorCode::kRetryable) {
        throw;
      }
      throw Error(ErrorCode::kRefused,
                  "trigger " + mysql::QuoteIdentifier(trigger.name) + " cannot stand on " +
                      mysql::Quote(named) + ": " +
                      mysql::ServerMessage(error, scratch.name().name, named.name),
                  WhatToDo(connection, error), error.server_errno());
    }
  }
}

void CheckTriggers(mysql::Connection& connection, const TableDefinition& original,
                   const std::string& alter_clauses) {
  const std::vector<mysql::Trigger> triggers = mysql::ReadTriggers(connection, original.name);
  if (triggers.empty()) return;
  if (const auto mend = WhyLocksAreNotTold(connection)) {
    throw Error(ErrorCode::kRefused,
                "table " + mysql::Quote(original.name) +
                    " has triggers, and the server does not tell who uses a table, without which "
                    "such a table cannot be swapped",
                *mend);
  }
  try {
    TryTriggers(connection, original, alter_clauses, triggers, original.name);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRefused || error.server_errno() != kUnknownColumn) throw;
    throw Error(error.code(), error.message() + ", after this ALTER", error.hint(),
                error.server_errno());
  }
}

std::set<std::string> TakenTriggerNames(mysql::Connection& connection,
                                        const std::string& database) {
  std::set<std::string> taken;
  for (const std::string& name : mysql::TriggerNamesOf(connection, database)) {
    taken.insert(FoldName(name));
  }
  return taken;
}

std::vector<NameChange> RenamedTriggers(mysql::Connection& connection,
                                        const mysql::TableName& table) {
  std::vector<NameChange> renames;
  const std::vector<std::string> names = mysql::TriggerNames(connection, table);
  if (names.empty()) return renames;
  std::set<std::string> taken = TakenTriggerNames(connection, table.database);
  for (const std::string& name : names) {
    renames.push_back({name, NameBeside(name, taken)});
    taken.insert(FoldName(renames.back().to));
  }
  return renames;
}

}  // namespace osc::ddl
