// The swap of tables with triggers: what else an application does with the tables that its triggers
// write must neither be ended for it nor be held up for longer than a swap may take.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "tests/support/audit.h"
#include "tests/support/files_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSessions = 4;

// Sessions that write a table and, in the same transaction, the one that its triggers write, in
// either order. Each has rows of its own, so that none of them waits for another: an error is one
// that the swap has caused.
class Shop {
 public:
  Shop(const testing::TestServer& server, const std::string& database,
       const std::vector<std::string>& tables) {
    for (int i = 1; i <= kSessions; ++i) {
      threads_.emplace_back([this, i, tables, session = server.Connect(database),
                             seed = std::random_device()()](std::stop_token stop) mutable {
        std::minstd_rand random(seed);
        try {
          while (!stop.stop_requested()) Write(session, tables, i, random);
        } catch (const Error& error) {
          const std::lock_guard lock(mutex_);
          errors_.push_back(error.message());
        }
      });
    }
  }
  ~Shop() { Stop(); }

  void Stop() {
    for (std::jthread& thread : threads_) thread.request_stop();
    threads_.clear();
    for (const std::string& error : errors_) ADD_FAILURE() << error;
    errors_.clear();
  }
  void WaitForMore(int transactions = 200) {
    const int until = written_ + transactions;
    testing::WaitUntil(
        "the shop to go on", [&] { return written_ >= until; }, seconds(60));
  }
  int written() const { return written_; }

 private:
  void Write(mysql::Connection& session, const std::vector<std::string>& tables, int own,
             std::minstd_rand& random) {
    const std::string id = std::to_string(own);
    std::vector<std::string> statements{"UPDATE log SET own=own+1 WHERE id=" + id};
    for (const std::string& table : tables) {
      statements.push_back("UPDATE " + table + " SET n=n+1 WHERE id=" + id);
    }
    std::shuffle(statements.begin(), statements.end(), random);
    session.Execute("BEGIN");
    for (const std::string& sql : statements) session.Execute(sql);
    session.Execute("COMMIT");
    ++written_;
  }

  std::mutex mutex_;
  std::vector<std::string> errors_;
  std::atomic<int> written_{0};
  std::vector<std::jthread> threads_;
};

class TriggersSwapTest : public testing::FilesTest {
 protected:
  void SetUp() override {
    FilesTest::SetUp();
    if (IsSkipped()) return;
    Run("CREATE TABLE log (id INT PRIMARY KEY, own INT NOT NULL, fired INT NOT NULL)");
    for (int i = 1; i <= kSessions; ++i) {
      Run("INSERT INTO log VALUES (" + std::to_string(i) + ", 0, 0)");
    }
  }
  void CreateTable(const std::string& name, bool with_trigger = true) {
    Run("CREATE TABLE " + name + " (id INT PRIMARY KEY, n INT NOT NULL, title VARCHAR(20))");
    for (int i = 1; i <= 200; ++i) {
      Run("INSERT INTO " + name + " VALUES (" + std::to_string(i) + ", 0, 't')");
    }
    if (!with_trigger) return;
    Run("CREATE TRIGGER " + name + "_up AFTER UPDATE ON " + name +
        " FOR EACH ROW UPDATE log SET fired=fired+1 WHERE id=NEW.id");
  }
  void WaitForAnAttemptToGiveUp(const std::string& id) {
    osc().WaitUntil(
        id, "an attempt to give up",
        [](const nlohmann::json& now) {
          return now["progress"]["note"].get<std::string>().find("gave up") != std::string::npos;
        },
        seconds(30));
  }
  void ExpectSame(const std::string& id) {
    testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n"});
  }
};

TEST_P(TriggersSwapTest, TransactionsOnTheTablesThatTriggersWriteSeeNoError) {
  CreateTable("orders");
  Shop shop(server(), database(), {"orders"});
  const std::string id = osc().Alter("orders", "DROP COLUMN title");
  for (int i = 0; i < 8; ++i) {
    shop.WaitForMore();
    osc().Succeed({i % 2 == 0 ? "revert" : "reapply", id});
  }
  shop.WaitForMore();
  shop.Stop();
  EXPECT_EQ(Value("SELECT SUM(own) FROM log"), std::to_string(shop.written()));
  EXPECT_EQ(Value("SELECT SUM(fired) FROM log"), std::to_string(shop.written()));
  ExpectSame(id);
}

TEST_P(TriggersSwapTest, SeveralTablesInOneStep) {
  CreateTable("orders");
  CreateTable("items", false);
  CreateTable("bills");
  Write("1.sql", "ALTER TABLE orders DROP COLUMN title");
  Write("2.sql", "ALTER TABLE items DROP COLUMN title");
  Write("3.sql", "ALTER TABLE bills DROP COLUMN title");
  Apply({"--together", "--cutover-lock-timeout", "10s"});
  std::string id;
  for (const auto& migration : osc().List()) id = migration["id"];
  int written = 0;
  for (const char* turn : {"revert", "reapply", "revert"}) {
    // One of the tables only, so that luck has no part in the attempts.
    Shop shop(server(), database(), {"bills"});
    shop.WaitForMore();
    osc().Succeed({turn, id});
    shop.WaitForMore();
    shop.Stop();
    written += shop.written();
    EXPECT_EQ(Value("SELECT SUM(fired) FROM log"), std::to_string(written));
  }
  for (const auto& migration : osc().List()) {
    EXPECT_EQ(migration["state"], "reverted");
    ExpectSame(migration["id"]);
  }
  EXPECT_EQ(testing::TriggersOf(connection(), "orders"), "orders_up AFTER UPDATE 1");
}

TEST_P(TriggersSwapTest, GivesWayToALongTransaction) {
  CreateTable("orders");
  const std::string id =
      osc().Alter("orders", "DROP COLUMN title", {"--cutover-lock-timeout", "1s"});
  Shop shop(server(), database(), {"orders"});
  const auto swing = [&](const std::string& command, const std::string& statement,
                         const std::string& state) {
    SCOPED_TRACE(statement);
    mysql::Connection holder = server().Connect(database());
    holder.Execute("BEGIN");
    statement.starts_with("SELECT") ? (void)holder.Query(statement)
                                    : (void)holder.Execute(statement);
    osc().Succeed({command, id, "--detach"});
    WaitForAnAttemptToGiveUp(id);
    shop.WaitForMore(20);
    EXPECT_NE(osc().Show(id)["state"], state);
    holder.Execute("COMMIT");
    osc().WaitForState(id, state, seconds(60));
    shop.WaitForMore(20);
  };
  swing("revert", "SELECT COUNT(*) FROM orders", "reverted");
  swing("reapply", "UPDATE orders SET n=1 WHERE id=100", "live");
  shop.Stop();
  EXPECT_EQ(Value("SELECT SUM(fired) FROM log"), std::to_string(shop.written()));
  ExpectSame(id);
}

// It holds the swap up, and everybody else only for as long as an attempt may take.
TEST_P(TriggersSwapTest, ALongQueryHoldsUpNobodyElse) {
  CreateTable("orders");
  const std::string id =
      osc().Alter("orders", "DROP COLUMN title", {"--cutover-lock-timeout", "1s"});
  mysql::Connection reader = server().Connect(database());
  reader.Send("SELECT SLEEP(0.2) FROM orders");  // 40 s
  osc().Succeed({"revert", id, "--detach"});
  WaitForAnAttemptToGiveUp(id);
  const auto began = std::chrono::steady_clock::now();
  Run("UPDATE orders SET n=5 WHERE id=1");
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(5000));
  EXPECT_FALSE(reader.IsReady(milliseconds(0)));
  connection().Execute("KILL CONNECTION " + std::to_string(reader.thread_id()));
  osc().WaitForState(id, "reverted", seconds(60));
  ExpectSame(id);
}

TEST_P(TriggersSwapTest, AForcedSwapEndsAQuery) {
  CreateTable("orders");
  const std::string id =
      osc().Alter("orders", "DROP COLUMN title", {"--cutover-lock-timeout", "1s"});
  mysql::Connection reader = server().Connect(database());
  reader.Send("SELECT SLEEP(1) FROM orders");
  osc().Succeed({"revert", id, "--force"});
  EXPECT_EQ(osc().Show(id)["state"], "reverted");
  ExpectSame(id);
}

// What is prepared has the table, though no session has it any more.
TEST_P(TriggersSwapTest, WaitsForAPreparedTransaction) {
  CreateTable("orders");
  const std::string id =
      osc().Alter("orders", "DROP COLUMN title", {"--cutover-lock-timeout", "1s"});
  const std::string xa = "'" + database() + "'";
  {
    mysql::Connection session = server().Connect(database());
    session.Execute("XA START " + xa);
    session.Execute("UPDATE orders SET n=7 WHERE id=100");
    session.Execute("XA END " + xa);
    session.Execute("XA PREPARE " + xa);
  }
  osc().Succeed({"revert", id, "--detach"});
  WaitForAnAttemptToGiveUp(id);
  Run("XA COMMIT " + xa);
  osc().WaitForState(id, "reverted", seconds(60));
  EXPECT_EQ(Value("SELECT n FROM orders WHERE id=100"), "7");
  ExpectSame(id);
}

INSTANTIATE_TEST_SUITE_P(Servers, TriggersSwapTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
