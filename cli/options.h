// The command line as plain values.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/mysql/connection.h"
#include "src/state/migration.h"

namespace osc::cli {

struct Options {
  std::string command;  // the subcommand's name

  std::filesystem::path state_directory;  // absolute
  bool state_directory_given = false;     // by --state-dir, so that hints must repeat it
  std::filesystem::path config_file;      // empty: there is none
  bool json = false;
  std::string log_level = "info";
  bool autostart = true;

  mysql::ConnectionOptions connection;  // paths in it are absolute
  bool ask_password = false;

  // alter, plan
  std::string table;
  std::string alter;
  std::string statement;
  state::Settings settings;
  bool foreground = false;
  bool dry_run = false;
  bool require_revertible = false;
  std::vector<std::string> revert_defaults;  // column=expression

  // commands on a migration; empty for `watch` without one
  std::string id;
  bool detach = false;
  bool keep_table = false;
  bool restart_copy = false;
  bool stream = false;  // pause it too
  bool accept_loss = false;
  bool force = false;
  // How long revert and reapply wait for a stream that is behind; none: as long as it takes.
  std::optional<std::chrono::milliseconds> max_drain = std::chrono::seconds(10);
  std::string loss_report;               // absolute; empty: in the state directory
  std::vector<std::string> assignments;  // key=value
  bool since_last = false;               // verify
  bool repair = false;
  std::string replica;  // HOST[:PORT]; empty: none

  // apply, and what else works on migration files
  std::vector<std::string> paths;
  std::string back_to;  // a file, or its version
  std::string file;     // revert and cutover: the same
  bool all = false;     // cutover
  bool allow_other = false;
  bool complete_previous = false;
  bool together = false;
  std::string wait_for = "live";  // ready, accepted
  std::string unfinished;         // done, again; empty: not said
  std::chrono::milliseconds run_lock_wait = std::chrono::minutes(10);

  // serve
  std::optional<std::chrono::milliseconds> exit_when_idle;
};

// What parsing came to: options, or a text that was asked for (--help, --version).
struct ParsedOptions {
  Options options;
  std::optional<std::string> text;
};

// Throws kInvalidArgument with a message that names the argument.
ParsedOptions ParseOptions(int argc, const char* const* argv);

// Whether --json is among the arguments, for errors of parsing itself.
bool WantsJson(int argc, const char* const* argv);

// "osc revert abc12345", with --state-dir when it was given: what a person has to type.
std::string CommandLine(const Options& options, const std::string& command);

}  // namespace osc::cli
