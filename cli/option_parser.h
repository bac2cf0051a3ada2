// The command line's grammar. Used by options.cc only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/options.h"

namespace osc::cli {

// What a command that begins migrations says of their settings, before it is understood.
struct SettingTexts {
  std::string verify, retention, copy_threads, apply_lanes, chunk_time, nice, lock_timeout,
      snapshot_wait, max_lag, defer_indexes, algorithm, max_load, critical_load, throttle_query,
      throttle_file, replica, hooks;
  std::vector<std::string> replicas;
  bool postpone = false;
  bool force_cutover = false;
};

// Everything that CLI11 writes into, and the options that are looked at by hand afterwards.
struct Parser {
  CLI::App app;
  Options options;
  std::string state_directory;
  // Each command has its own: CLI11 fills those of every command from a configuration file.
  SettingTexts alter;
  SettingTexts apply;
  std::string max_drain, exit_when_idle, run_lock_wait;
  std::string shell;
  std::string server_name;
  std::string config_action;
  bool no_autostart = false;
  bool wait = false;
  CLI::Option* password = nullptr;

  Parser();
  void AddGlobal();
  void AddConnection();
  CLI::App* Command(const std::string& name, const std::string& about, const std::string& after);
  void AddChange(CLI::App* command);
  void AddSettings(CLI::App* command, SettingTexts* to);
  void AddId(CLI::App* command, bool required = true);
  void AddWaiting(CLI::App* command);
  void AddApply();
  void AddRunLockWait(CLI::App* command);
  void AddCommands();
  void RequireMigrations();
  void FinishSettings(bool for_files);
  void Finish();
};

}  // namespace osc::cli
