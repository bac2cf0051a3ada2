// A primary with a replica that may take over from it, and an application that follows.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "src/base/wait.h"
#include "tests/support/compare.h"
#include "tests/support/private_server.h"
#include "tests/support/server_test.h"

namespace osc::testing {

// An application that is told where the primary is, and waits where there is none.
class Application {
 public:
  explicit Application(const TestServer& server)
      : options_(At(server)), thread_([this](std::stop_token stop) { Run(stop); }) {}
  void MoveTo(const TestServer& server) {
    const std::lock_guard lock(mutex_);
    options_ = At(server);
    ++place_;
    paused_ = false;
  }
  // Until it is moved; returns when it writes no more.
  void Pause() {
    const std::lock_guard lock(mutex_);
    paused_ = true;
  }
  void WaitForWrites(int64_t more) {
    const int64_t goal = written_ + more;
    WaitUntil(
        "the application to write", [&] { return written_ >= goal; }, std::chrono::seconds(60));
  }
  void Stop() { thread_ = {}; }

 private:
  static mysql::ConnectionOptions At(const TestServer& server) {
    mysql::ConnectionOptions options = server.Options();
    options.database = "app";
    return options;
  }
  void Run(std::stop_token stop) {
    std::optional<mysql::Connection> connection;
    int place = 0;
    int64_t turn = 0;
    while (base::SleepFor(stop, std::chrono::milliseconds(5))) {
      const std::lock_guard lock(mutex_);
      if (paused_) continue;
      if (place_ != place) connection.reset();
      place = place_;
      try {
        if (!connection) connection = mysql::Connection::Open(options_);
        const std::string id = std::to_string(++turn % 500 + 1);
        connection->Execute("INSERT INTO t (n) VALUES (" + id + ")");
        connection->Execute("UPDATE t SET n=n+1 WHERE id=" + id);
        ++written_;
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kConnectionLost) connection.reset();
      }
    }
  }

  std::mutex mutex_;
  mysql::ConnectionOptions options_;
  int place_ = 0;
  bool paused_ = false;
  std::atomic<int64_t> written_{0};
  std::jthread thread_;
};

class FailoverTest : public ::testing::TestWithParam<TestServer> {
 protected:
  static constexpr int kRows = 20000;

  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    pair_.emplace(GetParam(), ServerOptions(), PrivateServer::Replica::kGtid);
    here_.name = GetParam().name;
    here_.variable = first().variable + "_NOW";
    BeAt(first());
    Run("CREATE DATABASE app");
    Run("CREATE TABLE app.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, n BIGINT NOT NULL, "
        "title VARCHAR(40) NOT NULL DEFAULT 'none')");
    std::string rows;
    for (int i = 0; i < kRows; ++i) rows += (i ? ",(0,'old')" : "(0,'old')");
    Run("INSERT INTO app.t (n, title) VALUES " + rows);
    osc_.emplace(here_, "app");
    osc().SetOption("--host", Address(first()) + "," + Address(second()));
    osc().SetOption("--port", "");
    application_.emplace(first());
  }
  void TearDown() override {
    if (application_) application_->Stop();
    if (HasFailure() && osc_) std::cout << osc_->state().LogTail();
    osc_.reset();
  }

  virtual std::vector<std::string> ServerOptions() { return {}; }
  PrivateServer& pair() { return *pair_; }
  const TestServer& first() const { return pair_->server(); }
  const TestServer& second() const { return pair_->replica(); }
  Osc& osc() { return *osc_; }
  Application& application() { return *application_; }
  static std::string Address(const TestServer& server) {
    return server.Options().host + ":" + std::to_string(server.Options().port);
  }
  // Where the test looks from now on.
  void BeAt(const TestServer& server) {
    ::setenv(here_.variable.c_str(), Address(server).c_str(), 1);
  }
  void Run(const std::string& sql) { here_.Connect().Execute(sql); }
  std::string Value(const std::string& sql) {
    return here_.Connect("app").QueryValue(sql).value_or("NULL");
  }
  bool IsMariaDb() { return second().Connect().server().IsMariaDb(); }

  static std::string Commits(const TestServer& server) {
    mysql::Connection connection = server.Connect();
    return connection
        .QueryValue(connection.server().IsMariaDb() ? "SELECT @@gtid_binlog_state"
                                                    : "SELECT @@gtid_executed")
        .value_or("");
  }
  // Whatever has not reached the replica is lost.
  void FailOver() {
    pair().Kill();
    pair().PromoteReplica();
    BeAt(second());
    application().MoveTo(second());
  }
  // The former primary, which follows the present one, takes over from it.
  void PromoteFirst() {
    WaitUntilItFollows(first(), second());
    mysql::Connection connection = first().Connect();
    connection.Execute(IsMariaDb() ? "STOP SLAVE" : "STOP REPLICA");
    connection.Execute(IsMariaDb() ? "RESET SLAVE ALL" : "RESET REPLICA ALL");
    connection.Execute("SET GLOBAL read_only=OFF");
    BeAt(first());
    application().MoveTo(first());
  }
  // While nobody writes; the replica may have more. Where the other one stands then.
  std::string WaitUntilItFollows(const TestServer& replica, const TestServer& primary) {
    const auto place = [this](const TestServer& server) {
      return server.Connect()
          .QueryValue(IsMariaDb() ? "SELECT @@gtid_binlog_pos" : "SELECT @@gtid_executed")
          .value_or("");
    };
    WaitUntil(
        "the replica to have followed",
        [&] {
          const std::string goal = place(primary);
          if (IsMariaDb()) return place(replica) == goal;
          return replica.Connect().QueryValue("SELECT GTID_SUBSET('" + goal +
                                              "', @@gtid_executed)") == "1";
        },
        std::chrono::seconds(60));
    return place(primary);
  }
  // From here on nothing reaches it.
  void CutReplicaOff() {
    mysql::Connection replica = second().Connect();
    replica.Execute(IsMariaDb() ? "STOP SLAVE IO_THREAD" : "STOP REPLICA IO_THREAD");
  }
  std::string StartMigration(const std::vector<std::string>& more = {}) {
    std::vector<std::string> options{"--detach", "--cutover-lock-timeout", "2s"};
    options.insert(options.end(), more.begin(), more.end());
    return osc().Alter("t", "DROP COLUMN title", options);
  }
  // In the middle of a copy, and paused; the replica knows how far it is. begin: what copies the
  // table again, or for the first time.
  std::string PauseCopy(const std::function<std::string()>& begin) {
    mysql::Connection holder = here_.Connect("app");
    holder.Execute("BEGIN");
    holder.Execute("UPDATE t SET n=n+1 WHERE id=12000");
    const std::string id = begin();
    osc().WaitUntil(id, "the copy to reach the locked row", [](const nlohmann::json& now) {
      return (now["state"] == "copying" || now["state"] == "reseeding") &&
             now["progress"]["rows_copied"] > 2000;
    });
    osc().Succeed({"pause", id});
    holder.Execute("COMMIT");
    WaitUntil(
        "the replica to know of the copy",
        [&] {
          mysql::Connection replica = second().Connect("app");
          const std::string table = "_osccp_" + id;
          if (replica.QueryValue("SHOW TABLES LIKE '" + table + "'").value_or("").empty()) {
            return false;
          }
          return replica.QueryValue("SELECT JSON_EXTRACT(state,'$.rows_copied')>2000 FROM " +
                                    table) == "1";
        },
        std::chrono::seconds(60));
    return id;
  }
  void ExpectInvariant(const std::string& id) { ExpectSameRows(here_, osc(), id, {"id"}, {"n"}); }
  void ExpectTitles() {
    // At one moment: the application writes on.
    const std::string rows = std::to_string(kRows);
    EXPECT_EQ(Value("SELECT CONCAT(SUM(title='old'), ' ', COUNT(*)-SUM(title='none')) FROM t"),
              rows + " " + rows);
  }
  void WaitUntilIn(const std::string& id, const std::string& part) {
    osc().WaitUntil(id, "'" + part + "' in note or error", [&](const nlohmann::json& now) {
      return now["progress"]["note"].get<std::string>().find(part) != std::string::npos ||
             now["error"].dump().find(part) != std::string::npos;
    });
  }
  void WaitUntilMoved(const std::string& id) {
    osc().WaitUntil(id, "the migration to go on on the other server",
                    [&](const nlohmann::json& now) {
                      return Contains(now["history"].dump(), "goes on on another server") &&
                             now["stream"]["running"] == true;
                    });
  }
  static bool Contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
  // Back and forth at the new place.
  void ExpectDoorTurns(const std::string& id) {
    ExpectInvariant(id);
    const std::string first_turn = osc().Show(id)["live"] == "new" ? "revert" : "reapply";
    const std::string second_turn = first_turn == "revert" ? "reapply" : "revert";
    osc().Succeed({first_turn, id});
    ExpectInvariant(id);
    if (first_turn == "revert") ExpectTitles();
    osc().Succeed({second_turn, id});
    ExpectInvariant(id);
    if (second_turn == "revert") ExpectTitles();
    application().Stop();
    osc().Succeed({"complete", id});
    EXPECT_EQ(Value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='app'"),
              "1");
  }

 private:
  std::optional<PrivateServer> pair_;
  TestServer here_;
  std::optional<Osc> osc_;
  std::optional<Application> application_;
};

}  // namespace osc::testing
