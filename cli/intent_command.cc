// The commands that ask the engine for something: cutover, revert, reapply, complete, cancel,
// pause, resume, set, verify.
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/engine_request.h"
#include "cli/file_cutover.h"
#include "cli/file_revert.h"
#include "cli/text.h"
#include "ddl/preflight.h"
#include "shadow/replica.h"
#include "src/mysql/host_list.h"

namespace osc::cli {
namespace {

using state::Migration;
using state::MigrationState;

void RequireHosts(const std::string& hosts) {
  mysql::ConnectionOptions options;
  options.host = hosts;
  if (hosts.empty()) throw Error(ErrorCode::kInvalidArgument, "host= names no host");
  mysql::EachHost(options);
}

// {"retention": "72h"}; checked here so that a typing error costs no trip to the engine.
nlohmann::json ReadAssignments(const Options& options, state::Settings settings) {
  nlohmann::json arguments = nlohmann::json::object();
  for (const std::string& assignment : options.assignments) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorCode::kInvalidArgument, "'" + assignment + "' is not key=value",
                  "for example: osc set " + options.id + " retention=72h");
    }
    const std::string name = assignment.substr(0, equals);
    const std::string value = assignment.substr(equals + 1);
    if (name == "defer-indexes" || name == "algorithm") {
      throw Error(ErrorCode::kInvalidArgument, name + " is decided when a migration begins",
                  "osc cancel " + options.id + ", and run it again");
    }
    if (name == "host") {
      RequireHosts(value);
    } else {
      state::ApplySetting(&settings, name, value);
    }
    arguments[name] = value;
  }
  if (arguments.contains("host") && arguments.size() > 1) {
    throw Error(ErrorCode::kInvalidArgument, "host is set alone, without other settings");
  }
  return arguments;
}

// By the engine's eyes, which need not stand in the same directory.
std::filesystem::path LossReport(const Options& options, const Migration& migration) {
  if (!options.loss_report.empty()) return std::filesystem::absolute(options.loss_report);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::filesystem::absolute(options.state_directory) /
         ("loss-" + migration.id + "-" +
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count()) + ".jsonl");
}

nlohmann::json Arguments(const Options& options, const Migration& migration) {
  if (options.command == "set") return ReadAssignments(options, migration.settings);
  if (options.command == "complete") return {{"keep_table", options.keep_table}};
  if (options.command == "reseed") return {{"accept_loss", options.accept_loss}};
  if (options.restart_copy) return {{"restart_copy", true}};
  if (options.command == "pause") return {{"stream", options.stream}};
  nlohmann::json arguments = nlohmann::json::object();
  if (options.command == "verify") {
    arguments = {{"since_last", options.since_last}, {"repair", options.repair}};
    if (!options.replica.empty()) {
      shadow::ReplicaOptions({}, options.replica);  // throws if it is no address
      arguments["replica"] = options.replica;
    }
  }
  if (options.force) arguments["force"] = true;
  if (options.accept_loss) arguments["loss_report"] = LossReport(options, migration).string();
  if (options.max_drain && (options.command == "revert" || options.command == "reapply")) {
    arguments["max_drain_ms"] = options.max_drain->count();
  }
  return arguments;
}

std::string DoneMessage(const Options& options, const nlohmann::json& arguments,
                        const Snapshot& snapshot) {
  const Migration& migration = snapshot.migration;
  const std::string table = Printable(migration.table);
  if (IsSwap(options.command)) return SwapMessage(options, snapshot);
  if (options.command == "complete" && !migration.object.empty()) {
    return migration.id + " is completed: " + Printable(migration.alter) +
           (migration.live == state::LiveTable::kNew ? " stands" : " stays taken back") +
           (HasOffStage(migration)
                ? ", " + Printable(ddl::OffStageName(migration.id, migration.table)) +
                      (options.keep_table ? " is kept" : " is dropped")
                : "");
  }
  if (options.command == "complete") {
    return migration.id + " is completed: " + table + " stays on the " +
           std::string(state::LiveName(migration.live)) + " definition, " +
           Printable(ddl::OffStageName(migration.id, migration.table)) +
           (options.keep_table ? " is kept" : " is dropped");
  }
  if (options.command == "cancel") {
    return migration.id + " is cancelled: " + table + " is as it was";
  }
  if (options.command == "pause") {
    return migration.id + (options.stream ? " and its stream are" : " is") +
           " paused. To go on: " + CommandLine(options, "resume " + migration.id);
  }
  if (options.command == "verify") {
    const state::Verification& found = snapshot.verification;
    return table + ": the two tables are equal (" + CompareText(found) + ", " +
           FormatMillis(found.elapsed_ms) + ")" + (found.note.empty() ? "" : "; " + found.note);
  }
  if (options.restart_copy) return migration.id + " begins its copy anew";
  if (options.command == "reseed") {
    std::string lost;
    for (const state::Progress::Reason& reason : snapshot.progress.reasons) {
      if (reason.kind == "reseeded") lost += (lost.empty() ? "" : ", ") + Printable(reason.column);
    }
    const bool on_new = migration.live == state::LiveTable::kNew;
    return "the off-stage table of " + table + " is rebuilt, " +
           CommandLine(options, (on_new ? "revert " : "reapply ") + migration.id) +
           " is possible again" + (lost.empty() ? "" : "; the values of " + lost + " are lost");
  }
  if (options.command == "resume") return migration.id + " goes on";
  if (arguments.contains("host")) {
    return migration.id + ": its hosts are " + Printable(arguments["host"].get<std::string>()) +
           " now; osc show " + migration.id + " tells whether it goes on there";
  }
  std::string text = migration.id + ":";
  const auto settings = nlohmann::ordered_json::parse(state::SaveSettings(migration.settings));
  for (const auto& [name, value] : settings.items()) {
    text += " " + name + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

}  // namespace

int RunIntent(Context& context) {
  const Options& options = context.options;
  if (options.command == "revert" && !options.file.empty()) return RunRevertFiles(context);
  if (options.all || !options.file.empty()) return RunCutovers(context);
  state::Store store = state::Store::Open(options.state_directory);
  const Migration before = store.Find(options.id);
  context.id = before.id;
  const std::string command = options.restart_copy ? "restart-copy"
                              : options.stream     ? "pause-stream"
                                                   : options.command;
  RequireAllowed(command, before);
  const nlohmann::json arguments = Arguments(options, before);

  Interrupt interrupt;
  EngineKeeper keeper(options);
  if (AskEngine(context, interrupt, keeper, store, before, options.command, arguments.dump(),
                options.detach) == End::kInterrupted) {
    return Detached(context, store, before.id);
  }
  if (options.command == "verify" && !options.detach && !context.out.json()) {
    ThrowIfDifferent(context, store, before.id);
  }
  const Snapshot snapshot = TakeSnapshot(store, before.id, true);
  if (context.out.json()) {
    context.out.Document(MigrationJson(snapshot));
  } else {
    context.out.Line(options.detach ? options.command + " of " + before.id + " is asked for"
                                    : DoneMessage(options, arguments, snapshot));
    const std::string report = arguments.value("loss_report", "");
    if (!report.empty() && !options.detach) {
      context.out.Line(std::filesystem::exists(report)
                           ? "rows that were changed or left out: " + report
                           : "no row had to be changed or left out");
    }
  }
  const bool differs = options.command == "verify" && !options.detach &&
                       snapshot.verification.state == state::VerifyState::kFailed;
  return differs ? kExitDifferent : kExitDone;
}

}  // namespace osc::cli
