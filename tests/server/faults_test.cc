// What goes wrong from outside: engines that are killed, a second osc on the same table, and other
// people's DDL. F8, R9 and a part of F1 of the acceptance list.
#include <gmock/gmock.h>

#include <csignal>
#include <random>

#include "src/mysql/quote.h"
#include "tests/support/compare.h"
#include "tests/support/server_test.h"
#include "tests/support/writers.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

using Names = std::vector<std::string>;
const Names kKey{"id"};
const Names kWritten{"token", "email", "amount"};

class FaultsTest : public testing::ServerTest {
 protected:
  static constexpr int kRows = 2500;

  void CreateUsers(const std::string& table, int rows = kRows) {
    testing::CreateWritersTable(connection(), table, rows,
                                "title VARCHAR(40) NOT NULL DEFAULT 'none'");
    Run("UPDATE " + table + " SET title=CONCAT('title-', token)");
  }

  void ExpectInvariant(const std::string& id) {
    testing::ExpectSameRows(server(), osc(), id, kKey, kWritten);
  }

  void ExpectTitles(const std::string& table, int rows = kRows) {
    EXPECT_EQ(Value("SELECT COUNT(*) FROM " + table + " WHERE title<>IF(token<=" +
                    std::to_string(rows) + ", CONCAT('title-', token), 'none')"),
              "0");
  }

  // Any command that needs an engine starts one; this one leaves it running.
  void StartEngine(const std::string& id) {
    const auto watch = osc().Start({"watch", id});
    testing::WaitUntil(
        "an engine", [&] { return osc().state().EnginePid().has_value(); }, seconds(20));
    watch->Signal(SIGINT);
    watch->Wait(seconds(10));
  }
};

TEST_P(FaultsTest, EngineIsKilledWhileCopying) {
  const int rows = 20000;
  CreateUsers("users", rows);
  Writers writers(server(), database(), "users");
  std::mt19937 random(std::random_device{}());
  const std::string id =
      osc().Alter("users", "DROP COLUMN title", {"--detach", "--chunk-time", "10ms"});
  int kills = 0;
  for (; kills < 8; ++kills) {
    // Somewhere in the next piece of the copy.
    const auto before = osc().Show(id)["progress"]["rows_copied"].get<int64_t>();
    const int64_t more = static_cast<int64_t>(random() % 1500);
    const auto now = osc().WaitUntil(id, "the copy to go on", [&](const nlohmann::json& state) {
      return state["state"] == "live" || state["progress"]["rows_copied"] >= before + more;
    });
    if (now["state"] == "live") break;
    osc().state().KillEngine();
    writers.WaitForTransactions(20);
    StartEngine(id);
  }
  EXPECT_GT(kills, 0);
  osc().WaitForState(id, "live");
  writers.WaitForTransactions(100);
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(connection(), "users"), writers.expected());
  ExpectInvariant(id);
  ExpectTitles("users", rows);
}

TEST_P(FaultsTest, EngineIsKilledAfterTheCutover) {
  CreateUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  for (const char* turn : {"revert", "reapply", "revert"}) {
    SCOPED_TRACE(turn);
    writers.WaitForTransactions(150);
    osc().state().KillEngine();
    writers.WaitForTransactions(150);
    osc().Succeed({turn, id});  // starts an engine by itself
    writers.WaitForTransactions(50);
    osc().state().KillEngine();
    StartEngine(id);
    ExpectInvariant(id);
  }
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(connection(), "users"), writers.expected());
  ExpectTitles("users");
}

// Kills it around the swap: whatever it was doing, the application goes on, and so does osc.
TEST_P(FaultsTest, EngineIsKilledWhileSwapping) {
  CreateUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  std::mt19937 random(std::random_device{}());
  for (int turn = 1; turn <= 7; ++turn) {
    SCOPED_TRACE("turn " + std::to_string(turn));
    const bool back = turn % 2 == 1;
    const std::string wish = back ? "revert" : "reapply";
    const size_t swaps = osc().Show(id)["swaps"].size();
    // In some turns the swap has not begun yet, in some it is done.
    const auto command = osc().Start({wish, id});
    testing::WaitUntil(
        "the swap to begin or end",
        [&] {
          const nlohmann::json now = osc().Show(id);
          return now["state"] == (back ? "reverting" : "reapplying") || now["swaps"].size() > swaps;
        },
        seconds(30));
    const auto until = std::chrono::steady_clock::now() + milliseconds(random() % 30);
    testing::WaitUntil(
        "a moment", [&] { return std::chrono::steady_clock::now() >= until; }, seconds(1));
    if (osc().state().EnginePid()) osc().state().KillEngine();
    const Outcome outcome = command->Wait(testing::Osc::kDeadline);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
    if (!osc().state().EnginePid())
      StartEngine(id);  // the command may have seen its wish fulfilled
    osc().WaitForState(id, back ? "reverted" : "live");
    writers.WaitForTransactions(100);
    ExpectInvariant(id);
  }
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(connection(), "users"), writers.expected());
  ExpectTitles("users");
  const Names tables = Tables();
  EXPECT_THAT(tables, ::testing::SizeIs(3)) << ::testing::PrintToString(tables);
}

// Dies at each step of a swap, in both directions. It stays the same migration: the swap is given
// up or done, the stream goes on, and another swap is possible.
TEST_P(FaultsTest, EngineDiesAtEveryStepOfASwap) {
  const Names points{"swing.intent_recorded", "swap.sentry_created", "swap.locked",
                     "swap.drained",          "swap.rename_sent",    "swap.sentry_dropped",
                     "swap.renamed",          "swing.swapped",       "swing.accounted",
                     "apply.before_turn",     "apply.after_turn"};
  CreateUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  osc().state().StopEngine();
  for (const std::string& point : points) {
    SCOPED_TRACE(point);
    const bool on_new = osc().Show(id)["live"] == "new";
    osc().SetEnvironment("OSC_FAULT", point);
    const auto engine = osc().Start({"serve"});
    testing::WaitUntil(
        "the engine", [&] { return osc().state().EnginePid().has_value(); }, seconds(20));
    writers.WaitForTransactions(30);
    osc().Run({on_new ? "revert" : "reapply", id, "--detach", "--no-autostart"});
    EXPECT_EQ(engine->Wait(seconds(60)).exit_code, 128 + SIGKILL);
    osc().SetEnvironment("OSC_FAULT", "");
    writers.WaitForTransactions(50);  // they are not held up

    // The wish is in the store: the next engine fulfils it.
    StartEngine(id);
    osc().WaitForState(id, on_new ? "reverted" : "live", seconds(30));
    writers.WaitForTransactions(30);
    ExpectInvariant(id);
    EXPECT_THAT(Tables(), ::testing::SizeIs(3)) << ::testing::PrintToString(Tables());
    osc().state().StopEngine();
  }
  if (osc().Show(id)["live"] == "new") osc().Succeed({"revert", id});
  writers.Stop();
  EXPECT_EQ(testing::ReadTotals(connection(), "users"), writers.expected());
  ExpectTitles("users");
}

// F4
TEST_P(FaultsTest, SwapGivesWayToALongTransaction) {
  CreateUsers("users", 100);
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

TEST_P(FaultsTest, CutoverThatCannotGetItsLockCanBeCancelled) {
  CreateUsers("users", 100);
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

// What is prepared is in the binlog long before anybody knows whether it will be committed.
TEST_P(FaultsTest, PreparedXaTransactionsAreNoticed) {
  CreateUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const std::string xid = "'" + database() + "'";
  Run("XA START " + xid);
  Run("UPDATE users SET amount=77 WHERE id=7");
  Run("XA END " + xid);
  Run("XA PREPARE " + xid);
  Run("XA COMMIT " + xid);
  const nlohmann::json stopped = osc().WaitUntil(
      id, "the stream to stop",
      [](const nlohmann::json& now) { return now["revert"]["readiness"] == "stopped"; },
      seconds(20));
  EXPECT_THAT(stopped["error"]["message"].get<std::string>(), HasSubstr("XA"));
  EXPECT_EQ(osc().Run({"revert", id}).exit_code, 3);
  EXPECT_EQ(Value("SELECT amount FROM users WHERE id=7"), "77");
  EXPECT_THAT(Tables(), ::testing::SizeIs(3));
}

TEST_P(FaultsTest, CompressedTransactionsAreFollowed) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB compresses binlog events for the whole server only";
  CreateUsers("users", 100);
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

// F8
TEST_P(FaultsTest, SecondEngineOnAStateDirectoryIsRefused) {
  CreateUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const auto engine = osc().state().EnginePid();
  ASSERT_TRUE(engine);
  const Outcome second = osc().Run({"serve"});
  EXPECT_EQ(second.exit_code, 3) << second.Describe();
  EXPECT_THAT(second.err, HasSubstr(std::to_string(*engine)));
  EXPECT_THAT(second.err, HasSubstr(osc().state().path().string()));
  const Outcome foreground =
      osc().Run({"alter", "--table", "users", "--alter", "ADD COLUMN x INT", "--foreground"});
  EXPECT_EQ(foreground.exit_code, 3) << foreground.Describe();
  EXPECT_EQ(osc().state().EnginePid(), engine);
  osc().Succeed({"revert", id});
}

TEST_P(FaultsTest, SecondStateDirectoryOnATableIsRefused) {
  CreateUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  testing::Osc other(server(), database());
  const auto expect_refused = [&] {
    const Outcome outcome = other.Run({"alter", "--table", "users", "--alter", "ADD COLUMN x INT"});
    EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
    EXPECT_THAT(outcome.err, HasSubstr(id));
    EXPECT_THAT(outcome.err, HasSubstr("hint: "));
    EXPECT_EQ(other.List().size(), 0U);
  };
  expect_refused();
  osc().Succeed({"cutover", id});
  expect_refused();
  osc().Succeed({"complete", id});
  other.Alter("users", "ADD COLUMN x INT");
}

// R9: each kind of foreign DDL on a migration of its own, all served by one engine.
struct ForeignChange {
  std::string name;  // of the table too
  bool of_live;
  std::string sql;       // with {table} and {database}
  std::string expected;  // a word of what happened, in the message
};

const std::vector<ForeignChange> kForeignChanges{
    {"alter_live", true, "ALTER TABLE {table} ADD COLUMN foreign_column INT", "ALTER"},
    {"drop_live", true, "DROP TABLE {table}", "DROP"},
    {"rename_live", true, "RENAME TABLE {table} TO {database}.moved_live", "RENAME"},
    {"alter_off", false, "ALTER TABLE {table} ADD COLUMN foreign_column INT", "ALTER"},
    {"drop_off", false, "DROP TABLE {table}", "DROP"},
    {"rename_off", false, "RENAME TABLE {table} TO {database}.moved_off", "RENAME"},
    {"index_live", true, "CREATE INDEX foreign_index ON {table} (amount)", "INDEX"},
    {"truncate_off", false, "TRUNCATE TABLE {table}", "TRUNCATE"},
};

class ForeignDdlTest : public FaultsTest {
 protected:
  // Makes a migration for each change, does the changes, and returns the migrations' ids.
  std::map<std::string, std::string> ChangeAll(const Names& options) {
    std::map<std::string, std::string> ids;
    for (const ForeignChange& change : kForeignChanges) CreateUsers(change.name, 20);
    for (const ForeignChange& change : kForeignChanges) {
      ids[change.name] = osc().Alter(change.name, "DROP COLUMN title", options);
    }
    for (const ForeignChange& change : kForeignChanges) {
      const std::string off_stage = osc().Show(ids[change.name])["off_stage_table"];
      std::string sql = change.sql;
      const auto replace = [&sql](const std::string& from, const std::string& to) {
        const size_t at = sql.find(from);
        if (at != std::string::npos) sql.replace(at, from.size(), to);
      };
      replace("{table}", mysql::Quote({database(), change.of_live ? change.name : off_stage}));
      replace("{database}", database());
      Run(sql);
    }
    return ids;
  }

  // What the foreign statement left of the two tables is still there, with its rows.
  void ExpectTablesKept(const ForeignChange& change, const std::string& off_stage) {
    Names expected{change.name, off_stage};
    std::string& changed = expected[change.of_live ? 0 : 1];
    if (change.name.starts_with("rename")) {
      changed = change.of_live ? "moved_live" : "moved_off";
    }
    const Names tables = Tables();
    for (const std::string& table : expected) {
      const bool dropped = change.name.starts_with("drop") && table == changed;
      EXPECT_EQ(std::count(tables.begin(), tables.end(), table), dropped ? 0 : 1) << table;
      if (dropped) continue;
      const bool emptied = change.name.starts_with("truncate") && table == changed;
      EXPECT_EQ(Value("SELECT COUNT(*) FROM " + mysql::QuoteIdentifier(table)),
                emptied ? "0" : "20")
          << table;
    }
  }
};

TEST_P(ForeignDdlTest, BeforeTheCutoverFailsTheMigration) {
  const auto ids = ChangeAll({"--postpone-cutover"});
  for (const ForeignChange& change : kForeignChanges) {
    SCOPED_TRACE(change.sql);
    const std::string id = ids.at(change.name);
    const nlohmann::json failed = osc().WaitForState(id, "failed", seconds(20));
    ASSERT_TRUE(failed["error"].is_object()) << failed;
    EXPECT_EQ(failed["error"]["code"], "diverged");
    EXPECT_THAT(failed["error"]["message"].get<std::string>(), HasSubstr(change.expected));
    EXPECT_THAT(
        failed["error"]["message"].get<std::string>(),
        HasSubstr(change.of_live ? change.name : failed["off_stage_table"].get<std::string>()));
    EXPECT_EQ(failed["stream"]["running"], false);
    EXPECT_EQ(failed["swaps"].size(), 0U);
    EXPECT_EQ(osc().Run({"cutover", id}).exit_code, 3);
    ExpectTablesKept(change, failed["off_stage_table"]);
  }
}

TEST_P(ForeignDdlTest, AfterTheCutoverWithdrawsTheRevert) {
  const auto ids = ChangeAll({});
  for (const ForeignChange& change : kForeignChanges) {
    SCOPED_TRACE(change.sql);
    const std::string id = ids.at(change.name);
    const nlohmann::json stopped = osc().WaitUntil(
        id, "the stream to stop",
        [](const nlohmann::json& now) { return now["revert"]["readiness"] == "stopped"; },
        seconds(20));
    EXPECT_EQ(stopped["state"], "live");
    ASSERT_TRUE(stopped["error"].is_object()) << stopped;
    EXPECT_THAT(stopped["error"]["message"].get<std::string>(), HasSubstr(change.expected));
    EXPECT_EQ(stopped["stream"]["running"], false);
    EXPECT_FALSE(stopped["revert"]["reasons"].empty());

    const Outcome revert = osc().Run({"revert", id});
    EXPECT_EQ(revert.exit_code, 3) << revert.Describe();
    EXPECT_THAT(revert.err, HasSubstr(change.expected));
    EXPECT_EQ(osc().Show(id)["state"], "live");
    ExpectTablesKept(change, stopped["off_stage_table"]);
    // In the list people see it too, and again after a restart.
    EXPECT_THAT(osc().Succeed({"list"}).out, HasSubstr("stopped"));
  }
  osc().state().KillEngine();
  for (const ForeignChange& change : kForeignChanges) {
    SCOPED_TRACE("after a restart: " + change.sql);
    const std::string id = ids.at(change.name);
    const Outcome revert = osc().Run({"revert", id});
    EXPECT_EQ(revert.exit_code, 3) << revert.Describe();
    EXPECT_EQ(osc().Show(id)["revert"]["readiness"], "stopped");
    ExpectTablesKept(change, osc().Show(id)["off_stage_table"]);
    const Outcome complete = osc().Run({"complete", id});
    EXPECT_EQ(complete.exit_code, 0) << complete.Describe();
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, FaultsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);
INSTANTIATE_TEST_SUITE_P(Servers, ForeignDdlTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
