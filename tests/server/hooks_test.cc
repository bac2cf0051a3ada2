// Programs of the operator's that are run at the steps of a migration.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/users_test.h"

namespace osc {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Outcome;
using ::testing::UnorderedElementsAre;

class HooksTest : public testing::UsersTest {
 protected:
  void SetUp() override {
    UsersTest::SetUp();
    if (IsSkipped()) return;
    std::filesystem::create_directories(Folder());
    CreateTitledUsers("users");
  }
  std::filesystem::path Folder() { return osc().state().path().parent_path() / "hooks"; }
  std::filesystem::path Told() { return osc().state().path().parent_path() / "told"; }

  void Write(const std::string& name, const std::string& script) {
    std::ofstream(Folder() / name) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(Folder() / name, std::filesystem::perms::owner_all);
  }
  // Writes down its name, and the state that the environment and the document say.
  void WriteTeller(const std::string& name, const std::string& more = "") {
    Write(name, "state=$(grep -o '\"state\": \"[a-z-]*\"' | head -1 | cut -d'\"' -f4)\n" + more +
                    "\necho \"$OSC_HOOK $OSC_TABLE $OSC_STATE $state\" >> " + Told().string());
  }
  Names Lines() {
    Names lines;
    std::ifstream file(Told());
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  void WaitForLine(const std::string& line) {
    testing::WaitUntil(
        line,
        [&] {
          const Names lines = Lines();
          return std::find(lines.begin(), lines.end(), line) != lines.end();
        },
        seconds(20));
  }
  Outcome Alter(Names more) {
    Names command{"alter",   "--table",        "users", "--alter", "DROP COLUMN title",
                  "--hooks", Folder().string()};
    command.insert(command.end(), more.begin(), more.end());
    return osc().Run(command);
  }
  std::string Id() { return osc().Succeed({"list", "--json"}).Json().at(0).at("id"); }
};

TEST_P(HooksTest, AreToldOfEachStep) {
  for (const char* name : {"on-start", "on-ready", "before-cutover", "after-cutover",
                           "before-revert", "after-revert", "before-reapply", "after-reapply",
                           "on-complete", "on-failure", "on-blocked", "on-stopped", "on-cancel"}) {
    WriteTeller(name);
  }
  const Outcome altered = Alter({"--postpone-cutover"});
  EXPECT_EQ(altered.exit_code, 0) << altered.Describe();
  const std::string id = Id();
  WaitForLine("on-ready users ready ready");
  osc().Succeed({"cutover", id});
  WaitForLine("after-cutover users live live");
  osc().Succeed({"revert", id});
  WaitForLine("after-revert users reverted reverted");
  osc().Succeed({"reapply", id});
  WaitForLine("after-reapply users live live");
  osc().Succeed({"complete", id});
  WaitForLine("on-complete users completed completed");
  Names names;
  for (const std::string& line : Lines()) names.push_back(line.substr(0, line.find(' ')));
  EXPECT_THAT(names, UnorderedElementsAre("on-start", "on-ready", "before-cutover", "after-cutover",
                                          "before-revert", "after-revert", "before-reapply",
                                          "after-reapply", "on-complete"));
}

TEST_P(HooksTest, GivenLaterTheyAreToldOfWhatComesThen) {
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  for (const char* name : {"on-start", "after-cutover", "after-revert"}) WriteTeller(name);
  osc().Succeed({"set", id, "hooks=" + Folder().string()});
  osc().Succeed({"revert", id});
  WaitForLine("after-revert users reverted reverted");
  EXPECT_THAT(Lines(), ElementsAre("after-revert users reverted reverted"));
}

TEST_P(HooksTest, OneThatFailsBeforeAStepStopsIt) {
  Write("before-cutover", "echo not at noon >&2; exit 7");
  const Outcome altered = Alter({});
  EXPECT_EQ(altered.exit_code, 3) << altered.Describe();
  EXPECT_THAT(altered.err,
              HasSubstr("the hook before-cutover has stopped it: exit code 7: not at noon"));
  const std::string id = Id();
  EXPECT_EQ(osc().Show(id)["state"], "ready");
  // Asked again, it is asked again.
  EXPECT_THAT(ExpectRefused({"cutover", id}, "exit code 7").err, HasSubstr("osc cutover " + id));
  EXPECT_EQ(osc().Show(id)["state"], "ready");
  Write("before-cutover", "exit 0");
  osc().Succeed({"cutover", id});
  EXPECT_TRUE(osc().Show(id)["error"].is_null());
  Write("before-revert", "kill -9 $$");
  ExpectRefused({"revert", id}, "the hook before-revert has stopped it: ended by signal 9");
  EXPECT_EQ(osc().Show(id)["state"], "live");
  std::filesystem::permissions(Folder() / "before-revert", std::filesystem::perms::owner_read);
  ExpectRefused({"revert", id}, "cannot start ");
  std::filesystem::remove(Folder() / "before-revert");
  osc().Succeed({"revert", id});
  std::filesystem::remove_all(Folder());
  ExpectRefused({"reapply", id}, "there is no directory of hooks");
  osc().Succeed({"set", id, "hooks=none"});
  osc().Succeed({"reapply", id});
  ExpectInvariant(id);
}

TEST_P(HooksTest, NothingStandsStillWhileOneRuns) {
  const std::string go = (osc().state().path().parent_path() / "go").string();
  Write("before-cutover", "while ! [ -e " + go + " ]; do sleep 0.02; done");
  EXPECT_EQ(Alter({"--detach"}).exit_code, 0);
  const std::string id = Id();
  osc().WaitUntil(id, "the hook", [](const json& now) {
    return now["progress"]["note"].get<std::string>().find("hook before-cutover") !=
           std::string::npos;
  });
  // The stream goes on, and a command is heard.
  Run("UPDATE users SET amount=amount+1");
  osc().WaitUntilCaughtUp(id);
  osc().Succeed({"set", id, "retention=2h"});
  // A crash meanwhile: the hook is run anew.
  osc().state().KillEngine();
  StartEngine(id);
  std::ofstream(go) << "";
  osc().WaitForState(id, "live");
  std::filesystem::remove(go);
  Write("before-revert", "while ! [ -e " + go + " ]; do sleep 0.02; done");
  const auto revert = osc().Start({"revert", id});
  osc().WaitUntil(id, "the hook", [](const json& now) {
    return now["progress"]["note"].get<std::string>().find("hook before-revert") !=
           std::string::npos;
  });
  osc().state().StopEngine();  // and the hook with it; who waits for the revert starts another one
  std::ofstream(go) << "";
  EXPECT_EQ(revert->Wait(seconds(30)).exit_code, 0);
  EXPECT_EQ(osc().Show(id)["state"], "reverted");
}

TEST_P(HooksTest, TheOneThatFailsAfterwardsIsNoted) {
  Write("after-cutover", "env; exit 1");
  const Outcome altered = Alter({});
  EXPECT_EQ(altered.exit_code, 0) << altered.Describe();
  const std::string id = Id();
  const json shown = osc().WaitUntil(id, "the event", [](const json& now) {
    return now["history"].dump().find("the hook after-cutover has failed: exit code 1") !=
           std::string::npos;
  });
  EXPECT_EQ(shown["state"], "live");
}

// Its environment has what the engine's has, but for the password.
TEST_P(HooksTest, DoesNotSeeThePassword) {
  const testing::TestUser user(server(), "IDENTIFIED BY 'hidden-from-hooks'");
  Run("GRANT ALL ON *.* TO " + user.Quoted());
  Write("before-cutover", "env > " + Told().string());
  osc().SetOption("--user", user.name());
  osc().SetOption("--ssl-mode", "preferred");  // the login of MySQL needs it
  osc().SetEnvironment("OSC_PASSWORD", "hidden-from-hooks");
  const Outcome altered = Alter({});
  EXPECT_EQ(altered.exit_code, 0) << altered.Describe();
  const Names lines = Lines();
  const std::string all = ::testing::PrintToString(lines);
  EXPECT_THAT(all, HasSubstr("OSC_HOOK=before-cutover"));
  EXPECT_THAT(all, HasSubstr("OSC_ID=" + Id()));
  EXPECT_THAT(all, HasSubstr("OSC_STATE_DIR=" + osc().state().path().string()));
  EXPECT_THAT(all, ::testing::Not(HasSubstr("hidden-from-hooks")));
}

TEST_P(HooksTest, ADirectoryThatIsNotThereIsRefused) {
  std::filesystem::remove_all(Folder());
  const Outcome altered = Alter({});
  EXPECT_EQ(altered.exit_code, 2) << altered.Describe();
  EXPECT_THAT(altered.err, HasSubstr("--hooks"));
  EXPECT_THAT(Tables(), ElementsAre("users"));
}

INSTANTIATE_TEST_SUITE_P(Servers, HooksTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
