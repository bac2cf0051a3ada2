// Releases whose tables change places in one step: for whoever reads several of them, for whoever
// writes several of them in any order, and for an engine or a session that dies on the way.
#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "src/base/wait.h"
#include "src/mysql/session_list.h"
#include "tests/support/files_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Outcome;

constexpr int kRows = 400;

// Sessions that write both tables in one transaction, in either order, so that the sum over both is
// always 0; and one that reads both in one statement.
class Shop {
 public:
  Shop(const testing::TestServer& server, const std::string& database) {
    std::random_device random;
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back([this, seed = random(),
                             session = server.Connect(database)](std::stop_token stop) mutable {
        Guarded([&] { Write(stop, session, std::minstd_rand(seed)); });
      });
    }
    threads_.emplace_back([this, session = server.Connect(database)](std::stop_token stop) mutable {
      Guarded([&] { Read(stop, session); });
    });
  }
  ~Shop() { Stop(); }

  void Stop() {
    for (std::jthread& thread : threads_) thread.request_stop();
    threads_.clear();
    const std::lock_guard lock(mutex_);
    for (const std::string& error : errors_) ADD_FAILURE() << error;
    errors_.clear();
  }

  void WaitForMore(int transactions = 50) {
    const int until = written_ + transactions;
    const int reads = read_ + 5;
    testing::WaitUntil(
        "the shop to go on", [&] { return written_ >= until && read_ >= reads; }, seconds(60));
  }
  // Columns of both tables, as the reader has seen them; "4+4".
  std::set<std::string> shapes() const {
    const std::lock_guard lock(mutex_);
    return shapes_;
  }

 private:
  void Guarded(const std::function<void()>& work) {
    try {
      work();
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      errors_.push_back(error.what());
    }
  }

  void Write(std::stop_token stop, mysql::Connection& session, std::minstd_rand random) {
    while (!stop.stop_requested()) {
      const std::string id = std::to_string(1 + random() % kRows);
      const std::string amount = std::to_string(random() % 1000);
      std::string first = "UPDATE orders SET total=total+" + amount + " WHERE id=" + id;
      std::string second = "UPDATE items SET total=total-" + amount + " WHERE id=" + id;
      if (random() % 2 == 0) std::swap(first, second);
      try {
        session.Execute("BEGIN");
        session.Execute(first);
        if (random() % 4 == 0) base::SleepFor(stop, std::chrono::milliseconds(5));
        session.Execute(second);
        session.Execute("COMMIT");
        ++written_;
      } catch (const Error& error) {
        // A deadlock of their own.
        if (error.server_errno() != 1213 && error.server_errno() != 1205) throw;
        session.Execute("ROLLBACK");
      }
      base::SleepFor(stop, std::chrono::milliseconds(4));
    }
  }

  void Read(std::stop_token stop, mysql::Connection& session) {
    while (!stop.stop_requested()) {
      mysql::Result row = session.Query(
          "SELECT (SELECT SUM(total) FROM orders)+(SELECT SUM(total) FROM items) AS both_totals, "
          "orders.*, '|' AS bar, items.* FROM orders JOIN items USING (id) WHERE id=1");
      std::string sum;
      while (row.Next()) sum = row.Text(0);
      ++read_;
      const std::lock_guard lock(mutex_);
      shapes_.insert(std::to_string(row.column_count() - 2));
      if (sum != "0") errors_.push_back("a reader has seen the sum " + sum);
      if (errors_.size() > 5) return;
    }
  }

  mutable std::mutex mutex_;
  std::vector<std::string> errors_;
  std::set<std::string> shapes_;
  std::atomic<int> written_{0};
  std::atomic<int> read_{0};
  std::vector<std::jthread> threads_;
};

class TogetherTest : public testing::FilesTest {
 protected:
  void SetUp() override {
    FilesTest::SetUp();
    if (IsSkipped()) return;
    for (const char* table : {"orders", "items"}) {
      Run("CREATE TABLE " + std::string(table) +
          " (id INT PRIMARY KEY, total BIGINT NOT NULL, title VARCHAR(20) NOT NULL) ENGINE=InnoDB");
      std::string insert = "INSERT INTO " + std::string(table) + " VALUES ";
      for (int id = 1; id <= kRows; ++id) {
        insert += (id > 1 ? ",(" : "(") + std::to_string(id) + ",0,'t" + std::to_string(id) + "')";
      }
      Run(insert);
    }
    Write("1_orders.sql", "ALTER TABLE orders DROP COLUMN title, ADD a INT, ADD aa INT");
    Write("2_items.sql", "ALTER TABLE items DROP COLUMN title, ADD b INT, ADD bb INT");
  }

  // Where sessions take both tables in either order, luck has a part in each attempt.
  static Names Patient() { return {"--together", "--cutover-lock-timeout", "10s"}; }

  // Of both tables in the reader's statement: id is there once.
  static constexpr const char* kOld = "6";
  static constexpr const char* kNew = "8";

  std::string Id(const std::string& table) {
    std::string id;
    for (const auto& migration : osc().List()) {
      if (migration["table"] == table) id = migration["id"];
    }
    return id;
  }
  void ExpectBoth(const std::string& state) {
    EXPECT_EQ(osc().Show(Id("orders"))["state"], state);
    EXPECT_EQ(osc().Show(Id("items"))["state"], state);
  }
  void ExpectEqual() {
    for (const char* table : {"orders", "items"}) {
      testing::ExpectSameRows(server(), osc(), Id(table), {"id"}, {"total"});
    }
  }
  void ExpectWhole() {
    EXPECT_EQ(Value("SELECT (SELECT SUM(total) FROM orders)+(SELECT SUM(total) FROM items)"), "0");
    for (const char* table : {"orders", "items"}) {
      EXPECT_EQ(Value("SELECT COUNT(*) FROM " + std::string(table)), std::to_string(kRows));
    }
  }
};

TEST_P(TogetherTest, GoesForthAndBackInOneStep) {
  Shop shop(server(), database());
  shop.WaitForMore();
  const Outcome applied = Apply(Patient());
  EXPECT_THAT(applied.out, HasSubstr("1_orders.sql is applied"));
  EXPECT_THAT(Ledger(), ElementsAre("1_orders.sql applied", "2_items.sql applied"));
  shop.WaitForMore();
  ExpectBoth("live");
  ExpectEqual();
  const nlohmann::json orders = osc().Show(Id("orders"));
  EXPECT_EQ(orders["together"], nlohmann::json::array({Id("items")}));
  EXPECT_EQ(osc().Show(Id("items"))["swaps"][0]["freeze_point"],
            orders["swaps"][0]["freeze_point"]);

  for (int turn = 0; turn < 3; ++turn) {
    const std::string table = turn % 2 == 0 ? "items" : "orders";
    const Outcome back = osc().Succeed({"revert", Id(table)});
    EXPECT_THAT(back.out, HasSubstr("in one step with"));
    shop.WaitForMore();
    ExpectBoth("reverted");
    ExpectEqual();
    osc().Succeed({"reapply", Id(table)});
    shop.WaitForMore();
    ExpectBoth("live");
  }
  osc().Succeed({"revert", "--file", "1_orders.sql"});
  EXPECT_THAT(Ledger(), ElementsAre("1_orders.sql reverted", "2_items.sql reverted"));
  ExpectBoth("reverted");
  Apply({"--together"});
  ExpectBoth("live");
  ExpectRefused({"apply", "--back-to", "1_orders.sql"}, "in one step with a file after");
  EXPECT_THAT(osc().Succeed({"revert", "--file", "2_items.sql"}).err,
              HasSubstr("1_orders.sql goes with it"));
  ExpectBoth("reverted");
  shop.WaitForMore();
  shop.Stop();
  EXPECT_THAT(shop.shapes(), ElementsAre(kOld, kNew));
  ExpectWhole();
  EXPECT_EQ(Value("SELECT COUNT(*) FROM orders WHERE title=CONCAT('t', id)"),
            std::to_string(kRows));
  osc().Succeed({"complete", Id("orders")});
  osc().Succeed({"complete", Id("items")});
  EXPECT_THAT(Tables(), ElementsAre("_osc_ledger", "items", "orders"));
}

TEST_P(TogetherTest, AFileMaySayItAndTheCutoverMayWait) {
  std::filesystem::remove_all(Folder());
  Write("1.sql",
        "-- osc: together postpone-cutover\nALTER TABLE orders ADD a INT;\n"
        "CREATE INDEX i ON items (total);\n");
  EXPECT_THAT(Apply().out, HasSubstr("1.sql is ready"));
  ExpectBoth("ready");
  EXPECT_THAT(osc().Succeed({"cutover", "--file", "1.sql"}).out, HasSubstr("in one step with"));
  ExpectBoth("live");
  EXPECT_THAT(Ledger(), ElementsAre("1.sql applied"));
  EXPECT_THAT(Apply().out, HasSubstr("nothing is left to apply"));
}

TEST_P(TogetherTest, TablesAndViewsComeAndGoInTheSameStep) {
  Run("CREATE TABLE gone (id INT PRIMARY KEY)");
  Run("INSERT INTO gone VALUES (1)");
  Run("CREATE VIEW v AS SELECT id AS a FROM orders");
  Write("3_made.sql", "CREATE TABLE made (id INT PRIMARY KEY)");
  Write("4_gone.sql", "DROP TABLE gone");
  Write("5_view.sql", "CREATE OR REPLACE VIEW v AS SELECT id AS b FROM orders");
  Write("6_same.sql", "DROP TABLE IF EXISTS nothing");
  Shop shop(server(), database());
  const auto stands = [&] {
    std::string found;
    for (const std::string& name : Tables()) found += name.starts_with("_osc") ? "" : name + " ";
    return found + Value(
                       "SELECT GROUP_CONCAT(COLUMN_NAME) FROM information_schema.COLUMNS WHERE "
                       "TABLE_SCHEMA=DATABASE() AND TABLE_NAME='v'");
  };
  const std::string kBefore = "gone items orders v a";
  const std::string kAfter = "items made orders v b";
  Apply({"--together"});
  EXPECT_EQ(stands(), kAfter);
  Run("INSERT INTO made VALUES (7)");
  bool on_new = true;
  for (const std::string point : {"swap.locked", "swap.rename_proven", "swap.rename_proven:3",
                                  "swap.unlocked", "swing.swapped:3", "swing.finished:2"}) {
    SCOPED_TRACE(point);
    DieAt(point, {on_new ? "revert" : "reapply", Id(on_new ? "made" : "orders")});
    StartEngine(Id("orders"));
    on_new = !on_new;
    osc().WaitForState(Id("nothing"), "live");  // what changes nothing has no part in the step
    for (const char* name : {"orders", "items", "made", "gone", "v"}) {
      osc().WaitForState(Id(name), on_new ? "live" : "reverted");
    }
    EXPECT_EQ(stands(), on_new ? kAfter : kBefore);
    shop.WaitForMore(20);
    ExpectEqual();
  }
  EXPECT_TRUE(on_new);
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(id) FROM made"), "7");
  osc().Succeed({"revert", "--file", "4_gone.sql"});
  EXPECT_EQ(stands(), kBefore);
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(id) FROM gone"), "1");
  shop.Stop();
  EXPECT_THAT(shop.shapes(), ElementsAre(kOld, kNew));
  ExpectWhole();
}

// With nothing to lock: what comes has no users yet, and a view cannot be locked.
TEST_P(TogetherTest, WhatOnlyComesIsSwappedInOneStepToo) {
  std::filesystem::remove_all(Folder());
  Run("CREATE VIEW v AS SELECT id AS a FROM orders");
  Write("1.sql", "CREATE TABLE made (id INT PRIMARY KEY); CREATE VIEW w AS SELECT 1 AS one");
  Write("2.sql", "CREATE OR REPLACE VIEW v AS SELECT id AS b FROM orders");
  Apply({"--together"});
  EXPECT_THAT(Tables(), ::testing::IsSupersetOf({"made", "w"}));
  EXPECT_EQ(Value("SELECT MAX(b) FROM v"), std::to_string(kRows));
  osc().Succeed({"revert", Id("w")});
  EXPECT_EQ(Value("SELECT MAX(a) FROM v"), std::to_string(kRows));
  EXPECT_THAT(Tables(), ::testing::Not(::testing::Contains("made")));
  Apply({"--together"});
  osc().Succeed({"revert", "--file", "1.sql"});
  EXPECT_EQ(Value("SELECT MAX(a) FROM v"), std::to_string(kRows));
}

TEST_P(TogetherTest, WhatCannotGoTogetherIsRefused) {
  const auto expect_refused = [&](const std::string& text, const std::string& part) {
    Write("3.sql", text);
    ExpectRefused(Command({"--together", "--allow-other", "--complete-previous"}), part);
    EXPECT_EQ(osc().List().size(), 0U);
  };
  expect_refused("ALTER TABLE orders ADD c INT", "1_orders.sql:1 changes table orders too");
  expect_refused("INSERT INTO orders VALUES (0, 0, '')", "3.sql:1: cannot be swapped together");
  expect_refused("-- osc: algorithm=instant\nALTER TABLE other ADD c INT", "--algorithm osc");
  std::filesystem::remove(Folder() / "3.sql");

  osc().Succeed({"apply", Folder() / "1_orders.sql"});
  osc().Succeed({"revert", "--file", "1_orders.sql"});
  ExpectRefused(Command({"--together"}), "were not begun together");
}

// One of them has a row that has no place in the old table: neither goes back.
TEST_P(TogetherTest, TheRevertOfOneWaitsForTheOther) {
  Write("2_items.sql", "ALTER TABLE items MODIFY title VARCHAR(40) NOT NULL");
  Apply({"--together"});
  Run("UPDATE items SET title=REPEAT('long', 10) WHERE id=7");
  WaitForReadiness(Id("items"), "blocked");
  ExpectRefused({"revert", Id("orders")}, "items (" + Id("items") + "), which goes with it");
  ExpectBoth("live");
  ExpectRefused({"revert", Id("items")}, "id=7");
  const auto report = osc().state().home() / "loss.jsonl";
  osc().Succeed({"revert", Id("orders"), "--accept-loss", "--report", report});
  ExpectBoth("reverted");
  EXPECT_EQ(Value("SELECT title FROM items WHERE id=7"), "longlonglonglonglong");
  EXPECT_TRUE(std::filesystem::exists(osc().state().home() / ("loss-" + Id("items") + ".jsonl")));
  // A window that has ended ends for one.
  osc().Succeed({"complete", Id("items")});
  osc().Succeed({"reapply", Id("orders")});
  EXPECT_EQ(osc().Show(Id("orders"))["state"], "live");
}

TEST_P(TogetherTest, OneThatIsGivenUpHoldsTheOthersBack) {
  Apply({"--together", "--postpone-cutover"});
  ExpectBoth("ready");
  osc().Succeed({"cancel", Id("items")});
  ExpectRefused({"cutover", Id("orders")}, "items (" + Id("items") + ")");
  EXPECT_EQ(osc().Show(Id("orders"))["live"], "old");
  osc().Succeed({"cancel", Id("orders")});
  Apply({"--together"});
  ExpectBoth("live");
}

TEST_P(TogetherTest, WhoAsksTwiceIsHeardTwice) {
  Apply({"--together", "--postpone-cutover", "--cutover-lock-timeout", "200ms"});
  mysql::Connection holder = server().Connect(database());
  holder.Execute("START TRANSACTION");
  holder.Execute("SELECT COUNT(*) FROM items");
  osc().Succeed({"cutover", Id("orders"), "--detach"});
  osc().WaitUntil(Id("orders"), "an attempt", [](const nlohmann::json& now) {
    return now["progress"]["note"].get<std::string>().find("attempt 1") != std::string::npos;
  });
  const auto again = osc().Start({"cutover", Id("orders")});
  osc().WaitUntil(Id("orders"), "the second one to be taken", [](const nlohmann::json& now) {
    int asked = 0;
    for (const auto& event : now["history"]) asked += event["text"] == "asked for: cutover";
    return asked == 2;
  });
  holder.Execute("COMMIT");
  EXPECT_EQ(again->Wait(seconds(60)).exit_code, 0);
  ExpectBoth("live");
}

TEST_P(TogetherTest, ARunThatDiesIsGoneOnWith) {
  for (const char* point : {"files.id_recorded", "files.migration_created", "files.before_end"}) {
    SCOPED_TRACE(point);
    osc().SetEnvironment("OSC_FAULT", point);
    EXPECT_EQ(osc().Run(Command({"--together"})).exit_code, 128 + SIGKILL);
    osc().SetEnvironment("OSC_FAULT", "");
    EXPECT_EQ(osc().List().size(), std::string(point) == "files.id_recorded" ? 0U : 2U);
  }
  Apply({"--together"});
  EXPECT_EQ(osc().List().size(), 2U);
  EXPECT_THAT(Ledger(), ElementsAre("1_orders.sql applied", "2_items.sql applied"));
  ExpectBoth("live");
}

// The engine dies at every step of the swap, of the first or of the second table.
TEST_P(TogetherTest, GoesOnAfterACrash) {
  Shop shop(server(), database());
  Apply(Patient());
  std::string state = "live";
  int deaths = 0;
  for (const std::string point :
       {"swing.intent_recorded", "swing.begun:2", "swap.locked", "swap.rename_sent",
        "swap.rename_proven:2", "swap.sentry_dropped", "swap.unlocked", "swing.swapped",
        "swing.swapped:2", "swing.finished", "intent.before_answer"}) {
    SCOPED_TRACE(point);
    const std::string command = state == "live" ? "revert" : "reapply";
    DieAt(point, {command, Id(deaths % 2 == 0 ? "orders" : "items")});
    ++deaths;
    shop.WaitForMore(20);
    StartEngine(Id("orders"));
    state = state == "live" ? "reverted" : "live";
    osc().WaitForState(Id("orders"), state);
    osc().WaitForState(Id("items"), state);
    shop.WaitForMore(20);
    ExpectEqual();
  }
  shop.Stop();
  EXPECT_THAT(shop.shapes(), ElementsAre(kOld, kNew));
  ExpectWhole();
}

// Whichever of its sessions is ended, at whichever step.
TEST_P(TogetherTest, SurvivesTheEndOfItsSessions) {
  Shop shop(server(), database());
  Apply(Patient());
  osc().state().StopEngine();
  const auto sessions = [&] {
    std::vector<uint64_t> ids;
    for (const mysql::Session& session : mysql::ListSessions(connection())) {
      if (session.database == database()) ids.push_back(session.id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  std::mt19937 random(std::random_device{}());
  std::string state = "live";
  for (const std::string point : {"swap.locked", "swap.drained", "swap.rename_sent",
                                  "swap.rename_proven", "swap.sentry_dropped"}) {
    // Of the two that lock, the one that renames, and those that probe.
    const size_t from_the_end = 1 + random() % 5;
    SCOPED_TRACE(point + ", from the end " + std::to_string(from_the_end));
    const auto file = osc().state().home() / "held";
    const auto before = sessions();
    osc().SetEnvironment("OSC_FAULT_HOLD", point + "=" + file.string());
    const auto engine = osc().Start({"serve"});
    osc().SetEnvironment("OSC_FAULT_HOLD", "");
    testing::WaitUntil(
        "the engine", [&] { return osc().state().EnginePid().has_value(); }, seconds(20));
    osc().Run({state == "live" ? "revert" : "reapply", Id("orders"), "--detach", "--no-autostart"});
    testing::WaitUntil(
        "the swap to be held", [&] { return std::filesystem::exists(file); }, seconds(60));
    std::vector<uint64_t> all;
    for (const uint64_t id : sessions()) {
      if (!std::binary_search(before.begin(), before.end(), id)) all.push_back(id);
    }
    Run("KILL CONNECTION " + std::to_string(all.at(all.size() - from_the_end)));
    std::filesystem::remove(file);
    state = state == "live" ? "reverted" : "live";
    osc().WaitForState(Id("orders"), state);
    osc().WaitForState(Id("items"), state);
    shop.WaitForMore(20);
    ExpectEqual();
    engine->Signal(SIGTERM);
    engine->Wait(seconds(30));
  }
  shop.Stop();
  EXPECT_THAT(shop.shapes(), ElementsAre(kOld, kNew));
  ExpectWhole();
}

INSTANTIATE_TEST_SUITE_P(Servers, TogetherTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
