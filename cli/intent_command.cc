// The commands that ask the engine for something: cutover, revert, reapply, complete, cancel,
// pause, resume, set.
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/text.h"
#include "ddl/preflight.h"

namespace osc::cli {
namespace {

using state::Migration;
using state::MigrationState;

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
    state::ApplySetting(&settings, name, value);
    arguments[name] = value;
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
  nlohmann::json arguments = nlohmann::json::object();
  if (options.accept_loss) arguments["loss_report"] = LossReport(options, migration).string();
  if (options.max_drain && (options.command == "revert" || options.command == "reapply")) {
    arguments["max_drain_ms"] = options.max_drain->count();
  }
  return arguments;
}

bool IsSwap(const std::string& command) {
  return command == "cutover" || command == "revert" || command == "reapply";
}

// Watches an intent from the moment it was written.
class Outcome {
 public:
  Outcome(state::Store& store, const Options& options, const Migration& before)
      : store_(store),
        command_(options.command),
        error_before_(before.error ? before.error->message : ""),
        swaps_before_(store.Swaps(before.id).size()) {}

  void Ask(const std::string& id, const std::string& arguments) {
    number_ = store_.AddIntent(id, command_, arguments);
  }

  bool IsThere(const Migration& now) {
    // The effect first: it counts even if the engine died before it could close the intent.
    if (HasEffect(now)) return true;
    const state::Intent intent = store_.GetIntent(number_);
    if (intent.error) throw AsError(now, *intent.error);
    if (intent.done && now.error && now.error->message != error_before_) {
      throw AsError(now, *now.error);
    }
    if (state::IsFinal(now.state)) ThrowFinal(now);
    return false;
  }

 private:
  bool HasEffect(const Migration& now) {
    if (command_ == "complete") return now.state == MigrationState::kCompleted;
    if (command_ == "cancel") return now.state == MigrationState::kCancelled;
    if (!IsSwap(command_)) return store_.GetIntent(number_).done.value_or(false);
    const auto swaps = store_.Swaps(now.id);
    return swaps.size() > swaps_before_ && swaps.back().direction == command_;
  }

  // It came to its end another way than was asked for.
  void ThrowFinal(const Migration& now) {
    if (command_ != "cancel") ThrowIfFailed(now);
    if (const auto refusal = state::RefuseCommand(command_, now.state, now.id)) {
      throw Error(ErrorCode::kRefused, refusal->message, refusal->hint);
    }
  }

  state::Store& store_;
  std::string command_;
  std::string error_before_;
  size_t swaps_before_;
  int64_t number_ = 0;
};

std::string DoneMessage(const Options& options, const Snapshot& snapshot) {
  const Migration& migration = snapshot.migration;
  const std::string table = Printable(migration.table);
  if (IsSwap(options.command)) return SwapMessage(options, snapshot);
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
    return migration.id + " is paused. To go on: " + CommandLine(options, "resume " + migration.id);
  }
  if (options.command == "resume") return migration.id + " goes on";
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
  state::Store store = state::Store::Open(options.state_directory);
  const Migration before = store.Find(options.id);
  context.id = before.id;
  if (const auto refusal = state::RefuseCommand(options.command, before.state, before.id)) {
    throw Error(ErrorCode::kRefused, refusal->message, refusal->hint);
  }
  const nlohmann::json arguments = Arguments(options, before);

  Interrupt interrupt;
  context.stage = Stage::kEngine;
  EngineKeeper keeper(options);
  keeper.Ensure();  // first: without an engine nothing is left in the store
  Outcome outcome(store, options, before);
  outcome.Ask(before.id, arguments.dump());
  keeper.Ensure();  // it may have ended, being idle, just before it could see the intent
  if (!options.detach) {
    const End end =
        FollowMigration(interrupt, &keeper, store, before.id,
                        [&outcome](const Migration& now) { return outcome.IsThere(now); });
    if (end == End::kInterrupted) return Detached(context, store, before.id);
  }
  const Snapshot snapshot = TakeSnapshot(store, before.id, true);
  if (context.out.json()) {
    context.out.Document(MigrationJson(snapshot));
  } else {
    context.out.Line(options.detach ? options.command + " of " + before.id + " is asked for"
                                    : DoneMessage(options, snapshot));
    const std::string report = arguments.value("loss_report", "");
    if (!report.empty() && !options.detach) {
      context.out.Line(std::filesystem::exists(report)
                           ? "rows that were changed or left out: " + report
                           : "no row had to be changed or left out");
    }
  }
  return kExitDone;
}

}  // namespace osc::cli
