#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string_view>

#include "cli/version.h"
#include "src/base/duration.h"
#include "src/base/error.h"

namespace osc::cli {
namespace {

constexpr std::string_view kAbout =
    "osc changes the schema of a live MySQL or MariaDB table and can take the change back at "
    "once,\n"
    "keeping every write made since.";

constexpr std::string_view kAfter = R"(A change from end to end:
  osc plan   --database shop --table users --alter "DROP COLUMN title"
  osc alter  --database shop --table users --alter "DROP COLUMN title"
  osc revert ID        take it back; osc reapply ID goes forward again
  osc complete ID      end the revert window

The password comes from OSC_PASSWORD, --password-file, --ask-pass or the [client] section of
~/.my.cnf. The engine runs in the background and is started when a command needs it.
Exit codes: 0 done; 1 failed; 2 bad usage; 3 refused; 4 server or engine cannot be reached;
130 detached by Ctrl-C (the migration goes on).
)";

constexpr std::string_view kGlobalHint =
    "\n\nConnection and global options: osc --help. They may stand before or after the command.\n";

// Everything that CLI11 writes into, and the options that are looked at by hand afterwards.
struct Parser {
  CLI::App app{std::string(kAbout), "osc"};
  Options options;
  std::string state_directory;
  std::string max_drain, retention, copy_threads, apply_lanes, chunk_time, lock_timeout, max_lag;
  std::string exit_when_idle;
  bool postpone = false;
  bool no_autostart = false;
  bool wait = false;
  CLI::Option* password = nullptr;

  Parser();
  void AddGlobal();
  void AddConnection();
  CLI::App* Command(const std::string& name, const std::string& about, const std::string& after);
  void AddChange(CLI::App* command);
  void AddSettings(CLI::App* command);
  void AddId(CLI::App* command, bool required = true);
  void AddWaiting(CLI::App* command);
  void AddCommands();
  void Finish();
};

Parser::Parser() {
  app.fallthrough();
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Show this help");
  app.set_version_flag("--version", "osc " + Version());
  app.footer(std::string(kAfter));
  AddGlobal();
  AddConnection();
  AddCommands();
}

void Parser::AddGlobal() {
  app.add_option("--state-dir", state_directory,
                 "Where migrations are kept [OSC_STATE_DIR, $XDG_STATE_HOME/osc, "
                 "~/.local/state/osc]")
      ->type_name("DIR");
  app.add_flag("--json", options.json, "Print one JSON document on stdout");
  app.set_config("--config", "", "Read options from an INI file: host=..., [alter] retention=...")
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--log-level", options.log_level, "Of the engine: trace, debug, info, warn, error")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}).description(""));
  app.add_flag("--no-autostart", no_autostart,
               "Fail (exit 4) instead of starting an engine when none runs");
}

void Parser::AddConnection() {
  mysql::ConnectionOptions& to = options.connection;
  const auto add = [this](const std::string& name, auto& value, const std::string& about,
                          const std::string& type) {
    return app.add_option(name, value, about)->type_name(type)->group("Connection");
  };
  add("--host", to.host, "Server's host", "HOST");
  add("--port", to.port, "Server's port", "PORT")->check(CLI::Range(1, 65535).description(""));
  add("--socket", to.socket, "Server's socket file", "FILE");
  add("--user", to.user, "User", "USER");
  add("--database", to.database, "Database of the table", "NAME");
  add("--defaults-file", to.defaults_file, "Read [client] from this file, not from ~/.my.cnf",
      "FILE");
  add("--password-file", to.password_file, "The password is the file's first line", "FILE");
  app.add_flag("--ask-pass", options.ask_password,
               "Ask for the password. An engine that runs already cannot be given it: start the "
               "engine with OSC_PASSWORD, or use --password-file")
      ->group("Connection");
  add("--ssl-mode", to.ssl_mode, "disabled, preferred, required, verify-ca or verify-identity",
      "MODE")
      ->check(CLI::IsMember({"disabled", "preferred", "required", "verify-ca", "verify-identity"})
                  .description(""));
  add("--ssl-ca", to.ssl_ca, "Certificates of trusted authorities", "FILE");
  add("--ssl-cert", to.ssl_cert, "Client certificate", "FILE");
  add("--ssl-key", to.ssl_key, "Client key", "FILE");
  // Hidden: taken only to say why there is none.
  password = app.add_option("-p,--password")->expected(0, 1)->group("");
}

CLI::App* Parser::Command(const std::string& name, const std::string& about,
                          const std::string& after) {
  CLI::App* command = app.add_subcommand(name, about);
  command->footer(after + std::string(kGlobalHint));
  return command;
}

void Parser::AddChange(CLI::App* command) {
  command
      ->add_option("statement", options.statement,
                   "ALTER TABLE t ... or CREATE INDEX, instead of the two options")
      ->type_name("STATEMENT");
  command->add_option("--table", options.table, "The table: t with --database d, or d.t")
      ->type_name("T");
  command
      ->add_option("--alter", options.alter,
                   "The change: ADD COLUMN ..., DROP ..., ...; without ALGORITHM and LOCK, which "
                   "osc decides itself")
      ->type_name("SPEC");
  command->add_flag("--require-revertible", options.require_revertible,
                    "Refuse a change of which a revert may lose something or be blocked");
  command
      ->add_option("--revert-default", options.revert_defaults,
                   "Value of a dropped NOT NULL column without a default in rows inserted after "
                   "the cutover, a constant expression: \"title='none'\" (repeatable) [the type's "
                   "empty value]")
      ->type_name("COLUMN=EXPR")
      ->allow_extra_args(false);
}

void Parser::AddSettings(CLI::App* command) {
  const auto add = [command](const std::string& name, std::string& value, const std::string& about,
                             const std::string& type) {
    command->add_option(name, value, about)->type_name(type);
  };
  command->add_flag("--postpone-cutover", postpone, "Copy and follow, then wait for `osc cutover`");
  add("--retention", retention, "How long the change can be taken back [24h]", "TIME");
  add("--copy-threads", copy_threads, "Chunks copied at once [2]", "N");
  add("--apply-lanes", apply_lanes, "Lanes that apply the stream [4]", "N");
  add("--chunk-time", chunk_time, "Aimed-at time of one chunk [200ms]", "TIME");
  add("--cutover-lock-timeout", lock_timeout,
      "Longest wait for the lock of a swap, then back off and retry [3s]", "TIME");
  add("--max-lag", max_lag, "Copying pauses when the stream is further behind [1500ms]", "TIME");
}

void Parser::AddId(CLI::App* command, bool required) {
  CLI::Option* id =
      command->add_option("ID", options.id, "The migration, or a unique prefix of it");
  id->type_name(" ");
  if (required) id->required();
}

void Parser::AddWaiting(CLI::App* command) {
  command->add_flag("--detach", options.detach,
                    "Return as soon as the engine has accepted the work");
  command->add_flag("--wait", wait, "Wait until it is done (the default)");
}

void Parser::AddCommands() {
  CLI::App* alter =
      Command("alter", "Change a table; the change can be taken back at once",
              "Waits until the new table is live. Ctrl-C detaches, the migration goes "
              "on.\n"
              "Example: osc alter --database shop --table users --alter \"DROP COLUMN "
              "title\"\n"
              "         osc alter \"ALTER TABLE shop.users ADD COLUMN nick "
              "VARCHAR(40)\"");
  AddChange(alter);
  AddSettings(alter);
  AddWaiting(alter);
  alter->add_flag("--foreground", options.foreground,
                  "Run the engine in this process, until the revert window ends or Ctrl-C");
  alter->add_flag("--dry-run", options.dry_run, "Same as `osc plan`");

  AddChange(Command("plan", "Show what alter would do; changes nothing",
                    "Example: osc plan --table shop.users --alter \"DROP COLUMN title\""));

  Command("list", "All migrations", "Example: osc list");
  AddId(Command("show", "One migration in full", "Example: osc show abc12345 --json"));
  AddId(Command("watch", "Live progress of one migration, or of all that are not finished",
                "Ctrl-C ends the view, nothing else.\nExample: osc watch abc12345"),
        false);

  const auto act = [this](const std::string& name, const std::string& about,
                          const std::string& after) {
    CLI::App* command = Command(name, about, after + "\nExample: osc " + name + " abc12345");
    AddId(command);
    AddWaiting(command);
    return command;
  };
  const auto add_way_back = [this](CLI::App* command) {
    command
        ->add_option(
            "--max-drain", max_drain,
            "Give up when a stream that is behind has not caught up by then, unless --wait "
            "is given [10s]")
        ->type_name("TIME");
    CLI::Option* accept = command->add_flag(
        "--accept-loss", options.accept_loss,
        "Swap although rows have no place in the other table: change them, or leave them out");
    command
        ->add_option("--report", options.loss_report,
                     "Where to write these rows first, a JSON object a line [state directory]")
        ->type_name("FILE")
        ->needs(accept);
  };
  act("cutover", "Release a postponed cutover", "Waits until the new table is live.");
  add_way_back(act("revert", "Put the old table back, with every write made since",
                   "Copies and replays nothing, whatever was written meanwhile."));
  add_way_back(act("reapply", "Go forward again after a revert",
                   "Waits until the new table is live again."));
  act("complete", "End the revert window and drop the off-stage table",
      "After this the change cannot be taken back.")
      ->add_flag("--keep-table", options.keep_table, "Leave the off-stage table on the server");
  act("cancel", "Give a migration up before its cutover and clean up", "The table stays as it is.");
  act("pause", "Stop copying; the stream goes on", "osc resume goes on with it.");
  act("resume", "Go on copying, or try again after an error that was mended",
      "Returns when the engine has taken it up.");
  CLI::App* set = Command("set", "Change settings of a migration",
                          "Settings: retention, max-lag, chunk-time, copy-threads, apply-lanes, "
                          "cutover-lock-timeout, postpone-cutover.\n"
                          "Example: osc set abc12345 retention=72h max-lag=3s");
  AddId(set);
  set->add_option("settings", options.assignments, "key=value ...")
      ->type_name("KEY=VALUE")
      ->required();
  AddWaiting(set);

  Command("doctor", "Is this server ready: settings, privileges, version",
          "Exit code 3 when there is a problem.\nExample: osc doctor --host db1 --user osc");
  Command("serve", "The engine in the foreground, for systemd and the like",
          "Stops cleanly on SIGTERM and Ctrl-C; migrations go on where they were when it starts "
          "again.\nExample: osc serve --state-dir /var/lib/osc")
      ->add_option("--exit-when-idle", exit_when_idle,
                   "End after so long without an unfinished migration")
      ->type_name("TIME");
}

std::filesystem::path StateDirectory(const std::string& given) {
  const auto from = [](const char* variable) -> std::string {
    const char* value = std::getenv(variable);
    return value ? value : "";
  };
  if (!given.empty()) return given;
  if (const std::string value = from("OSC_STATE_DIR"); !value.empty()) return value;
  if (const std::string value = from("XDG_STATE_HOME"); !value.empty()) {
    return std::filesystem::path(value) / "osc";
  }
  if (const std::string value = from("HOME"); !value.empty()) {
    return std::filesystem::path(value) / ".local/state/osc";
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no place for the state: HOME is not set",
              "name a directory with --state-dir or OSC_STATE_DIR");
}

// The engine works in another directory.
void MakeAbsolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path).lexically_normal().string();
}

void Parser::Finish() {
  options.command = app.get_subcommands().front()->get_name();
  options.autostart = !no_autostart;
  options.state_directory_given = !state_directory.empty();
  std::string directory = StateDirectory(state_directory).string();
  MakeAbsolute(directory);
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  options.state_directory = directory;

  mysql::ConnectionOptions& connection = options.connection;
  for (std::string* path :
       {&connection.socket, &connection.defaults_file, &connection.password_file,
        &connection.ssl_ca, &connection.ssl_cert, &connection.ssl_key}) {
    MakeAbsolute(*path);
  }
  const auto apply = [this](const char* name, const std::string& value) {
    if (value.empty()) return;
    try {
      state::ApplySetting(&options.settings, name, value);
    } catch (const Error& error) {
      throw Error(error.code(), "--" + error.message(), error.hint());
    }
  };
  apply("retention", retention);
  apply("copy-threads", copy_threads);
  apply("apply-lanes", apply_lanes);
  apply("chunk-time", chunk_time);
  apply("cutover-lock-timeout", lock_timeout);
  apply("max-lag", max_lag);
  options.settings.postpone_cutover = postpone;
  if (!exit_when_idle.empty()) {
    try {
      options.exit_when_idle = base::ParseDuration(exit_when_idle);
    } catch (const Error& error) {
      throw error.Within("--exit-when-idle");
    }
  }
  if (!max_drain.empty()) {
    try {
      options.max_drain = base::ParseDuration(max_drain);
    } catch (const Error& error) {
      throw error.Within("--max-drain");
    }
  }
  if (wait) options.max_drain.reset();
  if (wait && options.detach) {
    throw Error(ErrorCode::kInvalidArgument, "--wait and --detach exclude each other");
  }
  if (options.foreground && options.detach) {
    throw Error(
        ErrorCode::kInvalidArgument, "--foreground and --detach exclude each other",
        "--foreground runs the engine in this process, --detach leaves it in the background");
  }
}

void RefusePassword(const Parser& parser) {
  if (parser.password->count() == 0) return;
  throw Error(
      ErrorCode::kInvalidArgument,
      "osc takes no password on the command line, where other users can read it",
      "set OSC_PASSWORD, or use --password-file FILE, --ask-pass or the [client] section of "
      "~/.my.cnf");
}

// CLI11's error in this program's words.
[[noreturn]] void Reject(const Parser& parser, const CLI::ParseError& error) {
  RefusePassword(parser);
  const auto commands = parser.app.get_subcommands();
  if (commands.empty()) {
    const auto rest = parser.app.remaining();
    if (rest.empty() || rest.front().starts_with("-")) {
      if (!rest.empty()) {
        throw Error(ErrorCode::kInvalidArgument, "there is no option " + rest.front(),
                    "see osc --help");
      }
      throw Error(ErrorCode::kInvalidArgument, "no command was given", "see osc --help");
    }
    throw Error(ErrorCode::kInvalidArgument, "there is no command '" + rest.front() + "'",
                "see osc --help");
  }
  throw Error(ErrorCode::kInvalidArgument, error.what(),
              "see osc " + commands.front()->get_name() + " --help");
}

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  Parser parser;
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {{}, parser.app.help()};  // of the command, when there is one
  } catch (const CLI::CallForVersion& version) {
    return {{}, std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    Reject(parser, error);
  }
  RefusePassword(parser);
  parser.Finish();
  return {std::move(parser.options), std::nullopt};
}

bool WantsJson(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

std::string CommandLine(const Options& options, const std::string& command) {
  std::string line = "osc ";
  if (options.state_directory_given)
    line += "--state-dir " + options.state_directory.string() + " ";
  return line + command;
}

}  // namespace osc::cli
