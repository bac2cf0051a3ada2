// Swaps that end the sessions that hold the table, if the operator says so. A part of F4 of the
// acceptance list.
#include "tests/support/private_server.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

std::string Events(const nlohmann::json& shown) { return shown["history"].dump(); }

bool IsAlive(mysql::Connection& session) {
  try {
    session.Execute("DO 1");
    return true;
  } catch (const Error&) {
    return false;
  }
}

nlohmann::json WaitForAttempt(testing::Osc& osc, const std::string& id) {
  return osc.WaitUntil(
      id, "an attempt to give up",
      [](const nlohmann::json& now) {
        return now["progress"]["note"].get<std::string>().find("gave up") != std::string::npos;
      },
      seconds(30));
}

class ForcedSwapTest : public testing::UsersTest {
 protected:
  std::string Alter(const std::vector<std::string>& more = {}) {
    CreateTitledUsers("users", 100);
    Run("CREATE TABLE other (id INT PRIMARY KEY)");
    Run("INSERT INTO other VALUES (1)");
    std::vector<std::string> options{"--postpone-cutover", "--cutover-lock-timeout", "1s"};
    options.insert(options.end(), more.begin(), more.end());
    return osc().Alter("users", "DROP COLUMN title", options);
  }
};

TEST_P(ForcedSwapTest, ATransactionThatHoldsTheTableIsEnded) {
  if (IsMariaDb()) GTEST_SKIP() << "the server does not tell who holds a table, as it is set up";
  const std::string id = Alter();
  mysql::Connection bystander = server().Connect(database());
  bystander.Execute("BEGIN");
  bystander.Execute("SELECT * FROM other FOR UPDATE");
  for (const char* turn : {"cutover", "revert", "reapply"}) {
    SCOPED_TRACE(turn);
    mysql::Connection holder = server().Connect(database());
    holder.Execute("BEGIN");
    holder.Execute("UPDATE users SET amount=amount+1 WHERE id=1");
    testing::Writers writers(server(), database(), "users", 2);
    osc().Succeed({turn, id, "--force"});
    EXPECT_FALSE(IsAlive(holder));
    EXPECT_TRUE(IsAlive(bystander));
    const nlohmann::json now = osc().Show(id);
    EXPECT_THAT(Events(now), HasSubstr("connection " + std::to_string(holder.thread_id())));
    EXPECT_EQ(now["settings"]["force-cutover"], false);
    ExpectExactly(writers, "users");
    ExpectInvariant(id);
  }
}

// Nor is one ended that only waits for a row of the session that is.
TEST_P(ForcedSwapTest, AStatementThatWaitsForTheEndedGoesOn) {
  if (IsMariaDb()) GTEST_SKIP() << "the server does not tell who holds a table, as it is set up";
  const std::string id = Alter();
  mysql::Connection holder = server().Connect(database());
  holder.Execute("BEGIN");
  holder.Execute("UPDATE users SET amount=7 WHERE id=1");
  mysql::Connection waiter = server().Connect(database());
  waiter.Send("UPDATE users SET amount=8 WHERE id=1");
  osc().Succeed({"cutover", id, "--force"});
  EXPECT_FALSE(IsAlive(holder));
  EXPECT_NO_THROW(waiter.Finish());
  EXPECT_EQ(Value("SELECT amount FROM users WHERE id=1"), "8");
  ExpectInvariant(id);
}

// What it reads is to be seen in its statement, on every server.
TEST_P(ForcedSwapTest, AStatementThatReadsTheTableIsEnded) {
  const std::string id = Alter({"--force-cutover"});
  mysql::Connection reader = server().Connect(database());
  reader.Send("SELECT SLEEP(100) FROM users LIMIT 1");
  osc().Succeed({"cutover", id});
  EXPECT_THROW(reader.Finish(), Error);
  EXPECT_THAT(Events(osc().Show(id)), HasSubstr("SELECT SLEEP(100)"));
  ExpectInvariant(id);
}

TEST_P(ForcedSwapTest, NobodyIsEndedUnlessAskedForNorOnceItIsTakenBack) {
  const std::string id = Alter({"--force-cutover"});
  osc().Succeed({"set", id, "force-cutover=off"});
  mysql::Connection reader = server().Connect(database());
  reader.Send("SELECT SLEEP(4) FROM users LIMIT 1");
  osc().Succeed({"cutover", id, "--detach"});
  const nlohmann::json blocked = WaitForAttempt(osc(), id);
  EXPECT_THAT(blocked["progress"]["note"].get<std::string>(),
              HasSubstr("connection " + std::to_string(reader.thread_id())));
  EXPECT_THAT(blocked["progress"]["note"].get<std::string>(), HasSubstr("next in"));
  EXPECT_NO_THROW(reader.Finish());
  osc().WaitForState(id, "live");
  EXPECT_TRUE(IsAlive(reader));
}

TEST_P(ForcedSwapTest, WithoutThePrivilegeItIsRefused) {
  const std::string id = Alter();
  const std::string user = "osc" + database().substr(database().size() - 9);
  Run("CREATE USER " + user + "@'%'");
  Run("GRANT ALL ON " + database() + ".* TO " + user + "@'%'");
  Run("GRANT PROCESS, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO " + user + "@'%'");
  testing::Osc other(server(), database());
  other.SetOption("--user", user);
  const auto expect_refused = [&](const std::vector<std::string>& command) {
    const testing::Outcome outcome = other.Run(command);
    EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
    EXPECT_THAT(outcome.err, HasSubstr("may not end the sessions of other users"));
    EXPECT_THAT(outcome.err,
                HasSubstr(IsMariaDb() ? "GRANT CONNECTION ADMIN ON" : "GRANT CONNECTION_ADMIN ON"));
  };
  expect_refused({"alter", "--table", "other", "--alter", "ADD a INT", "--force-cutover"});
  const std::string theirs = other.Alter("other", "ADD a INT", {"--postpone-cutover"});
  expect_refused({"cutover", theirs, "--force"});
  expect_refused({"set", theirs, "force-cutover=on"});
  EXPECT_EQ(other.Show(theirs)["state"], "ready");
  other.Succeed({"cutover", theirs});
  other.Succeed({"complete", theirs});
  other.state().StopEngine();
  Run("DROP USER " + user + "@'%'");
}

INSTANTIATE_TEST_SUITE_P(Servers, ForcedSwapTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

// MariaDB tells who holds a table when it is asked to keep account of it.
TEST(ForcedSwapOnMariaDbTest, ATransactionThatHoldsTheTableIsEnded) {
  const testing::TestServer& like = testing::Servers()[1];
  if (!like.IsConfigured()) GTEST_SKIP() << like.variable << " is not set";
  const testing::PrivateServer own(
      like,
      {"--performance-schema=ON", "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON"});
  own.server().Connect().Execute("CREATE DATABASE app");
  mysql::Connection holder = own.server().Connect("app");
  holder.Execute("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  holder.Execute("INSERT INTO t VALUES (1, 1)");
  testing::Osc osc(own.server(), "app");
  const std::string id =
      osc.Alter("t", "DROP COLUMN a", {"--postpone-cutover", "--cutover-lock-timeout", "500ms"});
  mysql::Connection bystander = own.server().Connect("app");
  bystander.Execute("BEGIN");
  bystander.Execute("SELECT * FROM mysql.help_topic LIMIT 1");
  holder.Execute("BEGIN");
  holder.Execute("SELECT * FROM t");
  osc.Succeed({"cutover", id, "--force"});
  EXPECT_FALSE(IsAlive(holder));
  EXPECT_TRUE(IsAlive(bystander));
}

}  // namespace
}  // namespace osc
