#include "cli/option_parser.h"

#include <string_view>

#include "cli/config_file.h"
#include "cli/version.h"

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
5 the verification found differences; 130 detached by Ctrl-C (the migration goes on).
)";

constexpr std::string_view kGlobalHint =
    "\n\nConnection and global options: osc --help. They may stand before or after the command.\n";

}  // namespace

Parser::Parser() : app(std::string(kAbout), "osc") {
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
  app.set_config("--config", DefaultConfigFile(),
                 "Read options from this TOML file: user = \"osc\", [alter] retention = \"72h\" "
                 "[OSC_CONFIG, ~/.config/osc/osc.toml, /etc/osc/osc.toml]")
      ->type_name("FILE");
  const CLI::Option* server =
      app.add_option("--server", server_name,
                     "The server of this name in the configuration file: [servers.NAME]")
          ->type_name("NAME");
  app.config_formatter(std::make_shared<ConfigFile>(app, *server));
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
  add("--host", to.host,
      "Server's host, or host:port; several, as in db1,db2:3307, are a primary and its replicas: "
      "the engine goes on on the one that has become the primary",
      "HOST,...");
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
  add("--ssl-ca", to.ssl_ca,
      "Certificates of trusted authorities; without --ssl-mode the server's is verified", "FILE");
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

void Parser::AddSettings(CLI::App* command, SettingTexts* to) {
  const auto add = [command](const std::string& name, std::string& value, const std::string& about,
                             const std::string& type) {
    command->add_option(name, value, about)->type_name(type);
  };
  add("--algorithm", to->algorithm,
      "osc: the change can be taken back; instant: the server's own ALTER, ALGORITHM=INSTANT, "
      "which cannot; auto: instant where the server can, else osc [osc]",
      "osc|instant|auto");
  command->add_flag("--postpone-cutover", to->postpone,
                    "Copy and follow, then wait for `osc cutover`");
  add("--verify", to->verify, "Prove the tables equal before the cutover: on or off [on]",
      "ON|OFF");
  add("--retention", to->retention,
      "How long the change can be taken back, counted from each swap anew [OSC_RETENTION, 24h]",
      "TIME");
  add("--copy-threads", to->copy_threads, "Chunks copied at once [2]", "N");
  add("--defer-indexes", to->defer_indexes,
      "Build secondary indexes in one pass after the copy: on, off, or auto: unless a replica, or "
      "whatever else reads the binlog, would be held up [OSC_DEFER_INDEXES, auto]",
      "auto|on|off");
  add("--apply-lanes", to->apply_lanes, "Lanes that apply the stream [4]", "N");
  add("--chunk-time", to->chunk_time, "Aimed-at time of one chunk, at most [200ms]", "TIME");
  add("--nice", to->nice,
      "auto: copy and compare as much as leaves the writes of others fast; N: rest N times as long "
      "as the work took, whatever the server shows, 0 for no rest [OSC_NICE, auto]",
      "auto|N");
  add("--cutover-lock-timeout", to->lock_timeout,
      "Longest wait for the lock of a swap, then back off and retry [3s]", "TIME");
  command->add_flag("--force-cutover", to->force_cutover,
                    "When the lock of the cutover is not given in time, end the sessions that hold "
                    "the table; `osc set ID force-cutover=off` takes it back");
  add("--snapshot-wait", to->snapshot_wait,
      "Longest wait for transactions that began before the copy was whole, and would see only a "
      "part of it [24h]",
      "TIME");
  add("--max-lag", to->max_lag,
      "Copying waits while the stream, or a replica of --replica, is further behind [1500ms]",
      "TIME");
  command
      ->add_option("--replica", to->replicas,
                   "A replica of the server that copying is not to leave behind, reached with the "
                   "same account (repeatable); auto: those that the server knows of")
      ->type_name("HOST[:PORT]")
      ->allow_extra_args(false);
  add("--max-load", to->max_load,
      "Copying waits while one of these status variables is above its limit: "
      "Threads_running=50,Innodb_history_list_length=1000000",
      "NAME=N,...");
  add("--critical-load", to->critical_load,
      "The same, but then copying is paused until `osc resume`; nothing is given up", "NAME=N,...");
  add("--throttle-query", to->throttle_query,
      "Copying waits while this SELECT, asked every second, gives a number above 0", "SELECT");
  add("--hooks", to->hooks,
      "Run the programs in this directory at the steps that they are named after: before-cutover, "
      "on-blocked, ... [OSC_HOOKS]",
      "DIR");
  add("--throttle-file", to->throttle_file,
      "Copying waits while this file is there, on the engine's machine", "FILE");
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

void Parser::AddRunLockWait(CLI::App* command) {
  command
      ->add_option("--run-lock-wait", run_lock_wait,
                   "Give up when another run works on the files of this database for longer [10m]")
      ->type_name("TIME");
}

void Parser::AddApply() {
  CLI::App* apply = Command(
      "apply", "Apply migration files in order; a release can be taken back as a whole",
      "Files and folders: plain *.sql by name, or as Flyway, golang-migrate or dbmate name and "
      "write\nthem. What has been applied stands in the table _osc_ledger of the database, and is "
      "skipped;\nan interrupted run is gone on with by the same command. Changes of tables, "
      "indexes and views\nbecome migrations. A comment in a file sets its options: "
      "-- osc: retention=48h postpone-cutover\n"
      "Example: osc apply --database shop migrations/\n"
      "         osc apply --database shop --back-to V12__orders.sql");
  apply->add_option("paths", options.paths, "Files, or folders of files")->type_name("PATH");
  apply->add_flag("--dry-run", options.dry_run,
                  "Show the plan of every file that is not applied yet; no table is changed");
  apply
      ->add_option("--back-to", options.back_to,
                   "Revert every file that was applied after this one, the last one first")
      ->type_name("NAME");
  apply->add_flag("--require-revertible", options.require_revertible,
                  "Refuse changes of which a revert may lose something or be blocked");
  apply->add_flag("--allow-other", options.allow_other,
                  "Run statements that change no table, index or view as they are; they cannot be "
                  "taken back");
  apply->add_flag(
      "--complete-previous", options.complete_previous,
      "When a table still has an earlier migration, end that one's revert window first");
  apply->add_flag("--together", options.together,
                  "Swap the tables of all files in one step once all are ready, and take them back "
                  "in one step");
  apply
      ->add_option("--wait", options.wait_for,
                   "How far each migration is waited for: live; ready: copied and compared; or "
                   "accepted by the engine [live]")
      ->type_name("live|ready|accepted")
      ->check(CLI::IsMember({"live", "ready", "accepted"}).description(""));
  apply
      ->add_option("--unfinished", options.unfinished,
                   "What is to be done about a statement of which an interrupted run does not know "
                   "whether it was run: it was (done), or it is to be run (again)")
      ->type_name("done|again")
      ->check(CLI::IsMember({"done", "again"}).description(""));
  AddRunLockWait(apply);
  AddSettings(apply, &this->apply);
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
  AddSettings(alter, &this->alter);
  AddWaiting(alter);
  alter->add_flag("--foreground", options.foreground,
                  "Run the engine in this process, until the revert window ends or Ctrl-C");
  alter->add_flag("--dry-run", options.dry_run, "Same as `osc plan`");

  AddApply();

  AddChange(Command("plan", "Show what alter would do; no table is changed",
                    "Example: osc plan --table shop.users --alter \"DROP COLUMN title\""));

  Command("list", "All migrations", "Example: osc list");
  AddId(Command("show", "One migration in full", "Example: osc show abc12345 --json"));
  AddId(Command("watch", "Live progress of one migration, or of all that are not finished",
                "Ctrl-C ends the view, nothing else.\nExample: osc watch abc12345"),
        false);

  const auto act = [this](const std::string& name, const std::string& about,
                          const std::string& after) {
    CLI::App* command = Command(name, about, after + "\nExample: osc " + name + " abc12345");
    AddId(command, name != "cutover" && name != "revert");  // RequireMigrations
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
  const auto add_force = [this](CLI::App* command) {
    command->add_flag("--force", options.force,
                      "When the lock is not given in time, end the sessions that hold the table; "
                      "`osc set ID force-cutover=off` takes it back");
    return command;
  };
  CLI::App* cutover = add_force(
      act("cutover", "Release a postponed cutover", "Waits until the new table is live."));
  cutover->add_flag("--all", options.all, "Release every cutover that is postponed");
  cutover
      ->add_option("--file", options.file,
                   "Release those of a migration file that osc apply has begun")
      ->type_name("NAME");
  CLI::App* revert = add_force(act("revert", "Put the old table back, with every write made since",
                                   "Copies and replays nothing, whatever was written meanwhile."));
  add_way_back(revert);
  revert
      ->add_option(
          "--file", options.file,
          "Take back a migration file that osc apply has applied, the last migration first")
      ->type_name("NAME");
  AddRunLockWait(revert);
  add_way_back(add_force(act("reapply", "Go forward again after a revert",
                             "Waits until the new table is live again.")));
  CLI::App* verify = act(
      "verify", "Compare the two tables row for row, now",
      "Rows that the stream is still bringing are looked at again. No lock; the applications go "
      "on.\n"
      "Exit code 5 when the tables differ: `osc show ID` then names rows and values.");
  verify->add_flag("--since-last", options.since_last,
                   "Only chunks with rows that were written since the last verification, and those "
                   "that were not found equal then");
  verify->add_flag(
      "--repair", options.repair,
      "Write rows that differ anew off stage, as the live table has them, and compare them again");
  verify
      ->add_option("--replica", options.replica,
                   "Read the tables on this replica of the server, with the same account; what "
                   "differs there is looked at on the server")
      ->type_name("HOST[:PORT]");
  act("complete", "End the revert window and drop the off-stage table",
      "After this the change cannot be taken back.")
      ->add_flag("--keep-table", options.keep_table, "Leave the off-stage table on the server");
  act("cancel", "Give a migration up before its cutover and clean up", "The table stays as it is.");
  act("pause", "Stop copying; the stream goes on", "osc resume goes on with it.")
      ->add_flag("--stream", options.stream,
                 "Stop the stream too, whoever is live: the other table falls behind, and the "
                 "server has to keep its binary logs");
  act("resume", "Go on copying, or try again after an error that was mended",
      "Returns when the engine has taken it up.")
      ->add_flag(
          "--restart-copy", options.restart_copy,
          "Before the cutover: begin anew, when the stream has lost its place in the binlog");
  act("reseed",
      "Rebuild the off-stage table from the live one, after the stream has lost its place",
      "The way back is open again once it is done; what only the off-stage table had is lost.")
      ->add_flag("--accept-loss", options.accept_loss,
                 "Although the stream still runs, so that nothing would have to be lost");
  CLI::App* set = Command(
      "set", "Change settings of a migration",
      "Settings: retention, max-lag, replica, max-load, critical-load, throttle-query, "
      "throttle-file, hooks, chunk-time, copy-threads, apply-lanes, cutover-lock-timeout, "
      "snapshot-wait, postpone-cutover, pause-stream, verify, force-cutover; and, alone, host: "
      "where the migration is to be gone on with. A single host is taken for the primary "
      "even if it lacks the latest commits of the former one.\n"
      "The retention is counted from the last swap; one that has passed already "
      "is refused.\n"
      "Example: osc set abc12345 retention=72h max-lag=3s\n"
      "         osc set abc12345 max-load=Threads_running=80 throttle-file=none");
  AddId(set);
  set->add_option("settings", options.assignments, "key=value ...")
      ->type_name("KEY=VALUE")
      ->required();
  AddWaiting(set);

  Command("doctor", "Is this server ready: settings, privileges, version",
          "Exit code 3 when there is a problem.\nExample: osc doctor --host db1 --user osc");
  Command("config", "Look at the configuration file",
          "`osc config check` says what is wrong with it, and which servers it names.\n"
          "Example: osc config check --config osc.toml")
      ->add_option("action", config_action, "What to do with it")
      ->type_name("check")
      ->required()
      ->check(CLI::IsMember({"check"}).description(""));
  Command("serve", "The engine in the foreground, for systemd and the like",
          "Stops within 5 s on SIGTERM and Ctrl-C, at once on a second one; migrations go on where "
          "they were when it starts again.\nExample: osc serve --state-dir /var/lib/osc")
      ->add_option("--exit-when-idle", exit_when_idle,
                   "End after so long without an unfinished migration")
      ->type_name("TIME");
  Command("completion", "Print a script that completes osc's words in a shell",
          "Example: osc completion bash > /etc/bash_completion.d/osc")
      ->add_option("shell", shell, "Which shell")
      ->type_name("bash|zsh|fish")
      ->required();
  Command("manual", "Print the manual page", "Example: osc manual | man -l -");
}

}  // namespace osc::cli
