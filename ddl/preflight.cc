#include "ddl/preflight.h"

#include <algorithm>

#include "ddl/check_constraints.h"
#include "ddl/column_clause.h"
#include "ddl/name.h"
#include "ddl/privileges.h"
#include "ddl/server_checks.h"
#include "ddl/table_checks.h"
#include "ddl/time_zone.h"
#include "ddl/trial_copy.h"
#include "ddl/trigger_checks.h"

namespace osc::ddl {
namespace {

void RefuseOnProblem(const DoctorFinding& finding) {
  if (finding.status != FindingStatus::kProblem) return;
  std::string hint = finding.hint;
  if (!finding.fix.empty()) hint += (hint.empty() ? "" : ": ") + finding.fix;
  throw Error(ErrorCode::kRefused, finding.detail, hint);
}

void CheckAlterText(const AlterStatement& alter, const mysql::TableName& table) {
  if (!alter.engine.empty() && !SameName(alter.engine, "InnoDB")) {
    throw Error(ErrorCode::kRefused,
                "ENGINE=" + alter.engine + " for table " + mysql::Quote(table) +
                    ": osc works with InnoDB only",
                "use the server's own ALTER TABLE");
  }
}

// Length in the characters that the server counts, and at most this many bytes as a file name,
// where the servers write every other character as @ and four digits. Of the 64 characters some are
// left for the "_chk_1" that MySQL puts behind the table's name to name a CHECK constraint.
bool Fits(std::string_view name) {
  constexpr size_t kMostCharacters = 56;
  constexpr size_t kMostFileNameBytes = 240;
  size_t characters = 0;
  size_t file_name_bytes = 0;
  for (const char c : name) {
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    ++characters;
    file_name_bytes += plain ? 1 : 5;
  }
  return characters <= kMostCharacters && file_name_bytes <= kMostFileNameBytes;
}

// Those that the altered table still has.
std::vector<NameChange> KeptRenames(std::vector<NameChange> renames,
                                    const TableDefinition& altered) {
  const std::vector<CheckConstraint> checks = ReadCheckConstraints(altered.create_statement);
  std::erase_if(renames, [&](const NameChange& rename) {
    return std::none_of(checks.begin(), checks.end(), [&](const CheckConstraint& check) {
      return SameName(check.name, rename.from);
    });
  });
  return renames;
}

// Takes out what IF EXISTS and IF NOT EXISTS have left out. MariaDB looks at the table as it was
// before the ALTER, also where an earlier clause drops the column (seen on 10.11).
void LeaveOutWhatWasNotDone(const TableDefinition& original, const TableDefinition& altered,
                            AlterStatement* alter) {
  const auto was_there = [&](const std::string& name) {
    return original.FindColumn(name).has_value();
  };
  std::erase_if(alter->dropped_columns, [&](const std::string& name) { return !was_there(name); });
  std::erase_if(alter->renames,
                [&](const ColumnRename& rename) { return !was_there(rename.from); });
  const auto went = [&](const std::string& name) {
    const auto same = [&](const std::string& other) { return SameName(name, other); };
    return std::any_of(alter->dropped_columns.begin(), alter->dropped_columns.end(), same) ||
           std::any_of(alter->renames.begin(), alter->renames.end(),
                       [&](const ColumnRename& rename) { return same(rename.from); });
  };
  const auto is_new_name = [&](const std::string& name) {
    return std::any_of(alter->renames.begin(), alter->renames.end(),
                       [&](const ColumnRename& rename) { return SameName(name, rename.to); });
  };
  std::erase_if(alter->added_columns, [&](const std::string& name) {
    return !altered.FindColumn(name) || is_new_name(name) || (was_there(name) && !went(name));
  });
}

// What existing rows get in an added column is not always what the server's ALTER would give them.
void WarnOfAddedValues(const ServerTimeZone& zone, ChangePlan* plan) {
  for (const size_t index : plan->forward.preserved) {
    const Column& column = plan->forward.target.columns[index];
    if (column.auto_increment) {
      plan->warnings.push_back("added column '" + column.name +
                               "' numbers the rows in the order in which they are copied");
      continue;
    }
    const std::string function = ChangingDefault(ColumnClause(plan->forward.target, column));
    if (function.empty()) continue;
    plan->warnings.push_back("the default of added column '" + column.name + "' calls " + function +
                             "(), in the moment and the session of osc that copy the row" +
                             (zone.is_utc ? "" : ", whose time zone is UTC"));
  }
}

// The trial copy has no partitions, so that RevertNotes cannot see them.
void NotePartitions(const TableDefinition& original, ChangePlan* plan) {
  if (!plan->alter.partitions || !MayLackAPartition(original)) return;
  plan->notes.push_back({"blocked", "partitions",
                         "change: rows that fit no partition of the old table block a revert"});
}

}  // namespace

std::string OffStageName(const std::string& migration_id, const std::string& table) {
  std::string name = "_osc_" + migration_id + "_" + table;
  while (!Fits(name)) {
    while ((static_cast<unsigned char>(name.back()) & 0xc0) == 0x80) name.pop_back();
    name.pop_back();
  }
  return name;
}

ChangePlan Preflight(mysql::Connection& connection, const mysql::TableName& table,
                     const AlterStatement& alter, const std::vector<RevertDefault>& revert_defaults,
                     const std::string& to_be_completed) {
  const mysql::ServerInfo& server = connection.server();
  RefuseOnProblem(CheckVersion(server));
  const ServerVariables variables = ReadServerVariables(connection);
  for (const DoctorFinding& finding : CheckRequirements(server, variables)) {
    RefuseOnProblem(finding);
  }
  RefuseSystemDatabase(table);
  RefuseOnProblem(CheckPrivileges(connection, table.database));
  const TableFacts facts = FindTable(connection, table, variables);
  RefuseOnProblem(CheckBinlogFilter(connection, facts.name.database));
  CheckSurroundings(connection, facts, to_be_completed);
  CheckAlterText(alter, facts.name);
  const TableDefinition original = ReadTableDefinition(connection, facts.name);
  CheckDefinition(original, "table");
  const TableDefinition altered = TryAlter(connection, original, alter);
  CheckDefinition(altered, "the altered table");
  CheckTriggers(connection, original, alter.clauses);

  ChangePlan plan;
  plan.alter = alter;
  LeaveOutWhatWasNotDone(original, altered, &plan.alter);
  plan.forward = ForwardProjection(original, altered, plan.alter);
  CheckColumnsOfOneTable(plan.forward);
  const ServerTimeZone zone = ReadServerTimeZone(connection);
  plan.warnings = CheckTimeZone(zone, plan.forward);
  plan.revert_defaults = ResolveRevertDefaults(connection, plan.forward, revert_defaults);
  plan.notes = RevertNotes(plan.forward, plan.revert_defaults);
  NotePartitions(original, &plan);
  plan.renamed_checks = KeptRenames(RenamedChecks(connection, original), altered);
  plan.renamed_triggers = RenamedTriggers(connection, original.name);
  plan.estimated_rows = facts.estimated_rows;
  plan.data_bytes = facts.data_bytes;
  CheckDiskSpace(connection.options(), variables, facts);
  if (plan.forward.unordered_unique) {
    plan.warnings.push_back(
        "a unique key over a prefix, an expression or a column of its own keeps the stream to one "
        "lane");
  }
  WarnOfAddedValues(zone, &plan);
  if (alter.partitions || IsPartitioned(original)) {
    plan.warnings.push_back(
        "partitions cannot be tried on a temporary table: whether the server takes them shows when "
        "the migration makes its off-stage table");
  }
  for (const DoctorFinding& finding : CheckRisks(server, variables)) {
    if (finding.status == FindingStatus::kWarning) {
      plan.warnings.push_back(finding.hint.empty() ? finding.detail
                                                   : finding.detail + "; " + finding.hint);
    }
  }
  return plan;
}

}  // namespace osc::ddl
