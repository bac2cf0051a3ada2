#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "cli/alter_argument.h"
#include "cli/options.h"
#include "src/base/error.h"

namespace osc::cli {
namespace {

ParsedOptions Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "osc");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

Error ParseError(const std::vector<const char*>& arguments) {
  try {
    Parse(arguments);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "it was accepted");
}

TEST(CliOptionsTest, GlobalOptionsStandBeforeAndAfterTheCommand) {
  for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
           {"--json", "--host", "db1", "--port", "3307", "--state-dir", "/tmp/s", "show", "abc"},
           {"show", "abc", "--json", "--host", "db1", "--port", "3307", "--state-dir", "/tmp/s"},
           {"--json", "show", "--host=db1", "--port=3307", "abc", "--state-dir=/tmp/s"}}) {
    const Options options = Parse(arguments).options;
    EXPECT_EQ(options.command, "show");
    EXPECT_EQ(options.id, "abc");
    EXPECT_TRUE(options.json);
    EXPECT_EQ(options.connection.host, "db1");
    EXPECT_EQ(options.connection.port, 3307U);
    EXPECT_EQ(options.state_directory, "/tmp/s");
  }
}

TEST(CliOptionsTest, AlterHasAllItsSettings) {
  const Options options = Parse({"alter",
                                 "--table",
                                 "users",
                                 "--alter",
                                 "DROP COLUMN title",
                                 "--retention",
                                 "72h",
                                 "--copy-threads",
                                 "3",
                                 "--apply-lanes",
                                 "8",
                                 "--chunk-time",
                                 "500ms",
                                 "--cutover-lock-timeout",
                                 "1s",
                                 "--max-lag",
                                 "2s",
                                 "--postpone-cutover",
                                 "--detach",
                                 "--database",
                                 "shop",
                                 "--no-autostart"})
                              .options;
  EXPECT_EQ(options.table, "users");
  EXPECT_EQ(options.alter, "DROP COLUMN title");
  EXPECT_EQ(options.connection.database, "shop");
  EXPECT_EQ(options.settings.retention, std::chrono::hours(72));
  EXPECT_EQ(options.settings.copy_threads, 3);
  EXPECT_EQ(options.settings.apply_lanes, 8);
  EXPECT_EQ(options.settings.chunk_time, std::chrono::milliseconds(500));
  EXPECT_EQ(options.settings.cutover_lock_timeout, std::chrono::seconds(1));
  EXPECT_EQ(options.settings.max_lag, std::chrono::seconds(2));
  EXPECT_TRUE(options.settings.postpone_cutover);
  EXPECT_TRUE(options.detach);
  EXPECT_FALSE(options.autostart);
}

TEST(CliOptionsTest, AValueMayLookLikeAnOptionOrACommand) {
  const Options options = Parse({"alter", "--table", "list", "--alter", "--x"}).options;
  EXPECT_EQ(options.table, "list");
  EXPECT_EQ(options.alter, "--x");
  EXPECT_EQ(Parse({"show", "list"}).options.id, "list");
}

TEST(CliOptionsTest, RevertDefaultsMayBeSeveral) {
  for (const char* command : {"alter", "plan"}) {
    const Options options = Parse({command, "--revert-default", "a=1", "--revert-default=b='x, y'",
                                   "ALTER TABLE t DROP a", "--require-revertible"})
                                .options;
    EXPECT_EQ(options.revert_defaults, (std::vector<std::string>{"a=1", "b='x, y'"}));
    EXPECT_EQ(options.statement, "ALTER TABLE t DROP a");
    EXPECT_TRUE(options.require_revertible);
  }
  EXPECT_FALSE(Parse({"alter", "ALTER TABLE t DROP a"}).options.require_revertible);
}

TEST(CliOptionsTest, TheOtherCommands) {
  EXPECT_EQ(Parse({"watch"}).options.id, "");
  EXPECT_TRUE(Parse({"complete", "abc", "--keep-table"}).options.keep_table);
  EXPECT_TRUE(Parse({"alter", "ALTER TABLE t ADD c INT", "--dry-run"}).options.dry_run);
  EXPECT_EQ(Parse({"set", "abc", "retention=1h", "max-lag=2s"}).options.assignments,
            (std::vector<std::string>{"retention=1h", "max-lag=2s"}));
  EXPECT_EQ(Parse({"serve", "--exit-when-idle", "30s"}).options.exit_when_idle,
            std::chrono::seconds(30));
  EXPECT_FALSE(Parse({"revert", "abc", "--wait"}).options.detach);
}

TEST(CliOptionsTest, HelpAndVersionAreTexts) {
  EXPECT_NE(Parse({"--help"}).text->find("Usage: osc"), std::string::npos);
  EXPECT_NE(Parse({"alter", "--help"}).text->find("Usage: osc alter"), std::string::npos);
  EXPECT_EQ(Parse({"--version"}).text->rfind("osc 0.", 0), 0U);
  for (const char* command :
       {"alter", "plan", "list", "show", "watch", "apply", "cutover", "revert", "reapply",
        "complete", "cancel", "pause", "resume", "set", "doctor", "serve"}) {
    EXPECT_NE(Parse({command, "--help"}).text->find("Example: osc " + std::string(command)),
              std::string::npos)
        << command;
  }
}

TEST(CliOptionsTest, BadUsageIsNamed) {
  struct Case {
    std::vector<const char*> arguments;
    const char* part;
  };
  const std::vector<Case> cases{
      {{}, "no command"},
      {{"explode"}, "there is no command 'explode'"},
      {{"--explode"}, "there is no option --explode"},
      {{"list", "--explode"}, "--explode"},
      {{"show"}, "ID is required"},
      {{"show", "a", "b"}, "b"},
      {{"set", "abc"}, "settings is required"},
      {{"list", "--port", "many"}, "--port"},
      {{"list", "--port", "0"}, "--port"},
      {{"list", "--port", "70000"}, "--port"},
      {{"list", "--ssl-mode", "maybe"}, "--ssl-mode"},
      {{"list", "--log-level", "loud"}, "--log-level"},
      {{"list", "--host"}, "--host"},
      {{"list", "--config", "/nonexistent/osc.ini"}, "/nonexistent/osc.ini"},
      {{"alter", "--table", "a", "--table", "b", "--alter", "c"}, "--table"},
      {{"alter", "--retention", "24"}, "--retention: '24' is not a duration"},
      {{"alter", "--copy-threads", "0"}, "--copy-threads: '0'"},
      {{"alter", "--apply-lanes", "x"}, "--apply-lanes: 'x'"},
      {{"alter", "--chunk-time", "2m"}, "--chunk-time: '2m'"},
      {{"alter", "--max-lag", "-1s"}, "--max-lag: '-1s'"},
      {{"alter", "--foreground", "--detach"}, "exclude each other"},
      {{"revert", "abc", "--wait", "--detach"}, "exclude each other"},
      {{"serve", "--exit-when-idle", "soon"}, "--exit-when-idle"},
  };
  for (const Case& item : cases) {
    const Error error = ParseError(item.arguments);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << item.part;
    EXPECT_NE(error.message().find(item.part), std::string::npos) << error.message();
  }
}

TEST(CliOptionsTest, NoPasswordOnTheCommandLine) {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"list", "--password", "s3cret"},
                                             {"--password=s3cret", "list"},
                                             {"list", "-ps3cret"},
                                             {"list", "-p"},
                                             {"alter", "--password", "s3cret", "--explode"}}) {
    const Error error = ParseError(arguments);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(error.hint().find("OSC_PASSWORD"), std::string::npos) << error.message();
    EXPECT_EQ((error.message() + error.hint()).find("s3cret"), std::string::npos);
  }
}

TEST(CliOptionsTest, WhereTheStateIs) {
  ::unsetenv("OSC_STATE_DIR");
  ::unsetenv("XDG_STATE_HOME");
  ::setenv("HOME", "/home/dba", 1);
  EXPECT_EQ(Parse({"list"}).options.state_directory, "/home/dba/.local/state/osc");
  ::setenv("XDG_STATE_HOME", "/xdg", 1);
  EXPECT_EQ(Parse({"list"}).options.state_directory, "/xdg/osc");
  ::setenv("OSC_STATE_DIR", "/var/lib/osc/", 1);
  EXPECT_EQ(Parse({"list"}).options.state_directory, "/var/lib/osc");
  EXPECT_FALSE(Parse({"list"}).options.state_directory_given);
  const Options given = Parse({"list", "--state-dir", "here"}).options;
  EXPECT_TRUE(given.state_directory.is_absolute());
  EXPECT_EQ(CommandLine(given, "revert abc"),
            "osc --state-dir " + given.state_directory.string() + " revert abc");
  EXPECT_EQ(CommandLine(Parse({"list"}).options, "revert abc"), "osc revert abc");
  ::unsetenv("OSC_STATE_DIR");
  ::unsetenv("XDG_STATE_HOME");
}

TEST(CliOptionsTest, ReadsAConfigFile) {
  const std::string file = testing::TempDir() + "osc-options-test.toml";
  std::ofstream(file) << "host = 'db7'\nport = 3310\n[alter]\nretention = '3h'\n"
                         "replica = ['db2', 'db3']\npostpone-cutover = true\n";
  const Options options =
      Parse({"alter", "--config", file.c_str(), "--port", "3311", "--table", "t"}).options;
  EXPECT_EQ(options.connection.host, "db7");
  EXPECT_EQ(options.connection.port, 3311U);  // the command line wins
  EXPECT_EQ(options.settings.retention, std::chrono::hours(3));
  EXPECT_EQ(options.settings.replicas, "db2,db3");
  EXPECT_TRUE(options.settings.postpone_cutover);
  // For the migrations of files too, unless the command line says otherwise.
  EXPECT_EQ(Parse({"apply", "--config", file.c_str(), "f"}).options.settings.retention,
            std::chrono::hours(3));
  EXPECT_EQ(Parse({"apply", "--config", file.c_str(), "f", "--retention", "2h"})
                .options.settings.retention,
            std::chrono::hours(2));
  // The environment comes between them.
  ::setenv("OSC_RETENTION", "5h", 1);
  EXPECT_EQ(Parse({"alter", "--config", file.c_str(), "--table", "t"}).options.settings.retention,
            std::chrono::hours(5));
  ::unsetenv("OSC_RETENTION");
  ::unsetenv("OSC_NICE");
  std::remove(file.c_str());
}

TEST(CliOptionsTest, AConfigFileNamesServers) {
  const std::string file = testing::TempDir() + "osc-servers-test.toml";
  std::ofstream(file) << "user = 'osc'\nport = 3310\nserver = 'one'\n"
                         "[servers.one]\nhost = 'db1'\n"
                         "[servers.two]\nhost = ['db2', 'db3:3307']\nport = 3320\n";
  const auto connection = [&](std::vector<const char*> words) {
    words.insert(words.begin(), {"list", "--config", file.c_str()});
    return Parse(words).options.connection;
  };
  EXPECT_EQ(connection({}).host, "db1");
  EXPECT_EQ(connection({}).port, 3310U);
  EXPECT_EQ(connection({"--server", "two"}).host, "db2,db3:3307");
  EXPECT_EQ(connection({"--server", "two"}).port, 3320U);
  EXPECT_EQ(connection({"--server", "two"}).user, "osc");
  EXPECT_EQ(connection({"--server", "two", "--port", "1"}).port, 1U);
  EXPECT_EQ(ParseError({"list", "--config", file.c_str(), "--server", "six"}).message(),
            file + ": there is no server 'six': no [servers.six]");
  ::setenv("OSC_CONFIG", file.c_str(), 1);
  EXPECT_EQ(Parse({"list"}).options.connection.host, "db1");
  ::setenv("OSC_CONFIG", "/nonexistent", 1);
  EXPECT_EQ(ParseError({"list"}).message(), "OSC_CONFIG names no file: /nonexistent");
  ::unsetenv("OSC_CONFIG");
  std::remove(file.c_str());
}

TEST(CliOptionsTest, WhatIsWrongInAConfigFileIsNamedByItsLine) {
  const std::string file = testing::TempDir() + "osc-bad-test.toml";
  const std::vector<std::pair<const char*, const char*>> cases{
      {"port = 1\nhoost = 'db7'\n", ":2: there is no option 'hoost'"},
      {"[alter]\nretension = '1h'\n", ":2: there is no option 'retension' of alter"},
      {"[altar]\n", ":1: there is no command 'altar'"},
      {"host = db7\n", ":1: "},
      {"password = 'x'\n", ":1: osc takes no password from this file"},
      {"port = 1.5\n", ":1: this is neither"},
      {"[servers.a]\nhosts = 'b'\n", ":2: there is no option 'hosts'"},
  };
  for (const auto& [text, message] : cases) {
    std::ofstream(file) << text;
    std::vector<const char*> words{"list", "--config", file.c_str()};
    if (std::string_view(text).starts_with("[servers")) {
      words.insert(words.end(), {"--server", "a"});
    }
    EXPECT_EQ(ParseError(words).message().find(file + message), 0U) << ParseError(words).message();
  }
  std::ofstream(file) << "[apply]\nretention = 'soon'\n";
  EXPECT_NE(ParseError({"config", "check", "--config", file.c_str()}).message().find("'soon'"),
            std::string::npos);
  std::remove(file.c_str());
}

TEST(CliOptionsTest, TableNames) {
  struct Case {
    const char* text;
    const char* database;
    const char* name;
  };
  for (const Case& item : std::vector<Case>{{"t", "", "t"},
                                            {"d.t", "d", "t"},
                                            {"`d`.`t`", "d", "t"},
                                            {"`a.b`", "", "a.b"},
                                            {"d.`t.2021`", "d", "t.2021"},
                                            {"`a``b`.c", "a`b", "c"},
                                            {"my table", "", "my table"},
                                            {"d.таблица", "d", "таблица"}}) {
    const mysql::TableName table = ParseTableArgument(item.text);
    EXPECT_EQ(table.database, item.database) << item.text;
    EXPECT_EQ(table.name, item.name) << item.text;
  }
  for (const char* bad : {"", ".", "d.", ".t", "a.b.c", "`t", "`t`x", "``"}) {
    EXPECT_THROW(ParseTableArgument(bad), Error) << bad;
  }
}

TEST(CliOptionsTest, TheChangeMayBeGivenInTwoWays) {
  Change change = ReadChange(Parse({"alter", "ALTER TABLE shop.users DROP COLUMN title"}).options);
  EXPECT_EQ(change.table, (mysql::TableName{"shop", "users"}));
  EXPECT_EQ(change.alter.clauses, "DROP COLUMN title");

  change = ReadChange(
      Parse({"plan", "--table", "users", "--database", "shop", "--alter", "DROP COLUMN title"})
          .options);
  EXPECT_EQ(change.table, (mysql::TableName{"shop", "users"}));

  change = ReadChange(
      Parse({"plan", "--table", "users", "--alter", "ALTER TABLE shop.users DROP title"}).options);
  EXPECT_EQ(change.table, (mysql::TableName{"shop", "users"}));

  for (const std::vector<const char*>& bad : std::vector<std::vector<const char*>>{
           {"alter"},
           {"alter", "--table", "t"},
           {"alter", "DROP COLUMN c"},
           {"alter", "--table", "t", "--alter", ""},
           {"alter", "--table", "t", "--alter", "DROP c", "DROP d"},
           {"alter", "--table", "a", "--alter", "ALTER TABLE b DROP c"},
           {"alter", "--table", "x.a", "--alter", "ALTER TABLE y.a DROP c"}}) {
    EXPECT_THROW(ReadChange(Parse(bad).options), Error);
  }
}

TEST(CliOptionsTest, ApplyTakesFilesAndSettings) {
  const Options options =
      Parse({"apply", "a.sql", "folder", "--retention", "48h", "--wait", "ready", "--allow-other",
             "--complete-previous", "--run-lock-wait", "5s", "--unfinished", "again"})
          .options;
  EXPECT_EQ(options.paths, (std::vector<std::string>{"a.sql", "folder"}));
  EXPECT_EQ(options.settings.retention, std::chrono::hours(48));
  EXPECT_EQ(options.wait_for, "ready");
  EXPECT_TRUE(options.allow_other);
  EXPECT_TRUE(options.complete_previous);
  EXPECT_EQ(options.run_lock_wait, std::chrono::seconds(5));
  EXPECT_EQ(options.unfinished, "again");
  EXPECT_EQ(Parse({"apply", "--back-to", "V1__x.sql"}).options.back_to, "V1__x.sql");
  EXPECT_EQ(Parse({"revert", "--file", "V1__x.sql"}).options.file, "V1__x.sql");
  EXPECT_TRUE(Parse({"cutover", "--all"}).options.all);
}

TEST(CliOptionsTest, WhatACommandActsOnIsSaidOnce) {
  for (const std::vector<const char*>& bad :
       std::vector<std::vector<const char*>>{{"apply"},
                                             {"apply", "a.sql", "--back-to", "b.sql"},
                                             {"apply", "a.sql", "--wait", "soon"},
                                             {"apply", "a.sql", "--unfinished", "perhaps"},
                                             {"revert"},
                                             {"revert", "abc", "--file", "a.sql"},
                                             {"revert", "--file", "a.sql", "--detach"},
                                             {"revert", "--file", "a.sql", "--accept-loss"},
                                             {"cutover"},
                                             {"cutover", "abc", "--all"},
                                             {"cutover", "--all", "--file", "a.sql"}}) {
    EXPECT_EQ(ParseError(bad).code(), ErrorCode::kInvalidArgument) << bad[0];
  }
}

TEST(CliOptionsTest, EnvironmentIsForWhatTheCommandLineDoesNotSay) {
  ::setenv("OSC_DEFER_INDEXES", "off", 1);
  ::setenv("OSC_RETENTION", "1h", 1);
  ::setenv("OSC_NICE", "2.5", 1);
  for (const char* command : {"alter", "apply"}) {
    const char* what = command == std::string("alter") ? "ALTER TABLE d.t ADD x INT" : "file.sql";
    const Options said =
        Parse({command, what, "--defer-indexes", "on", "--retention", "2h"}).options;
    EXPECT_EQ(said.settings.defer_indexes, state::DeferIndexes::kOn) << command;
    EXPECT_EQ(said.settings.retention, std::chrono::hours(2)) << command;
    const Options unsaid = Parse({command, what}).options;
    EXPECT_EQ(unsaid.settings.defer_indexes, state::DeferIndexes::kOff) << command;
    EXPECT_EQ(unsaid.settings.retention, std::chrono::hours(1)) << command;
    EXPECT_EQ(unsaid.settings.nice, 2.5) << command;
    EXPECT_EQ(Parse({command, what, "--nice", "auto"}).options.settings.nice, std::nullopt);
  }
  ::unsetenv("OSC_DEFER_INDEXES");
  ::unsetenv("OSC_RETENTION");
}

}  // namespace
}  // namespace osc::cli
