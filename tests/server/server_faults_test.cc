// Servers that are killed, restarted or out of something, under migrations that go on. A part of F2
// of the acceptance list.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "src/base/wait.h"
#include "tests/support/compare.h"
#include "tests/support/private_server.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// An application that goes on when the server is back. What it was told is committed must be there;
// of what it was not told it cannot know.
class Inserter {
 public:
  explicit Inserter(const testing::TestServer& server)
      : server_(server), thread_([this](std::stop_token stop) { Run(stop); }) {}
  int64_t told() const { return told_; }
  int64_t tried() const { return tried_; }
  void Stop() { thread_ = {}; }

 private:
  void Run(std::stop_token stop) {
    std::optional<mysql::Connection> connection;
    while (base::SleepFor(stop, milliseconds(20))) {
      try {
        if (!connection) connection = server_.Connect("app");
        ++tried_;
        connection->Execute("INSERT INTO t (n) VALUES (" + std::to_string(tried_) + ")");
        connection->Execute("UPDATE t SET n=n+1 WHERE id=" + std::to_string(tried_ % 500 + 1));
        ++told_;
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kConnectionLost) connection.reset();
      }
    }
  }

  const testing::TestServer& server_;
  std::atomic<int64_t> told_{0};
  std::atomic<int64_t> tried_{0};
  std::jthread thread_;
};

class ServerFaultsTest : public ::testing::TestWithParam<testing::TestServer> {
 protected:
  static constexpr int kRows = 2000;

  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    private_.emplace(GetParam(), options_);
    Run("CREATE DATABASE app");
    Run("CREATE TABLE app.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, n BIGINT NOT NULL, "
        "title VARCHAR(40) NOT NULL DEFAULT 'none')");
    std::string rows;
    for (int i = 0; i < kRows; ++i) rows += (i ? ",(0,'old')" : "(0,'old')");
    Run("INSERT INTO app.t (n, title) VALUES " + rows);
    osc_.emplace(server(), "app");
  }
  void TearDown() override {
    if (HasFailure() && osc_) std::cout << osc_->state().LogTail();
    osc_.reset();
  }

  const testing::TestServer& server() const { return private_->server(); }
  testing::PrivateServer& private_server() { return *private_; }
  testing::Osc& osc() { return *osc_; }
  void Run(const std::string& sql) { server().Connect().Execute(sql); }
  std::string Value(const std::string& sql) {
    return server().Connect("app").QueryValue(sql).value_or("NULL");
  }
  bool IsMariaDb() { return server().Connect().server().IsMariaDb(); }
  void KillAndStart() {
    private_server().Kill();
    private_server().Start();
  }
  void ExpectInvariant(const std::string& id) {
    testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n"});
  }
  nlohmann::json WaitForNote(const std::string& id, const std::string& part) {
    return osc().WaitUntil(
        id, part,
        [&](const nlohmann::json& now) {
          return now["progress"]["note"].get<std::string>().find(part) != std::string::npos;
        },
        seconds(40));
  }

  std::vector<std::string> options_;  // of the server

 private:
  std::optional<testing::PrivateServer> private_;
  std::optional<testing::Osc> osc_;
};

// With a tablespace for all tables that grows to a limit: what InnoDB meets is what it meets on a
// full disk. The undo logs are elsewhere: MariaDB gives up (signal 6) when they have no room.
class FullServerTest : public ServerFaultsTest {
 protected:
  FullServerTest() {
    options_ = {"--innodb-file-per-table=0",
                "--innodb-data-file-path=ibdata1:12M:autoextend:max:48M",
                "--loose-innodb-undo-tablespaces=3"};
  }

  // Until there is no room any more.
  void Fill() {
    mysql::Connection root = server().Connect("app");
    root.Execute(
        "CREATE TABLE filler (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(4000)) CHARSET latin1");
    for (const char* rows : {"2000", "200", "1"}) {
      try {
        while (true) {
          root.Execute(
              std::string("INSERT INTO filler (a) SELECT REPEAT('x', 3900) FROM t LIMIT ") + rows);
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kBusy) << error.message();
      }
    }
  }
};

TEST_P(ServerFaultsTest, ServerIsKilledInEveryState) {
  Inserter application(server());
  const std::string id = osc().Alter(
      "t", "DROP COLUMN title",
      {"--detach", "--postpone-cutover", "--chunk-time", "10ms", "--cutover-lock-timeout", "2s"});
  KillAndStart();  // while it prepares, or copies
  osc().WaitForState(id, "ready");
  KillAndStart();
  osc().WaitUntilCaughtUp(id);
  ExpectInvariant(id);
  for (const char* turn : {"cutover", "revert", "reapply", "revert"}) {
    SCOPED_TRACE(turn);
    const auto command = osc().Start({turn, id});
    KillAndStart();
    const testing::Outcome outcome = command->Wait(testing::Osc::kDeadline);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
    ExpectInvariant(id);
  }
  application.Stop();
  ExpectInvariant(id);
  const int64_t inserted = std::stoll(Value("SELECT COUNT(*) FROM t")) - kRows;
  EXPECT_GE(inserted, application.told());
  EXPECT_LE(inserted, application.tried());
  EXPECT_EQ(Value("SELECT SUM(title='old') FROM t"), std::to_string(kRows));
  EXPECT_EQ(Value("SELECT SUM(title='none') FROM t"), std::to_string(inserted));
}

TEST_P(ServerFaultsTest, NoConnectionIsLeft) {
  const std::string id = osc().Alter("t", "DROP COLUMN title", {"--postpone-cutover"});
  mysql::Connection root = server().Connect("app");
  // A swap needs connections of its own. The one that SUPER keeps for itself is taken as well.
  std::vector<mysql::Connection> hoard;
  root.Execute("SET GLOBAL max_connections=" + Value("SELECT COUNT(*)+5 FROM "
                                                     "information_schema.PROCESSLIST"));
  const auto take_all = [&] {
    try {
      while (true) hoard.push_back(server().Connect());
    } catch (const Error&) {
      return;
    }
  };
  take_all();
  osc().Succeed({"cutover", id, "--detach"});
  WaitForNote(id, "onnections");
  root.Execute("UPDATE t SET n=n+1");
  hoard.clear();
  root.Execute("SET GLOBAL max_connections=300");
  osc().WaitForState(id, "live");
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
}

// By a user whom read_only binds; osc goes on when the server may be written again.
TEST_P(ServerFaultsTest, ServerIsReadOnlyForAWhile) {
  Run("CREATE USER osc@'%'");
  Run("GRANT ALL ON app.* TO osc@'%'");
  Run("GRANT PROCESS, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO osc@'%'");
  osc().SetOption("--user", "osc");
  const std::string id = osc().Alter("t", "DROP COLUMN title");
  Run("SET GLOBAL read_only=ON");
  Run("UPDATE app.t SET n=n+1");  // root may
  WaitForNote(id, "read");
  EXPECT_EQ(osc().Show(id)["error"], nlohmann::json());
  Run("SET GLOBAL read_only=OFF");
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT SUM(n) FROM t"), std::to_string(kRows));
}

TEST_P(FullServerTest, WaitsForRoom) {
  // An index whose pages are built full: to insert a row is to split one.
  Run("ALTER TABLE app.t ADD COLUMN wide CHAR(250) NOT NULL DEFAULT 'wide'");
  Run("ALTER TABLE app.t ADD KEY (wide)");
  Fill();
  const std::string id = osc().Alter("t", "DROP COLUMN title, DROP COLUMN wide", {"--detach"});
  WaitForNote(id, "full");
  EXPECT_EQ(osc().Show(id)["error"], nlohmann::json());
  Run("DROP TABLE app.filler");
  osc().WaitForState(id, "live");
  ExpectInvariant(id);

  Fill();
  // The last page of the live table takes some rows more.
  int64_t rows = kRows;
  osc().WaitUntil(
      id, "the stream to be out of room",
      [&](const nlohmann::json& now) {
        try {
          Run("INSERT INTO app.t (n) VALUES (1)");
          ++rows;
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), ErrorCode::kBusy) << error.message();
        }
        return now["progress"]["note"].get<std::string>().find("full") != std::string::npos;
      },
      seconds(60));
  EXPECT_EQ(osc().Show(id)["error"], nlohmann::json());
  Run("DROP TABLE app.filler");
  osc().WaitUntilCaughtUp(id);
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), std::to_string(rows));
  ExpectInvariant(id);
}

INSTANTIATE_TEST_SUITE_P(Servers, FullServerTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });
INSTANTIATE_TEST_SUITE_P(Servers, ServerFaultsTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osc
