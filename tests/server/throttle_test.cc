// What holds a copy back and lets it go on: the server's load, a query, a file, replicas.
#include <gmock/gmock.h>

#include <fstream>

#include "shadow/replica_lag.h"
#include "src/base/wait.h"
#include "tests/support/private_server.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;

bool IsThrottled(const json& shown) { return shown["throttle"]["throttled"] == true; }
std::string Reason(const json& shown) { return shown["throttle"]["reason"]; }

json WaitForReason(testing::Osc& osc, const std::string& id, const std::string& part) {
  return osc.WaitUntil(id, part, [&](const json& now) {
    return IsThrottled(now) && Reason(now).find(part) != std::string::npos;
  });
}

class ThrottleTest : public testing::UsersTest {
 protected:
  std::string Begin(Names options) {
    options.emplace_back("--detach");
    return osc().Alter("users", "DROP COLUMN title", options);
  }
  std::string File() { return (osc().state().path().parent_path() / "hold").string(); }
  void ExpectHeldBackBy(const std::string& id, const std::string& part) {
    const json held = WaitForReason(osc(), id, part);
    EXPECT_EQ(held["state"], "copying");
    EXPECT_EQ(held["progress"]["rows_copied"], 0);
    EXPECT_TRUE(held["throttle"]["since"].is_string());
    EXPECT_THAT(osc().Succeed({"show", id}).out, HasSubstr("throttled   " + Reason(held)));
    // The stream goes on.
    Run("UPDATE users SET amount=amount+1 WHERE id=1");
    osc().WaitUntilCaughtUp(id);
  }
  void ExpectGoesOn(const std::string& id) {
    const json live = osc().WaitForState(id, "live");
    EXPECT_FALSE(IsThrottled(live));
    EXPECT_TRUE(live["throttle"]["since"].is_null());
    ExpectInvariant(id);
  }
};

TEST_P(ThrottleTest, WaitsWhileAFileIsThere) {
  CreateTitledUsers("users");
  std::ofstream(File()) << "";
  const std::string id = Begin({"--throttle-file", File()});
  ExpectHeldBackBy(id, "throttle-file " + File() + " is there");
  std::filesystem::remove(File());
  ExpectGoesOn(id);
  // A verification waits too, whoever has asked for it. After `set` nothing goes on unlooked at.
  std::ofstream(File()) << "";
  osc().Succeed({"set", id, "throttle-file=" + File()});
  const auto verify = osc().Start({"verify", id});
  WaitForReason(osc(), id, "throttle-file");
  EXPECT_FALSE(verify->HasEnded());
  osc().Succeed({"set", id, "throttle-file=none"});
  EXPECT_EQ(verify->Wait(seconds(30)).exit_code, 0);
}

TEST_P(ThrottleTest, WaitsWhileAQuerySaysSo) {
  CreateTitledUsers("users");
  Run("CREATE TABLE brake (id INT PRIMARY KEY)");
  Run("INSERT INTO brake VALUES (1), (2)");
  const std::string query = "SELECT COUNT(*) FROM " + database() + ".brake";
  const std::string id = Begin({"--throttle-query", query});
  ExpectHeldBackBy(id, "throttle-query gives 2");
  Run("DROP TABLE brake");
  ExpectHeldBackBy(id, "counts as one");
  osc().Succeed({"set", id, "retention=2h"});  // has nothing to do with it
  Run("CREATE TABLE brake (id INT PRIMARY KEY)");
  ExpectGoesOn(id);
}

TEST_P(ThrottleTest, WaitsWhileTheServerIsBusy) {
  CreateTitledUsers("users");
  const std::string id = Begin({"--max-load", "threads_connected=0,Threads_running=1e6"});
  ExpectHeldBackBy(id, "threads_connected is ");
  EXPECT_THAT(Reason(osc().Show(id)), HasSubstr(", above max-load 0"));
  // What a reader's old snapshot keeps from being purged.
  mysql::Connection reader = server().Connect(database());
  reader.Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  for (int i = 0; i < 20; ++i) Run("UPDATE users SET amount=amount+1");
  osc().Succeed({"set", id, "max-load=Innodb_history_list_length=0.5"});
  ExpectHeldBackBy(id, "Innodb_history_list_length is ");
  osc().Succeed({"set", id, "max-load=none"});
  reader.Execute("COMMIT");
  ExpectGoesOn(id);
}

TEST_P(ThrottleTest, ACriticalLoadPausesAndDiscardsNothing) {
  CreateTitledUsers("users");
  std::ofstream(File()) << "";
  const std::string id = Begin({"--throttle-file", File(), "--chunk-time", "1ms"});
  ExpectHeldBackBy(id, "throttle-file");
  osc().Succeed({"set", id, "critical-load=Threads_connected=0"});
  WaitForReason(osc(), id, "Threads_connected is ");
  json paused = osc().Show(id);
  EXPECT_EQ(paused["paused"], true);
  EXPECT_THAT(Reason(paused), HasSubstr("above critical-load 0"));
  EXPECT_THAT(Reason(paused), HasSubstr("osc resume " + id));
  // The load is gone; a person is to say that it may go on.
  osc().Succeed({"set", id, "critical-load=none", "throttle-file=none"});
  osc().state().KillEngine();
  StartEngine(id);
  paused = WaitForReason(osc(), id, "Threads_connected is ");
  EXPECT_EQ(paused["paused"], true);
  osc().Succeed({"resume", id});
  ExpectGoesOn(id);
}

TEST_P(ThrottleTest, AStreamIsPausedToo) {
  CreateTitledUsers("users");
  testing::Writers writers(server(), database(), "users", 2);
  std::ofstream(File()) << "";
  const std::string id = Begin({"--throttle-file", File()});
  ExpectHeldBackBy(id, "throttle-file");
  const auto pause = [&] {
    osc().Succeed({"pause", id, "--stream"});
    const auto wait_for_lag = [&](int64_t lag_ms) {
      return osc().WaitUntil(id, "the lag", [&](const json& now) {
        return now["stream"]["lag_ms"].get<int64_t>() > lag_ms;
      })["stream"]["rows_applied"];
    };
    EXPECT_EQ(wait_for_lag(1000), wait_for_lag(1600));
    EXPECT_EQ(osc().Show(id)["stream"]["running"], false);
  };
  pause();
  std::filesystem::remove(File());
  WaitForReason(osc(), id, "the stream is paused");
  ExpectRefused({"cutover", id}, "its stream is paused");
  osc().Succeed({"resume", id});
  osc().WaitForState(id, "live");
  pause();
  const json stopped = WaitForReadiness(id, "stopped");
  EXPECT_EQ(stopped["revert"]["reasons"][0]["kind"], "stream_paused");
  EXPECT_THAT(osc().Succeed({"show", id}).out, HasSubstr("paused, "));
  ExpectRefused({"revert", id}, "its stream is paused");
  osc().state().KillEngine();
  StartEngine(id);
  WaitForReadiness(id, "stopped");
  const Outcome resumed = osc().Succeed({"resume", id});
  EXPECT_THAT(resumed.out, HasSubstr("goes on"));
  WaitForReadiness(id, "ready");
  osc().Succeed({"revert", id});
  ExpectExactly(writers, "users", {.amount = 1});  // by ExpectHeldBackBy
  ExpectInvariant(id);
  ExpectTitles("users");
}

TEST_P(ThrottleTest, WhatCannotBeMeasuredIsRefusedAtOnce) {
  CreateTitledUsers("users");
  const auto expect = [&](const Names& options, int exit_code, const std::string& part) {
    Names command{"alter", "--table", "users", "--alter", "DROP COLUMN title"};
    command.insert(command.end(), options.begin(), options.end());
    const Outcome outcome = osc().Run(command);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.Describe();
    EXPECT_THAT(outcome.err, HasSubstr(part));
  };
  expect({"--max-load", "Threads_runing=5"}, 3, "no status variable Threads_runing");
  expect({"--max-load", "Innodb_buffer_pool_dump_status=5"}, 3, "is no number");
  expect({"--max-load", "Threads_running"}, 2, "--max-load: 'Threads_running' is not");
  expect({"--critical-load", "x;y=1"}, 2, "--critical-load: 'x;y=1' is not");
  expect({"--throttle-query", "DELETE FROM users"}, 2, "is not a SELECT");
  expect({"--throttle-query", "SELECT 1 FROM nowhere.nothing"}, 3, "throttle-query: ");
  expect({"--throttle-query", "SELECT 'many'"}, 3, "gives no number but 'many'");
  expect({"--replica", "db2:99999"}, 2, "db2:99999");
  EXPECT_THAT(Tables(), ::testing::ElementsAre("users"));
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const Outcome outcome = osc().Run({"set", id, "max-load=nothing=1"});
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("no status variable nothing"));
}

INSTANTIATE_TEST_SUITE_P(Servers, ThrottleTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

class ReplicaLagTest : public ::testing::TestWithParam<testing::TestServer> {
 protected:
  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    private_.emplace(GetParam(), std::vector<std::string>{"--report-host=127.0.0.1"},
                     testing::PrivateServer::Replica::kGtid);
    private_->server().Connect().Execute("CREATE DATABASE app");
    connection_.emplace(private_->server().Connect("app"));
    testing::CreateWritersTable(*connection_, "users", 2000, "title VARCHAR(40)");
    osc_.emplace(private_->server(), "app");
  }
  testing::Osc& osc() { return *osc_; }
  mysql::Connection Replica() { return private_->replica().Connect(); }
  void Write() { connection_->Execute("UPDATE users SET amount=amount+1 WHERE id=1"); }
  std::string Address() {
    return "127.0.0.1:" + std::to_string(private_->replica().Options().port);
  }
  std::string Begin(const std::string& replica) {
    return osc().Alter("users", "DROP COLUMN title",
                       {"--detach", "--max-lag", "300ms", "--replica", replica});
  }
  testing::PrivateServer& servers() { return *private_; }

 private:
  std::optional<testing::PrivateServer> private_;
  std::optional<mysql::Connection> connection_;
  std::optional<testing::Osc> osc_;
};

TEST_P(ReplicaLagTest, WaitsForOneThatLags) {
  for (const std::string& named : {Address(), std::string("auto")}) {
    SCOPED_TRACE(named);
    Replica().Execute("STOP REPLICA SQL_THREAD");
    Write();
    const std::string id = Begin(named);
    json held = WaitForReason(osc(), id, "replica " + Address());
    held = WaitForReason(osc(), id, "where the server was when measuring began");
    EXPECT_EQ(held["state"], "copying");
    EXPECT_EQ(held["progress"]["rows_copied"], 0);
    Replica().Execute("START REPLICA SQL_THREAD");
    osc().WaitForState(id, "live");
    osc().Succeed({"revert", id});
    osc().Succeed({"complete", id});
  }
}

TEST_P(ReplicaLagTest, SeesLessThanASecond) {
  shadow::ReplicaLag lag(servers().server().Options(), Address());
  const auto wait_for = [&](const std::string& part) {
    std::string reason;
    testing::WaitUntil(
        part,
        [&] {
          reason = lag.Reason(std::chrono::milliseconds(300));
          return part.empty() ? reason.empty() : reason.find(part) != std::string::npos;
        },
        seconds(20));
  };
  wait_for("");
  Replica().Execute("STOP REPLICA");
  // Idle, it is not behind.
  EXPECT_EQ(lag.Reason(std::chrono::milliseconds(300)), "");
  Write();
  const auto written_at = base::Clock::now();
  wait_for(" behind, above max-lag 300ms");
  EXPECT_GE(base::Clock::now() - written_at, std::chrono::milliseconds(150));
  Replica().Execute("START REPLICA");
  wait_for("");
}

TEST_P(ReplicaLagTest, OneThatCannotBeMeasuredCountsAsLagging) {
  const std::string id = Begin("127.0.0.1:1");
  WaitForReason(osc(), id, "replica 127.0.0.1:1 cannot be measured, which counts as lagging: ");
  osc().Succeed(
      {"set", id, "replica=127.0.0.1:" + std::to_string(servers().server().Options().port)});
  // As after a failover: nothing is behind itself.
  osc().WaitForState(id, "live");
}

INSTANTIATE_TEST_SUITE_P(Servers, ReplicaLagTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
