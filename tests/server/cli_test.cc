// The command line as scripts see it: documents, exit codes, streams.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/server_test.h"
#include "tests/support/writers.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::Outcome;

using Words = std::vector<std::string>;

class CliTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped()) return;
    testing::CreateWritersTable(connection(), "users", 1500, "title VARCHAR(40)");
  }

  // What CLI.md promises of `osc show ID --json`.
  void ExpectDocument(const nlohmann::json& document) {
    const std::string text = document.dump(2);
    const auto expect = [&](const char* pointer, auto... types) {
      const nlohmann::json::json_pointer path(pointer);
      ASSERT_TRUE(document.contains(path)) << pointer << " is missing in " << text;
      const auto type = document[path].type();
      EXPECT_TRUE(((type == types) || ...))
          << pointer << " is " << document[path].type_name() << " in " << text;
    };
    using Type = nlohmann::json::value_t;
    for (const char* name : {"/id", "/database", "/table", "/alter", "/state", "/live",
                             "/created_at", "/stream/direction", "/stream/gtid", "/throttle/reason",
                             "/revert/readiness", "/verify/state", "/off_stage_table"}) {
      expect(name, Type::string);
    }
    for (const char* name : {"/progress/rows_copied", "/progress/rows_estimated",
                             "/progress/percent", "/stream/lag_ms", "/stream/rows_applied",
                             "/verify/rows_compared", "/verify/differences"}) {
      expect(name, Type::number_unsigned, Type::number_integer, Type::number_float);
    }
    expect("/error", Type::null, Type::object);
    expect("/progress/eta_seconds", Type::null, Type::number_unsigned, Type::number_integer);
    expect("/stream/running", Type::boolean);
    expect("/throttle/throttled", Type::boolean);
    expect("/swaps", Type::array);
    expect("/revert/reasons", Type::array);
    expect("/revert/expires_at", Type::null, Type::string);
    expect("/verify/eta_seconds", Type::null, Type::number_unsigned, Type::number_integer);
    for (size_t i = 0; i < document["swaps"].size(); ++i) {
      const std::string swap = "/swaps/" + std::to_string(i);
      for (const char* name : {"/direction", "/freeze_point", "/at"}) {
        expect((swap + name).c_str(), Type::string);
      }
      expect((swap + "/lock_ms").c_str(), Type::number_float, Type::number_unsigned,
             Type::number_integer);
    }
    EXPECT_THAT(document["id"].get<std::string>(), MatchesRegex("[a-z0-9]{8}"));
    EXPECT_THAT((Words{"queued", "preparing", "copying", "indexing", "catching-up", "verifying",
                       "ready", "cutting-over", "live", "reverting", "reverted", "reapplying",
                       "completing", "completed", "cancelling", "cancelled", "failing", "failed"}),
                ::testing::Contains(document["state"].get<std::string>()));
    EXPECT_THAT((Words{"ready", "lossy", "blocked", "stopped", "expired", "none"}),
                ::testing::Contains(document["revert"]["readiness"].get<std::string>()));
    EXPECT_GE(document["progress"]["percent"], 0);
    EXPECT_LE(document["progress"]["percent"], 100);
  }

  static void ExpectPlainText(const std::string& text) {
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\r")));
    EXPECT_THAT(text, Not(HasSubstr("\b")));
  }
};

TEST_P(CliTest, ShowTellsALifeInDocuments) {
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  nlohmann::json now = osc().Show(id);
  ExpectDocument(now);
  EXPECT_EQ(now["database"], database());
  EXPECT_EQ(now["table"], "users");
  EXPECT_EQ(now["alter"], "DROP COLUMN title");
  EXPECT_EQ(now["live"], "old");
  EXPECT_EQ(now["off_stage_table"], "_osc_" + id + "_users");
  EXPECT_EQ(now["progress"]["rows_copied"], 1500);
  EXPECT_EQ(now["progress"]["percent"], 100);
  EXPECT_EQ(now["stream"]["direction"], "old-to-new");
  EXPECT_EQ(now["stream"]["running"], true);
  EXPECT_EQ(now["revert"]["readiness"], "none");
  EXPECT_TRUE(now["revert"]["expires_at"].is_null());
  EXPECT_TRUE(now["error"].is_null());

  now = osc().Succeed({"cutover", id, "--json"}).Json();
  ExpectDocument(now);
  EXPECT_EQ(now["state"], "live");
  EXPECT_EQ(now["live"], "new");
  EXPECT_EQ(now["stream"]["direction"], "new-to-old");
  EXPECT_EQ(now["stream"]["running"], true);
  EXPECT_EQ(now["revert"]["readiness"], "ready");
  EXPECT_EQ(now["swaps"].back()["direction"], "cutover");
  EXPECT_GT(now["swaps"].back()["lock_ms"], 0);
  EXPECT_THAT(now["revert"]["expires_at"].get<std::string>(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*Z"));

  now = osc().Succeed({"revert", id, "--json"}).Json();
  ExpectDocument(now);
  EXPECT_EQ(now["stream"]["direction"], "old-to-new");
  EXPECT_EQ(now["swaps"].back()["direction"], "revert");

  now = osc().Succeed({"complete", id, "--json"}).Json();
  ExpectDocument(now);
  EXPECT_EQ(now["stream"]["direction"], "none");
  EXPECT_EQ(now["stream"]["running"], false);
}

TEST_P(CliTest, AnyUniquePrefixNamesAMigration) {
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  EXPECT_EQ(osc().Show(id.substr(0, 1))["id"], id);
  osc().Succeed({"revert", id.substr(0, 3)});
  EXPECT_EQ(osc().Show(id.substr(0, 7))["state"], "reverted");
  EXPECT_EQ(osc().Run({"show", id + "x"}).exit_code, 2);
}

TEST_P(CliTest, ListIsOneArray) {
  EXPECT_EQ(osc().List(), nlohmann::json::array());
  EXPECT_THAT(osc().Succeed({"list"}).out, IsEmpty());
  const std::string first = osc().Alter("users", "DROP COLUMN title");
  osc().Succeed({"complete", first});
  const std::string second = osc().Alter("users", "ADD COLUMN nick INT");
  const nlohmann::json list = osc().List();
  ASSERT_EQ(list.size(), 2U);
  for (const auto& document : list) ExpectDocument(document);
  EXPECT_EQ(list[0]["id"], first);
  EXPECT_EQ(list[0]["state"], "completed");
  EXPECT_EQ(list[1]["id"], second);
  // The stream goes on meanwhile: others write to the same server.
  const auto still = [](nlohmann::json document) {
    document.erase("stream");
    document.erase("updated_at");
    document["progress"].erase("note");
    return document;
  };
  EXPECT_EQ(still(list[1]), still(osc().Show(second)));
  const std::string text = osc().Succeed({"list"}).out;
  for (const std::string& part : {first, second, database() + ".users", std::string("live")}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  ExpectPlainText(text);
}

TEST_P(CliTest, WatchPrintsOneDocumentALine) {
  const std::string id =
      osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover", "--retention", "2s"});
  const auto watch = osc().Start({"watch", id, "--json"});
  testing::WaitUntil(
      "the first document", [&] { return !watch->OutSoFar().empty(); }, seconds(10));
  osc().Succeed({"cutover", id});
  const Outcome outcome = watch->Wait(seconds(30));  // ends with the revert window
  EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
  std::istringstream lines(outcome.out);
  Words states;
  for (std::string line; std::getline(lines, line);) {
    const auto document = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(document.is_discarded()) << line;
    ExpectDocument(document);
    EXPECT_EQ(document["id"], id);
    const std::string state = document["state"];
    if (states.empty() || states.back() != state) states.push_back(state);
  }
  EXPECT_EQ(states.front(), "ready");
  EXPECT_EQ(states.back(), "completed");
  EXPECT_THAT(states, ::testing::Contains("live"));
}

TEST_P(CliTest, WatchOfAllEndsWhenNothingIsLeft) {
  EXPECT_EQ(osc().Run({"watch"}).exit_code, 0);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const auto watch = osc().Start({"watch"});
  testing::WaitUntil(
      "a line", [&] { return !watch->OutSoFar().empty(); }, seconds(10));
  osc().Succeed({"complete", id});
  const Outcome outcome = watch->Wait(seconds(20));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr(id));
  EXPECT_THAT(outcome.out, HasSubstr("completed"));
  ExpectPlainText(outcome.out);
}

TEST_P(CliTest, AttachedAlterTellsHowToGetBack) {
  const Outcome outcome =
      osc().Succeed({"alter", "--table", "users", "--alter", "DROP COLUMN title"});
  const std::string id = osc().List()[0]["id"];
  EXPECT_THAT(outcome.out, HasSubstr("revert " + id));
  EXPECT_THAT(outcome.out, HasSubstr("until "));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr(id));
  ExpectPlainText(outcome.out);
  ExpectPlainText(outcome.err);
  const Outcome revert = osc().Succeed({"revert", id});
  EXPECT_THAT(revert.out, HasSubstr("reapply " + id));
  ExpectPlainText(revert.out + revert.err);
}

TEST_P(CliTest, AlterAsAStatement) {
  const Outcome outcome = osc().Succeed(
      {"alter", "ALTER TABLE `" + database() + "`.`users` DROP COLUMN `title`", "--json"});
  EXPECT_EQ(outcome.Json()["table"], "users");
  EXPECT_EQ(outcome.Json()["alter"], "DROP COLUMN `title`");
  EXPECT_EQ(outcome.Json()["state"], "live");
}

TEST_P(CliTest, DetachReturnsAtOnce) {
  mysql::Connection holder = server().Connect(database());
  holder.Execute("START TRANSACTION");
  holder.Execute("UPDATE users SET amount=1 WHERE id=700");  // the copy waits for it
  const Outcome outcome =
      osc().Succeed({"alter", "--table", "users", "--alter", "DROP COLUMN title", "--detach"});
  std::string id = outcome.out;
  ASSERT_TRUE(id.ends_with('\n'));
  id.pop_back();
  EXPECT_THAT(id, MatchesRegex("[a-z0-9]{8}"));
  EXPECT_NE(osc().Show(id)["state"], "live");
  EXPECT_EQ(osc().Show(id)["swaps"].size(), 0U);
  holder.Execute("COMMIT");
  osc().WaitForState(id, "live");
  const Outcome revert = osc().Succeed({"revert", id, "--detach", "--json"});
  EXPECT_EQ(revert.Json()["id"], id);
  osc().WaitForState(id, "reverted");
}

TEST_P(CliTest, InterruptDetaches) {
  mysql::Connection holder = server().Connect(database());
  holder.Execute("START TRANSACTION");
  holder.Execute("UPDATE users SET amount=1 WHERE id=700");
  const auto alter =
      osc().Start({"alter", "--table", "users", "--alter", "DROP COLUMN title", "--json"});
  testing::WaitUntil(
      "the copy to begin",
      [&] {
        const auto list = osc().List();
        return !list.empty() && list[0]["state"] == "copying";
      },
      seconds(30));
  alter->Signal(SIGINT);
  const Outcome outcome = alter->Wait(seconds(10));
  EXPECT_EQ(outcome.exit_code, 130);
  const std::string id = outcome.Json()["id"];
  EXPECT_THAT(outcome.err, HasSubstr("watch " + id));
  holder.Execute("COMMIT");
  osc().WaitForState(id, "live");
}

TEST_P(CliTest, FailedMigrationExitsWithOne) {
  Run("UPDATE users SET title='twice'");
  const Outcome outcome =
      osc().Run({"alter", "--table", "users", "--alter", "ADD UNIQUE KEY title (title)", "--json"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.Describe();
  const nlohmann::json document = outcome.Json();
  EXPECT_THAT(document["error"]["message"].get<std::string>(), HasSubstr("title"));
  EXPECT_THAT(document["error"]["hint"].get<std::string>(), Not(IsEmpty()));
  const nlohmann::json failed = osc().List()[0];
  ExpectDocument(failed);
  EXPECT_EQ(failed["state"], "failed");
  EXPECT_EQ(failed["error"]["code"], document["error"]["code"]);
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

TEST_P(CliTest, PlanChangesNothing) {
  const Outcome text = osc().Succeed({"plan", "--table", "users", "--alter", "DROP COLUMN title"});
  EXPECT_THAT(text.out, HasSubstr("title"));
  ExpectPlainText(text.out);
  EXPECT_FALSE(std::filesystem::exists(osc().state().path())) << "plan made a state directory";
  const nlohmann::json plan =
      osc()
          .Succeed({"alter", "--dry-run", "--table", "users", "--alter",
                    "DROP COLUMN email, ADD COLUMN x INT, RENAME COLUMN amount TO total", "--json"})
          .Json();
  EXPECT_EQ(plan["dropped"], nlohmann::json({"email"}));
  EXPECT_EQ(plan["added"], nlohmann::json({"x"}));
  EXPECT_EQ(plan["renamed"][0]["from"], "amount");
  EXPECT_EQ(plan["renamed"][0]["to"], "total");
  EXPECT_FALSE(plan["notes"].empty());  // the unique key and a column without default
  EXPECT_TRUE(plan["rows_estimated"].is_number());
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
  EXPECT_FALSE(osc().state().EnginePid());
}

TEST_P(CliTest, DoctorFindsTheServerReady) {
  const Outcome text = osc().Succeed({"doctor"});
  EXPECT_THAT(text.out, HasSubstr("is ready"));
  ExpectPlainText(text.out);
  const nlohmann::json document = osc().Succeed({"doctor", "--json"}).Json();
  EXPECT_EQ(document["ready"], true);
  ASSERT_TRUE(document["findings"].is_array());
  for (const auto& finding : document["findings"]) {
    for (const char* name : {"name", "status", "detail", "fix", "hint"}) {
      EXPECT_TRUE(finding[name].is_string()) << finding;
    }
    EXPECT_NE(finding["status"], "problem") << finding;
  }
}

TEST_P(CliTest, HelpAndVersion) {
  const Outcome version = osc().Succeed({"--version"});
  EXPECT_THAT(version.out, HasSubstr("osc "));
  const Outcome help = osc().Succeed({"--help"});
  for (const char* command :
       {"alter", "plan", "list", "show", "watch", "cutover", "revert", "reapply", "complete",
        "cancel", "pause", "resume", "set", "doctor", "serve"}) {
    EXPECT_THAT(help.out, HasSubstr(command));
    const Outcome own = osc().Succeed({command, "--help"});
    EXPECT_THAT(own.out, HasSubstr("Example")) << command;
  }
  ExpectPlainText(help.out);
}

TEST_P(CliTest, OptionsComeFromTheEnvironmentAndAConfigurationFile) {
  const auto config = osc().state().home() / "osc.toml";
  const mysql::ConnectionOptions options = server().Options();
  std::ofstream(config) << "user = 'root'\nserver = 'here'\n[servers.here]\nhost = '"
                        << options.host << "'\nport = " << options.port
                        << "\nssl-mode = 'disabled'\ndatabase = '" << database()
                        << "'\n[alter]\nretention = '7h'\n";
  for (const char* name :
       {"--host", "--port", "--user", "--ssl-mode", "--database", "--state-dir"}) {
    osc().SetOption(name, "");
  }
  osc().SetEnvironment("OSC_STATE_DIR", osc().state().path().string());
  const Outcome outcome = osc().Succeed({"alter", "--config", config.string(), "--table", "users",
                                         "--alter", "DROP COLUMN title", "--json"});
  EXPECT_EQ(outcome.Json()["settings"]["retention"], "7h");
  EXPECT_EQ(osc().List().size(), 1U);
  const Outcome checked = osc().Succeed({"config", "check", "--config", config.string()});
  EXPECT_EQ(checked.out, config.string() + " is in order\nhere  root@" + options.host + ":" +
                             std::to_string(options.port) + "\n");
  std::ofstream(config, std::ios::app) << "[servers.other]\nhosts = 'x'\n";
  const Outcome wrong = osc().Run({"config", "check", "--config", config.string()});
  EXPECT_EQ(wrong.exit_code, 2) << wrong.Describe();
  EXPECT_THAT(wrong.err, HasSubstr("there is no option 'hosts'"));
}

// Not the socket of whatever server runs on this machine.
TEST_P(CliTest, PortWithoutAHostMeansTcp) {
  for (const char* host : {"", "localhost"}) {
    osc().SetOption("--host", host);
    osc().Succeed({"doctor"});
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, CliTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
