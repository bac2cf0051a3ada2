#include "cli/options.h"

#include <cstdlib>
#include <string_view>

#include "cli/completion.h"
#include "cli/config_file.h"
#include "cli/option_parser.h"
#include "cli/version.h"
#include "src/base/duration.h"
#include "src/base/error.h"
#include "src/mysql/host_list.h"

namespace osc::cli {
namespace {

std::filesystem::path StateDirectory(const std::string& given) {
  if (!given.empty()) return given;
  if (const std::string value = FromEnvironment("OSC_STATE_DIR"); !value.empty()) return value;
  if (const std::string value = FromEnvironment("XDG_STATE_HOME"); !value.empty()) {
    return std::filesystem::path(value) / "osc";
  }
  if (const std::string value = FromEnvironment("HOME"); !value.empty()) {
    return std::filesystem::path(value) / ".local/state/osc";
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no place for the state: HOME is not set",
              "name a directory with --state-dir or OSC_STATE_DIR");
}

// The engine works in another directory.
void MakeAbsolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path).lexically_normal().string();
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

// Each of these commands says in one way which migrations it means.
void Parser::RequireMigrations() {
  const auto require = [](int given, const std::string& what, const std::string& hint) {
    if (given == 1) return;
    throw Error(
        ErrorCode::kInvalidArgument,
        (given == 0 ? "what is meant is not said: " : "only one of these can be meant: ") + what,
        hint);
  };
  const int named = (options.id.empty() ? 0 : 1) + (options.file.empty() ? 0 : 1);
  if (options.command == "cutover") {
    require(named + (options.all ? 1 : 0), "ID, --file or --all", "see osc cutover --help");
  } else if (options.command == "revert") {
    require(named, "ID or --file", "see osc revert --help");
  } else if (options.command == "apply") {
    require((options.paths.empty() ? 0 : 1) + (options.back_to.empty() ? 0 : 1),
            "PATH or --back-to", "see osc apply --help");
  }
  const bool several = options.all || !options.file.empty();
  if (several && (options.detach || options.accept_loss)) {
    throw Error(ErrorCode::kInvalidArgument,
                "--detach and --accept-loss are for one migration, named by its id");
  }
}

// What a configuration file says for alter holds for the migrations of apply too, unless it says
// otherwise there.
void Parser::FinishSettings(bool for_files) {
  const auto set = [&](const char* name, std::string SettingTexts::*text,
                       const char* variable = nullptr) {
    std::string value = for_files ? apply.*text : alter.*text;
    if (value.empty()) value = alter.*text;
    if (value.empty() && variable != nullptr) value = FromEnvironment(variable);
    if (value.empty()) return;
    try {
      state::ApplySetting(&options.settings, name, value);
    } catch (const Error& error) {
      throw Error(error.code(), "--" + error.message(), error.hint());
    }
  };
  set("verify", &SettingTexts::verify);
  set("retention", &SettingTexts::retention, "OSC_RETENTION");
  set("copy-threads", &SettingTexts::copy_threads);
  set("apply-lanes", &SettingTexts::apply_lanes);
  set("chunk-time", &SettingTexts::chunk_time);
  set("nice", &SettingTexts::nice, "OSC_NICE");
  set("cutover-lock-timeout", &SettingTexts::lock_timeout);
  set("snapshot-wait", &SettingTexts::snapshot_wait);
  set("max-lag", &SettingTexts::max_lag);
  set("defer-indexes", &SettingTexts::defer_indexes, "OSC_DEFER_INDEXES");
  set("algorithm", &SettingTexts::algorithm);
  set("max-load", &SettingTexts::max_load);
  set("critical-load", &SettingTexts::critical_load);
  set("throttle-query", &SettingTexts::throttle_query);
  for (SettingTexts* texts : {&alter, &apply}) {
    for (std::string* path : {&texts->throttle_file, &texts->hooks}) {
      if (*path != "none") MakeAbsolute(*path);
    }
    for (const std::string& replica : texts->replicas) {
      texts->replica += (texts->replica.empty() ? "" : ",") + replica;
    }
  }
  set("throttle-file", &SettingTexts::throttle_file);
  set("hooks", &SettingTexts::hooks, "OSC_HOOKS");
  const std::string& hooks = options.settings.hooks;
  if (!hooks.empty() && !std::filesystem::is_directory(hooks)) {
    throw Error(ErrorCode::kInvalidArgument, "--hooks: there is no directory " + hooks);
  }
  set("replica", &SettingTexts::replica);
  options.settings.postpone_cutover = alter.postpone || (for_files && apply.postpone);
  options.settings.force_cutover = alter.force_cutover || (for_files && apply.force_cutover);
}

void Parser::Finish() {
  options.command = app.get_subcommands().front()->get_name();
  RequireMigrations();
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
  mysql::EachHost(connection);  // says which of them is malformed
  FinishSettings(options.command == "apply");
  if (options.command == "config") FinishSettings(true);  // both are looked at
  options.config_file = app.get_config_ptr()->as<std::string>();
  const auto duration = [](const char* name, const std::string& value, auto* to) {
    if (value.empty()) return;
    try {
      *to = base::ParseDuration(value);
    } catch (const Error& error) {
      throw error.Within(name);
    }
  };
  duration("--exit-when-idle", exit_when_idle, &options.exit_when_idle);
  duration("--max-drain", max_drain, &options.max_drain);
  duration("--run-lock-wait", run_lock_wait, &options.run_lock_wait);
  if (wait) options.max_drain.reset();
  if (wait && options.detach) {
    throw Error(ErrorCode::kInvalidArgument, "--wait and --detach exclude each other");
  }
  if (options.settings.algorithm == state::Algorithm::kInstant &&
      (options.settings.postpone_cutover || options.require_revertible ||
       !options.revert_defaults.empty())) {
    throw Error(ErrorCode::kInvalidArgument,
                "--algorithm instant goes without --postpone-cutover, --require-revertible and "
                "--revert-default: the server makes the change at once, for good",
                "leave out --algorithm instant");
  }
  if (options.foreground && options.detach) {
    throw Error(
        ErrorCode::kInvalidArgument, "--foreground and --detach exclude each other",
        "--foreground runs the engine in this process, --detach leaves it in the background");
  }
}

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
  const std::string command = parser.app.get_subcommands().front()->get_name();
  if (command == "completion") return {{}, Completion(parser.app, parser.shell)};
  if (command == "manual") return {{}, ManualPage(parser.app, Version())};
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
