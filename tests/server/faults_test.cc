// What goes wrong on the server: locks that are not given, and sessions that write what cannot be
// followed. F4 and a part of D8 of the acceptance list.
#include <atomic>
#include <set>
#include <thread>

#include "tests/support/users_test.h"
#include "tests/support/xa_session.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

class FaultsTest : public testing::UsersTest {};

// F4
TEST_P(FaultsTest, SwapGivesWayToALongTransaction) {
  CreateTitledUsers("users", 100);
  // A row that no writer touches: they shall wait for the swap's lock, not for this one.
  Run("INSERT INTO users (id, token, email) VALUES (-9000000, 0, 'held')");
  mysql::Connection holder = server().Connect(database());
  const std::string id = osc().Alter("users", "DROP COLUMN title",
                                     {"--postpone-cutover", "--cutover-lock-timeout", "1s"});
  holder.Execute("START TRANSACTION");
  holder.Execute("UPDATE users SET title='held' WHERE id=-9000000");
  osc().Succeed({"cutover", id, "--detach"});
  const std::string blocker = std::to_string(holder.thread_id());
  const nlohmann::json blocked = osc().WaitUntil(
      id, "an attempt to give up",
      [&](const nlohmann::json& now) {
        return now["progress"]["note"].get<std::string>().find(blocker) != std::string::npos;
      },
      seconds(30));
  EXPECT_EQ(blocked["swaps"].size(), 0U);
  EXPECT_EQ(blocked["live"], "old");
  // The application is held no longer than the lock's time, whatever the attempts.
  Writers writers(server(), database(), "users");
  writers.WaitForTransactions(200);
  EXPECT_LT(osc().Show(id)["swaps"].size(), 1U);
  holder.Execute("COMMIT");
  osc().WaitForState(id, "live");
  writers.WaitForTransactions(50);
  writers.Stop();
  EXPECT_LT(writers.longest_statement(), milliseconds(4000));
  EXPECT_EQ(testing::ReadTotals(connection(), "users"), writers.expected());
  ExpectInvariant(id);
}

// Readers of all kinds, always several on the table: they wait, and read what is there.
TEST_P(FaultsTest, HeavyReadersNoticeNothingButAWait) {
  CreateTitledUsers("users");
  Writers writers(server(), database(), "users");
  const std::vector<std::vector<std::string>> kinds{
      {"SELECT SUM(amount) FROM users"},
      {"SELECT SUM(amount), SLEEP(0.5) FROM users"},
      {"SELECT COUNT(*) FROM users a JOIN users b USING (token) JOIN users c ON c.email=a.email"},
      {"START TRANSACTION", "SELECT SUM(amount) FROM users", "DO SLEEP(0.1)",
       "SELECT SUM(amount) FROM users", "COMMIT"},
  };
  std::atomic<int> rounds{0};
  std::vector<std::jthread> readers;
  const auto read = [&](std::stop_token stop, const std::vector<std::string>& statements) {
    mysql::Connection session = server().Connect(database());
    session.Execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    while (!stop.stop_requested()) {
      std::set<std::string> sums;
      for (const std::string& sql : statements) {
        if (sql.find("SELECT") != 0) {
          session.Execute(sql);
        } else {
          sums.insert(session.QueryValue(sql).value_or("nothing"));
        }
      }
      EXPECT_EQ(sums.size(), 1U) << statements.back();
      ++rounds;
    }
  };
  for (const auto& statements : kinds) {
    readers.emplace_back([&read, &statements](std::stop_token stop) {
      try {
        read(stop, statements);
      } catch (const Error& error) {
        ADD_FAILURE() << error.message();
      }
    });
  }
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  for (const char* turn : {"revert", "reapply", "revert"}) {
    const int before = rounds;
    testing::WaitUntil(
        "readers", [&] { return rounds > before + 20; }, seconds(30));
    osc().Succeed({turn, id, "--wait"});
  }
  readers.clear();
  ExpectExactly(writers, "users");
  ExpectInvariant(id);
  ExpectTitles("users");
}

TEST_P(FaultsTest, CutoverThatCannotGetItsLockCanBeCancelled) {
  CreateTitledUsers("users", 100);
  mysql::Connection holder = server().Connect(database());
  const std::string id = osc().Alter("users", "DROP COLUMN title",
                                     {"--postpone-cutover", "--cutover-lock-timeout", "1s"});
  holder.Execute("START TRANSACTION");
  holder.Execute("SELECT COUNT(*) FROM users");
  osc().Succeed({"cutover", id, "--detach"});
  osc().WaitForState(id, "cutting-over", seconds(20));
  osc().Succeed({"cancel", id});
  EXPECT_EQ(osc().Show(id)["state"], "cancelled");
  Run("UPDATE users SET amount=1 WHERE id=2");  // nothing holds it
  holder.Execute("COMMIT");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

// A cutover that was done, and not recorded, is not taken for one that can still be given up.
TEST_P(FaultsTest, CancelAfterACrashDoesNotDropTheOldTable) {
  CreateTitledUsers("users", 100);
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  osc().state().StopEngine();
  osc().SetEnvironment("OSC_FAULT", "swing.swapped");
  osc().Run({"cutover", id, "--detach"});
  testing::WaitUntil(
      "the engine to die behind the RENAME",
      [&] {
        return !osc().state().EnginePid() && osc().Show(id)["state"] == "cutting-over" &&
               Value("SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='" +
                     database() + "' AND TABLE_NAME='users' AND COLUMN_NAME='title'") == "0";
      },
      seconds(30));
  osc().SetEnvironment("OSC_FAULT", "");
  const Outcome cancel = osc().Run({"cancel", id});
  EXPECT_EQ(cancel.exit_code, 3) << cancel.Describe();
  osc().WaitForState(id, "live");
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM users WHERE title IS NOT NULL"), "100");
}

// Sessions that write what cannot be followed: seen, not guessed at.
TEST_P(FaultsTest, SessionsWithOtherBinlogSettingsAreNoticed) {
  const std::vector<std::pair<std::string, std::string>> settings{{"binlog_format", "STATEMENT"},
                                                                  {"binlog_row_image", "MINIMAL"},
                                                                  {"binlog_row_image", "NOBLOB"}};
  for (const auto& [name, value] : settings) {
    SCOPED_TRACE(name + "=" + value);
    const std::string table = "t_" + value;
    Run("CREATE TABLE " + table + " (id INT PRIMARY KEY, a INT, b BLOB)");
    Run("INSERT INTO " + table + " VALUES (1, 1, 'one'), (2, 2, 'two')");
    const std::string id = osc().Alter(table, "ADD COLUMN c INT", {"--postpone-cutover"});
    mysql::Connection session = server().Connect(database());
    session.Execute("SET SESSION " + name + "='" + value + "'");
    session.Execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    session.Execute("UPDATE " + table + " SET a=5 WHERE id=2");
    const nlohmann::json failed = osc().WaitForState(id, "failed", seconds(20));
    EXPECT_THAT(failed["error"]["message"].get<std::string>(), HasSubstr(table));
    EXPECT_THAT(
        failed["error"]["message"].get<std::string>() + failed["error"]["hint"].get<std::string>(),
        HasSubstr(name));
    EXPECT_EQ(Value("SELECT a FROM " + table + " WHERE id=2"), "5");
  }
}

// What is prepared is in the binlog long before anybody knows whether it will be committed: before
// the migration begins, while it runs, over a crash of the engine, and around a swap.
TEST_P(FaultsTest, PreparedXaTransactionsAreCarriedOver) {
  CreateTitledUsers("users", 200);
  const auto prepare = [&](const std::string& name, const std::string& key) {
    auto session = std::make_unique<testing::XaSession>(
        server().Connect(database()), "'" + database() + name + "'",
        std::vector<std::string>{"UPDATE users SET amount=amount+100 WHERE id=" + key,
                                 "DELETE FROM users WHERE id=" + key + "+1",
                                 "INSERT INTO users (id, token, email) VALUES (" + key + "000, " +
                                     key + "000, 'xa" + key + "@example.com')"});
    session->Prepare();
    return session;
  };
  auto early = prepare("early", "10");
  const std::string id =
      osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover", "--detach"});
  osc().WaitUntil(id, "the copy to begin", [](const nlohmann::json& now) {
    return now["state"] != "queued" && now["state"] != "preparing";
  });
  early->Commit();
  osc().WaitForState(id, "ready");
  ExpectInvariant(id);
  // Without the lock of ExpectInvariant, for which the prepared rows stand in the way.
  const auto expect_same = [&] {
    osc().WaitUntilCaughtUp(id);
    const std::string sums =
        "SELECT CONCAT(COUNT(*), ' rows, ', SUM(CRC32(CONCAT_WS(',', id, "
        "token, email, amount)))) FROM ";
    EXPECT_EQ(Value(sums + "users"), Value(sums + "_osc_" + id + "_users"));
  };
  int key = 10;
  for (const char* turn : {"cutover", "revert", "reapply"}) {
    SCOPED_TRACE(turn);
    key += 10;
    auto committed = prepare("committed", std::to_string(key));
    auto dropped = prepare("dropped", std::to_string(key + 5));
    expect_same();
    osc().state().KillEngine();
    StartEngine(id);
    expect_same();
    const auto command = osc().Start({turn, id});
    osc().WaitUntil(id, "a swap that waits", [&](const nlohmann::json& now) {
      return now["state"] != "ready" && now["state"] != "live" && now["state"] != "reverted";
    });
    const std::string inserted =
        "SELECT COUNT(*) FROM users WHERE id=" + std::to_string(key * 1000);
    EXPECT_EQ(Value(inserted), "0");
    committed->Commit();
    dropped->Rollback();
    const testing::Outcome outcome = command->Wait(seconds(60));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
    EXPECT_EQ(Value(inserted), "1");
    ExpectInvariant(id);
  }
  osc().Succeed({"complete", id});
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
}

TEST_P(FaultsTest, CompressedTransactionsAreFollowed) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB compresses binlog events for the whole server only";
  CreateTitledUsers("users", 100);
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  mysql::Connection session = server().Connect(database());
  session.Execute("SET SESSION binlog_transaction_compression=ON");
  const auto write = [&](int n) {
    session.Execute("UPDATE users SET amount=amount+" + std::to_string(n));
    session.Execute("INSERT INTO users (token, email) VALUES (1000, REPEAT('" + std::to_string(n) +
                    "', 60))");
    session.Execute("DELETE FROM users WHERE id=" + std::to_string(n));
    ExpectInvariant(id);
  };
  write(1);
  osc().Succeed({"cutover", id});
  write(2);
  osc().Succeed({"revert", id});
  write(3);
}

INSTANTIATE_TEST_SUITE_P(Servers, FaultsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
