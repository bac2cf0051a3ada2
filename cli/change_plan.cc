#include "cli/change_plan.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/password_prompt.h"
#include "cli/standbys.h"
#include "cli/text.h"
#include "ddl/privileges.h"
#include "ddl/shared_key.h"
#include "shadow/throttle.h"

namespace osc::cli {
namespace {

using Json = nlohmann::ordered_json;

// A guess for plan, from what one server of medium size did; the copy measures the real speed.
constexpr uint64_t kGuessRowsPerSecond = 100'000;
constexpr uint64_t kGuessBytesPerSecond = 40 << 20;

uint64_t GuessSeconds(const ddl::ChangePlan& plan) {
  return 1 + std::max(plan.estimated_rows / kGuessRowsPerSecond,
                      plan.data_bytes / kGuessBytesPerSecond);
}

const ddl::Column& Source(const ddl::Projection& projection, size_t index) {
  return projection.source.columns.at(index);
}
const ddl::Column& Target(const ddl::Projection& projection, size_t index) {
  return projection.target.columns.at(index);
}

std::string ColumnText(const ddl::Column& column) {
  return column.name + " " + column.type.text + (column.nullable ? "" : " NOT NULL");
}

// What becomes of a column that only one of the two tables has.
std::string FillText(const ddl::Column& column, const std::vector<ddl::RevertDefault>& defaults) {
  if (column.generated) return "computed by the server";
  if (column.auto_increment) return "numbered by the server";
  if (column.has_default) return "its default";
  for (const ddl::RevertDefault& value : defaults) {
    if (value.column == column.name && !value.expression.empty()) return value.expression;
  }
  return "the type's empty value";
}

// defaults: none in the forward direction.
std::vector<std::string> DirectionLines(const ddl::Projection& projection, bool forward,
                                        const std::vector<ddl::RevertDefault>& defaults) {
  std::vector<std::vector<std::string>> rows;
  for (const ddl::ColumnPair& pair : projection.columns) {
    const ddl::Column& from = Source(projection, pair.source);
    const ddl::Column& to = Target(projection, pair.target);
    std::string remark;
    if (from.name != to.name) remark = "renamed";
    if (from.type.text != to.type.text || from.nullable != to.nullable ||
        from.type.collation != to.type.collation) {
      remark += remark.empty() ? "converted" : ", converted";
    }
    rows.push_back({"  " + ColumnText(from), "-> " + ColumnText(to), remark});
  }
  for (const ddl::Column& column : projection.target.columns) {
    if (column.generated)
      rows.push_back({"  ", "-> " + ColumnText(column), FillText(column, defaults)});
  }
  for (const size_t index : projection.preserved) {
    const ddl::Column& column = Target(projection, index);
    rows.push_back({"  ", "-> " + ColumnText(column),
                    forward ? "added: " + FillText(column, defaults)
                            : "preserved: keeps its values; rows inserted after the cutover get " +
                                  FillText(column, defaults)});
  }
  for (size_t i = 0; i < projection.source.columns.size(); ++i) {
    const bool used = std::any_of(projection.columns.begin(), projection.columns.end(),
                                  [i](const ddl::ColumnPair& pair) { return pair.source == i; });
    const ddl::Column& column = Source(projection, i);
    if (used || column.generated) continue;
    rows.push_back({"  " + ColumnText(column), "->",
                    forward ? "dropped: the old table keeps it, for a revert"
                            : "left out: the new table keeps it, for a reapply"});
  }
  std::vector<std::string> lines;
  std::string text = Printable("");
  for (auto& row : rows) {
    for (std::string& cell : row) cell = Printable(cell);
  }
  text = FormatTable(rows, 0);
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string KeyText(const ddl::Projection& forward) {
  const std::string key =
      ddl::DescribeKey(forward.source, *forward.source.FindKey(forward.source_key));
  return Printable("rows are matched by " + key + ": " + ddl::WhySharedKey(forward));
}

Json DirectionJson(const ddl::Projection& projection) {
  Json columns = Json::array();
  for (const ddl::ColumnPair& pair : projection.columns) {
    const ddl::Column& from = Source(projection, pair.source);
    const ddl::Column& to = Target(projection, pair.target);
    columns.push_back({{"from", from.name},
                       {"to", to.name},
                       {"from_type", from.type.text},
                       {"to_type", to.type.text}});
  }
  Json preserved = Json::array();
  for (const size_t index : projection.preserved) {
    preserved.push_back(Target(projection, index).name);
  }
  return {{"columns", std::move(columns)}, {"preserved", std::move(preserved)}};
}

// What the server would do with the ALTER by itself. Without an answer the plan is still one.
void AskServer(mysql::Connection& connection, CheckedChange* checked) {
  try {
    checked->server_algorithms =
        ddl::TryAlgorithms(connection, checked->plan.forward.source, checked->plan.alter);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnectionLost) throw;
    checked->plan.warnings.push_back(
        "what the server could do by itself cannot be asked, for want of an empty copy of the "
        "table: " +
        error.message());
  }
}

// The server makes the change itself: whether it does is known before anything runs.
void RequireInstant(mysql::Connection& connection, const ddl::ChangePlan& plan) {
  const ddl::TableDefinition& table = plan.forward.source;
  const ddl::InstantTrial trial = ddl::TryInstant(connection, table, plan.alter);
  if (trial.possible) return;
  throw Error(ErrorCode::kRefused,
              "the server does not make this change of " + mysql::Quote(table.name) +
                  " instantly: " + trial.note,
              "leave out --algorithm: osc's own way makes it, and can take it back");
}

std::string AlgorithmText(const ddl::ServerAlgorithm& algorithm) {
  if (!algorithm.possible) return algorithm.name + ": not possible: " + algorithm.note;
  return algorithm.name + ", LOCK=" + algorithm.lock + ": " + algorithm.note;
}

Json AlgorithmsJson(const std::vector<ddl::ServerAlgorithm>& algorithms) {
  Json list = Json::array();
  for (const ddl::ServerAlgorithm& algorithm : algorithms) {
    list.push_back({{"algorithm", algorithm.name},
                    {"possible", algorithm.possible},
                    {"lock", algorithm.possible ? Json(algorithm.lock) : Json(nullptr)},
                    {"rebuilds", algorithm.possible ? Json(algorithm.rebuilds) : Json(nullptr)},
                    {"reversible", false},
                    {"note", algorithm.note}});
  }
  return list;
}

}  // namespace

ServerTarget ConnectToTarget(Context& context) {
  if (context.options.ask_password) AskPassword();
  context.stage = Stage::kConnect;
  mysql::ServerChoice choice = mysql::ChooseServer(context.options.connection);
  auto connection = mysql::Connection::Open(choice.connection);
  context.stage = Stage::kPreflight;
  return {std::move(choice), std::move(connection)};
}

CheckedChange CheckChange(Context& context, std::optional<state::Store>& store) {
  Change change = ReadChange(context.options);
  ddl::ParseRevertDefaults(context.options.revert_defaults);  // before anybody connects
  ServerTarget target = ConnectToTarget(context);
  if (change.table.database.empty()) {
    change.table.database = target.connection.QueryValue("SELECT DATABASE()").value_or("");
  }
  if (change.table.database.empty()) {
    context.stage = Stage::kInput;
    throw Error(ErrorCode::kInvalidArgument,
                "which database has the table " + change.table.name + " is not said",
                "write --table d." + change.table.name + " or --database d");
  }
  return CheckChange(context, target, change, store ? &*store : nullptr);
}

CheckedChange CheckChange(Context& context, ServerTarget& target, const Change& change,
                          state::Store* store, const std::string& to_be_completed) {
  const auto defaults = ddl::ParseRevertDefaults(context.options.revert_defaults);
  CheckedChange checked;
  checked.server = target.choice.identity;
  checked.server_name = target.connection.server().Name();
  if (store != nullptr && to_be_completed.empty()) {
    store->RequireNoUnfinished(checked.server, change.table.database, change.table.name);
  }
  checked.plan =
      ddl::Preflight(target.connection, change.table, change.alter, defaults, to_be_completed);
  for (const ddl::DoctorFinding& finding :
       CheckStandbys(context.options.connection, target.choice)) {
    if (finding.status == ddl::FindingStatus::kOk) continue;
    checked.plan.warnings.push_back(finding.name + ": " + finding.detail);
  }
  if (context.options.require_revertible) ddl::RequireRevertible(checked.plan.notes);
  if (context.options.settings.force_cutover) ddl::RequireKillPrivilege(target.connection);
  shadow::RequireMeasurable(target.connection, context.options.settings);
  if (context.options.command == "plan" || context.options.dry_run) {
    AskServer(target.connection, &checked);
  } else if (context.options.settings.algorithm == state::Algorithm::kInstant) {
    RequireInstant(target.connection, checked.plan);
  }
  return checked;
}

CheckedChange CheckObject(Context& context, ServerTarget& target, const mysql::TableName& name,
                          const ddl::ObjectStatement& statement, state::Store* store,
                          const std::string& to_be_completed) {
  CheckedChange checked;
  checked.server = target.choice.identity;
  checked.server_name = target.connection.server().Name();
  if (store != nullptr && to_be_completed.empty()) {
    store->RequireNoUnfinished(checked.server, name.database, name.name);
  }
  checked.object = ddl::PlanObject(target.connection, name, statement);
  if (context.options.settings.force_cutover) ddl::RequireKillPrivilege(target.connection);
  return checked;
}

std::vector<std::string> Cautions(const CheckedChange& change) {
  std::vector<std::string> lines;
  if (change.object) {
    if (!change.object->nothing.empty()) {
      lines.push_back(Printable(change.object->nothing + ": nothing is changed"));
    }
    return lines;
  }
  const ddl::ChangePlan& plan = change.plan;
  for (const ddl::RevertNote& note : plan.notes) {
    lines.push_back(Printable("revert note (" + std::string(note.level()) + "): " + note.column +
                              ": " + note.detail));
  }
  for (const ddl::NameChange& rename : plan.renamed_checks) {
    lines.push_back(Printable("constraint " + rename.from + " will be called " + rename.to +
                              " on the new table: the server wants the names of CHECK constraints "
                              "unique in the database"));
  }
  for (const ddl::NameChange& rename : plan.renamed_triggers) {
    lines.push_back(Printable("trigger " + rename.from + " will be called " + rename.to +
                              " on the new table: the server wants the names of triggers unique "
                              "in the database"));
  }
  for (const std::string& warning : plan.warnings)
    lines.push_back(Printable("warning: " + warning));
  return lines;
}

namespace {

std::string WhatARevertDoes(const ddl::ObjectPlan& plan) {
  if (!plan.nothing.empty()) return "it changes nothing: " + plan.nothing;
  switch (plan.statement.action) {
    case ddl::ObjectAction::kCreateTable:
    case ddl::ObjectAction::kCreateView:
      return "it is made off stage and renamed; a revert takes it off stage, with its rows";
    case ddl::ObjectAction::kDropTable:
    case ddl::ObjectAction::kDropView:
      return "it is renamed off stage and dropped when the retention ends; a revert renames it "
             "back";
    default:
      return plan.standing.empty() ? "it is made off stage and renamed; a revert takes it off stage"
                                   : "the old view stays off stage; a revert brings it back";
  }
}

std::string ObjectText(const CheckedChange& change) {
  const ddl::ObjectPlan& plan = *change.object;
  return "change     " + Printable(plan.statement.text) + "\n" + "on         " +
         Printable(plan.name.database) + " on " + change.server_name + "\n" + "way        " +
         Printable(WhatARevertDoes(plan)) + "\na revert loses nothing\n";
}

}  // namespace

std::string PlanText(const CheckedChange& change) {
  if (change.object) return ObjectText(change);
  const ddl::ChangePlan& plan = change.plan;
  const mysql::TableName& table = plan.forward.source.name;
  std::string text;
  const auto line = [&text](const std::string& name, const std::string& value) {
    text += name + std::string(11 - name.size(), ' ') + value + "\n";
  };
  line("table", Printable(table.database + "." + table.name) + " on " + change.server_name);
  line("change", Printable(plan.alter.clauses));
  line("size",
       "about " + FormatCount(plan.estimated_rows) + " rows, " + FormatBytes(plan.data_bytes));
  line("time", "a guess: " + FormatSeconds(static_cast<int64_t>(GuessSeconds(plan))) +
                   " of copying on an idle server");
  line("algorithm",
       "osc: shadow table and binlog stream; the swap is a rename, and so is the revert");
  std::string label = "server";
  for (const ddl::ServerAlgorithm& algorithm : change.server_algorithms) {
    line(std::exchange(label, ""), Printable(AlgorithmText(algorithm)));
  }
  if (label.empty()) {
    line("", "what the server does by itself cannot be taken back; only osc's way can");
  }
  line("shared key", KeyText(plan.forward));
  text += "columns, old to new\n";
  for (const std::string& row : DirectionLines(plan.forward, true, {})) text += row + "\n";
  text += "columns, new to old (while it can be reverted)\n";
  const ddl::Projection inverse = ddl::Invert(plan.forward);
  for (const std::string& row : DirectionLines(inverse, false, plan.revert_defaults)) {
    text += row + "\n";
  }
  const auto cautions = Cautions(change);
  for (const std::string& caution : cautions) text += caution + "\n";
  if (plan.notes.empty()) text += "a revert loses nothing\n";
  return text;
}

Json PlanJson(const CheckedChange& change) {
  if (change.object) {
    return {{"database", change.object->name.database},
            {"table", change.object->name.name},
            {"alter", change.object->statement.text},
            {"action", ddl::ActionName(change.object->statement.action)},
            {"server", change.server_name},
            {"reversible", true},
            {"changes_nothing", !change.object->nothing.empty()},
            {"notes", Json::array()},
            {"warnings", Json::array()}};
  }
  const ddl::ChangePlan& plan = change.plan;
  const mysql::TableName& table = plan.forward.source.name;
  Json key_columns = Json::array();
  for (const ddl::ColumnPair& pair : plan.forward.key) {
    key_columns.push_back(Source(plan.forward, pair.source).name);
  }
  Json renamed = Json::array();
  for (const ddl::ColumnRename& rename : plan.alter.renames) {
    renamed.push_back({{"from", rename.from}, {"to", rename.to}});
  }
  Json renamed_checks = Json::array();
  for (const ddl::NameChange& rename : plan.renamed_checks) {
    renamed_checks.push_back({{"from", rename.from}, {"to", rename.to}});
  }
  Json renamed_triggers = Json::array();
  for (const ddl::NameChange& rename : plan.renamed_triggers) {
    renamed_triggers.push_back({{"from", rename.from}, {"to", rename.to}});
  }
  Json revert_defaults = Json::array();
  for (const ddl::RevertDefault& value : plan.revert_defaults) {
    revert_defaults.push_back(
        {{"column", value.column},
         {"expression", value.expression.empty() ? Json() : Json(value.expression)},
         {"value", value.literal}});
  }
  return {{"database", table.database},
          {"table", table.name},
          {"alter", plan.alter.clauses},
          {"action", "alter"},
          {"server", change.server_name},
          {"algorithm", "shadow"},
          {"reversible", true},
          {"server_algorithms", AlgorithmsJson(change.server_algorithms)},
          {"rows_estimated", plan.estimated_rows},
          {"data_bytes", plan.data_bytes},
          {"estimated_seconds", GuessSeconds(plan)},
          {"key",
           {{"old", plan.forward.source_key},
            {"new", plan.forward.target_key},
            {"columns", std::move(key_columns)},
            {"reason", ddl::WhySharedKey(plan.forward)}}},
          {"old_to_new", DirectionJson(plan.forward)},
          {"new_to_old", DirectionJson(ddl::Invert(plan.forward))},
          {"added", plan.alter.added_columns},
          {"dropped", plan.alter.dropped_columns},
          {"renamed", std::move(renamed)},
          {"renamed_checks", std::move(renamed_checks)},
          {"renamed_triggers", std::move(renamed_triggers)},
          {"notes", Json::parse(ddl::SaveNotes(plan.notes))},
          {"revert_defaults", std::move(revert_defaults)},
          {"warnings", plan.warnings}};
}

}  // namespace osc::cli
