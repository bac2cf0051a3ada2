// Secondary indexes that are built after the copy: all there before the cutover, whatever happens
// meanwhile, and as they were asked for.
#include "shadow/deferred_indexes.h"

#include <filesystem>
#include <random>
#include <thread>

#include "ddl/deferred_keys.h"
#include "src/base/retry.h"
#include "src/mysql/session_list.h"
#include "tests/support/private_server.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kSessions = 4;

class DeferredIndexesTest : public testing::UsersTest {
 protected:
  void SetUp() override {
    UsersTest::SetUp();
    if (!IsSkipped()) held_ = osc().state().home() / "held";
  }

  std::vector<std::string> Deferrable(const std::string& table, const std::string& alter) {
    const mysql::TableName before{database(), table};
    Run("DROP TABLE IF EXISTS altered");
    Run("CREATE TABLE altered LIKE " + table);
    Run("ALTER TABLE altered " + alter);
    return ddl::DeferrableKeys(ddl::ForwardProjection(
        ddl::ReadTableDefinition(connection(), before),
        ddl::ReadTableDefinition(connection(), {database(), "altered"}), ddl::ParseAlter(alter)));
  }

  std::string HoldBeforeTheBuild(const std::vector<std::string>& more = {}) {
    osc().SetEnvironment("OSC_FAULT_HOLD", "index.begun=" + held_.string());
    std::vector<std::string> options{"--defer-indexes", "on", "--detach"};
    options.insert(options.end(), more.begin(), more.end());
    const std::string id = osc().Alter("users", "DROP COLUMN title", options);
    osc().SetEnvironment("OSC_FAULT_HOLD", "");
    testing::WaitUntil(
        "the build", [&] { return std::filesystem::exists(held_); }, std::chrono::seconds(30));
    const nlohmann::json now = osc().Show(id);
    EXPECT_EQ(now["state"], "indexing");
    off_stage_ = now["off_stage_table"];
    return id;
  }

  // A migration whose index build waits for a session that reads the off-stage table.
  std::string BuildBehindAReader() {
    CreateTitledUsers("users");
    const std::string id = HoldBeforeTheBuild();
    reader_ = server().Connect(database());
    reader_->Execute("START TRANSACTION");
    reader_->Query("SELECT * FROM " + mysql::QuoteIdentifier(off_stage_) + " LIMIT 1");
    std::filesystem::remove(held_);
    WaitForWaitingBuilds(1);
    return id;
  }

  // As the stream does it, and as fast as it can: two rows at a time exchange their emails.
  void ExchangeEmails(std::stop_token stop, int session, int rows) {
    mysql::Connection stream = server().Connect(database());
    std::mt19937 random(session);
    while (!stop.stop_requested()) {
      const auto some_id = [&] {  // no other session's
        return std::to_string(1 + session + kSessions * (random() % (rows / kSessions)));
      };
      const std::string one = some_id();
      const std::string other = some_id();
      if (one == other) continue;
      const std::string both = " FROM " + off_stage_ + " WHERE id IN (" + one + "," + other + ")";
      auto emails = stream.Query("SELECT email" + both + " ORDER BY id=" + other);
      std::vector<std::string> email;
      while (emails.Next()) email.push_back(emails.Text(0));
      stream.Execute("START TRANSACTION");
      stream.Execute("DELETE" + both);
      stream.Execute("INSERT INTO " + off_stage_ + " (id, token, email) VALUES (" + one + ",0,'" +
                     email.at(1) + "'),(" + other + ",0,'" + email.at(0) + "')");
      stream.Execute("COMMIT");
    }
  }

  void WaitForWaitingBuilds(int count) {
    testing::WaitUntil(
        "the build to wait",
        [&] {
          int waiting = 0;
          for (const auto& session : mysql::ListSessions(connection())) {
            waiting += session.WaitsForMetadataLock() &&
                       session.statement.find(off_stage_) != std::string::npos;
          }
          return waiting == count;
        },
        std::chrono::seconds(30));
  }

  void ExpectAllKeys() {
    Run("CREATE TABLE expected LIKE users");
    const auto keys = [&](const std::string& table) {
      return ddl::ReadTableDefinition(connection(), {database(), table}).keys.size();
    };
    EXPECT_EQ(keys(off_stage_), keys("users"));
    EXPECT_EQ(keys("users"), 3U);
  }

  std::filesystem::path held_;
  std::string off_stage_;
  std::optional<mysql::Connection> reader_;
};

TEST_P(DeferredIndexesTest, OnlyThoseThatNothingNeedsBefore) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b VARCHAR(40) NOT NULL, c TEXT, "
      "e INT AS (a + 2) STORED, n INT NOT NULL AUTO_INCREMENT, "
      "UNIQUE KEY ua (a), UNIQUE KEY ub (b(10)), KEY ke (e), KEY kn (n), "
      "KEY kc (c(20), a), FULLTEXT KEY kf (c))");
  EXPECT_THAT(Deferrable("t", "ADD x INT"), ElementsAre("ua", "ub", "kc"));
  // What may turn out to have duplicates is better found while rows are copied.
  EXPECT_THAT(Deferrable("t",
                         "ADD UNIQUE KEY ux (b, a), DROP KEY ub, ADD UNIQUE KEY ub (b(5)), "
                         "ADD KEY kx (b)"),
              ElementsAre("kc", "kx"));
  // It would come back behind what is there already.
  EXPECT_THAT(Deferrable("t", "ADD KEY kz (e)"), ElementsAre("ua", "ub"));
  EXPECT_THAT(Deferrable("t", "MODIFY a BIGINT NOT NULL"), ElementsAre("ub", "kc"));
  EXPECT_THAT(Deferrable("t", "MODIFY b VARCHAR(41) NULL"), ElementsAre("kc"));
  EXPECT_THAT(Deferrable("t", "RENAME COLUMN b TO bb"), ElementsAre("ua", "ub", "kc"));
  // MySQL puts keys over virtual columns behind the others, MariaDB where they were made.
  Run("CREATE TABLE v (id INT PRIMARY KEY, a INT, d INT AS (a + 1) VIRTUAL, KEY kd (d), KEY ka "
      "(a))");
  const auto deferrable = Deferrable("v", "ADD x INT");
  EXPECT_EQ(deferrable, IsMariaDb() ? Names{"ka"} : Names{});
  // The shared key.
  EXPECT_THAT(Deferrable("t", "DROP PRIMARY KEY, DROP id"), ElementsAre("ub", "kc"));
}

TEST_P(DeferredIndexesTest, AreAsAskedForBeforeTheCutover) {
  CreateTitledUsers("users");
  Run("ALTER TABLE users ADD KEY by_email (email(7), amount) COMMENT 'it''s, `odd`', "
      "ADD KEY `a ``name``, odd` (amount, token)");
  Run("CREATE TABLE expected LIKE users");
  Run("ALTER TABLE expected DROP COLUMN title, ADD UNIQUE KEY again (token, id), "
      "ADD KEY more (amount DESC)");
  const std::string id = osc().Alter(
      "users", "DROP COLUMN title, ADD UNIQUE KEY again (token, id), ADD KEY more (amount DESC)",
      {"--defer-indexes", "on", "--postpone-cutover", "--detach"});
  testing::Writers writers(server(), database(), "users", 3);
  osc().WaitForState(id, "ready");
  EXPECT_THAT(osc().Succeed({"show", id}).out, HasSubstr("all indexes are built"));
  const std::string off_stage = osc().Show(id)["off_stage_table"];
  const ddl::TableDefinition expected =
      ddl::ReadTableDefinition(connection(), {database(), "expected"});
  const ddl::TableDefinition made = ddl::ReadTableDefinition(connection(), {database(), off_stage});
  EXPECT_EQ(made.keys.size(), expected.keys.size());
  for (const ddl::Key& key : expected.keys) {
    if (key.IsPrimary()) continue;
    EXPECT_EQ(ddl::KeyClause(made, key.name), ddl::KeyClause(expected, key.name));
  }
  osc().Succeed({"cutover", id});
  osc().WaitForState(id, "live");
  writers.WaitForTransactions(200);
  osc().Succeed({"revert", id});
  writers.WaitForTransactions(200);
  ExpectExactly(writers, "users");
  osc().Succeed({"complete", id});
}

TEST_P(DeferredIndexesTest, ADuplicateIsNamed) {
  CreateTitledUsers("users");
  const std::string id = HoldBeforeTheBuild();
  Run("INSERT INTO " + off_stage_ + " (id, token, email) SELECT 900000, 900000, email FROM " +
      off_stage_ + " WHERE id=17");
  std::filesystem::remove(held_);
  osc().WaitForState(id, "failed");
  const std::string message = osc().Show(id)["error"]["message"];
  EXPECT_THAT(message, HasSubstr("a unique key cannot be built"));
  EXPECT_THAT(message, HasSubstr("17 and 900000"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM users"), std::to_string(kRows));
}

// A server that builds an index while rows change may see a value twice that was never on two rows.
TEST_P(DeferredIndexesTest, AValueOnItsWayIsNoDuplicate) {
  constexpr int kMany = 100000;
  CreateTitledUsers("users", kMany);
  const std::string id = HoldBeforeTheBuild({"--verify", "off", "--postpone-cutover"});
  std::vector<std::jthread> sessions;
  for (int session = 0; session < kSessions; ++session) {
    sessions.emplace_back([this, session](std::stop_token stop) {
      try {
        ExchangeEmails(stop, session, kMany);
      } catch (const Error& error) {
        ADD_FAILURE() << error.message();
      }
    });
  }
  std::filesystem::remove(held_);
  testing::WaitUntil(
      "the build", [&] { return osc().Show(id)["state"] != "indexing"; }, testing::Osc::kDeadline);
  sessions.clear();
  osc().WaitForState(id, "ready");
  osc().Succeed({"cancel", id});
}

TEST_P(DeferredIndexesTest, ABuildThatWaitsCanBeCancelled) {
  const std::string id = BuildBehindAReader();
  const auto cancel = osc().Start({"cancel", id});
  WaitForWaitingBuilds(0);
  reader_->Execute("COMMIT");
  EXPECT_EQ(cancel->Wait(std::chrono::seconds(30)).exit_code, 0);
  EXPECT_THAT(Tables(), ElementsAre("users"));
}

TEST_P(DeferredIndexesTest, AnEngineThatDiesLeavesTheBuildToTheNext) {
  const std::string id = BuildBehindAReader();
  osc().state().KillEngine();
  testing::Writers writers(server(), database(), "users", 2);
  writers.WaitForTransactions(50);
  StartEngine(id);
  writers.WaitForTransactions(200);  // the server still has the first one's
  reader_->Execute("COMMIT");
  osc().WaitForState(id, "live");
  ExpectAllKeys();
  writers.WaitForTransactions(50);
  osc().Succeed({"revert", id});
  ExpectExactly(writers, "users");
}

// Something else that reads the binlog could be a replica.
TEST_P(DeferredIndexesTest, AutoAsksWhoReadsTheBinlog) {
  const testing::PrivateServer own(server());
  own.server().Connect().Execute("CREATE DATABASE app");
  mysql::Connection application = own.server().Connect("app");
  for (const char* table : {"one", "two"}) {
    application.Execute(std::string("CREATE TABLE ") + table +
                        " (id INT PRIMARY KEY, a INT, KEY (a))");
    application.Execute(std::string("INSERT INTO ") + table + " VALUES (1, 1), (2, 1)");
  }
  testing::Osc first(own.server(), "app");
  testing::Osc second(own.server(), "app");
  const std::vector<std::string> options{"--defer-indexes", "auto", "--postpone-cutover"};
  const std::string one = first.Alter("one", "ADD b INT", options);
  EXPECT_THAT(first.Succeed({"show", one}).out, HasSubstr("indexes are built after the copy: a"));
  const std::string two = second.Alter("two", "ADD b INT", options);
  EXPECT_THAT(second.Succeed({"show", two}).out, HasSubstr("would hold up what reads the binlog"));
  for (testing::Osc* osc : {&first, &second}) {
    osc->Succeed({"cutover", osc == &first ? one : two});
  }
}

// A server that meets unique keys in another order than it believes refuses the REPLACE.
TEST_P(DeferredIndexesTest, AReplaceFindsUniqueKeysInTheirOrder) {
  const std::string columns =
      "(id INT PRIMARY KEY, a VARCHAR(20), b INT NOT NULL, UNIQUE KEY ua (a)";
  const auto expect_replaced = [&](const std::string& table, const std::string& alter) {
    Run("INSERT INTO " + table + " VALUES (1, 'one', 1), (2, 'two', 2)");
    osc().Alter(table, alter, {"--defer-indexes", "on"});
    Run("REPLACE INTO " + table + " VALUES (3, 'one', 2)");
    EXPECT_EQ(Value("SELECT GROUP_CONCAT(id) FROM " + table), "3") << alter;
  };
  Run("CREATE TABLE kept " + columns + ", UNIQUE KEY ub (b))");
  expect_replaced("kept", "MODIFY a VARCHAR(21)");
  Run("CREATE TABLE added " + columns + ")");
  expect_replaced("added", "ADD UNIQUE KEY ub (b)");
}

INSTANTIATE_TEST_SUITE_P(Servers, DeferredIndexesTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
