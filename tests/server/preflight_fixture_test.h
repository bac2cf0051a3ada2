// A database on a server, and the promise that looking at it leaves nothing behind.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ddl/preflight.h"
#include "tests/support/server.h"

namespace osc::ddl {

// What the application's side of a server looks like, to see that nothing was left behind.
struct Trace {
  std::set<std::string> tables;
  std::string file;
  std::string offset;
};

class PreflightTest : public ::testing::TestWithParam<testing::TestServer> {
 protected:
  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    database_.emplace(GetParam());
    connection_.emplace(GetParam().Connect(database()));
  }

  const std::string& database() const { return database_->name(); }
  mysql::Connection& connection() { return *connection_; }
  bool IsMariaDb() { return connection().server().IsMariaDb(); }
  void Run(const std::string& sql) { connection().Execute(sql); }

  ChangePlan Plan(const std::string& alter, const std::string& table = "t") {
    return Preflight(connection(), {database(), table}, ParseAlter(alter));
  }

  Trace TakeTrace() {
    mysql::Connection other = GetParam().Connect();
    Trace trace;
    mysql::Result tables =
        other.Query("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '" +
                    database() + "'");
    while (tables.Next()) trace.tables.insert(tables.Text(0));
    mysql::Result status = other.Query(other.server().BinlogStatusStatement());
    status.Next();
    trace.file = status.Text(0);
    trace.offset = status.Text(1);
    return trace;
  }

  // No other table, and not one event of this database in the binary log.
  void ExpectNothingLeft(const Trace& before, const std::string& what) {
    const Trace after = TakeTrace();
    EXPECT_EQ(after.tables, before.tables) << what;
    if (after.file != before.file) return;  // another test rotated the log
    mysql::Result events =
        connection().Query("SHOW BINLOG EVENTS IN '" + before.file + "' FROM " + before.offset);
    while (events.Next()) {
      EXPECT_EQ(events.Text(5).find(database()), std::string::npos)
          << what << ": " << events.Text(5);
    }
    // A temporary table would hide a table of its name, or show up here.
    mysql::Result tables = connection().Query("SHOW TABLES FROM " + database());
    while (tables.Next()) {
      EXPECT_EQ(before.tables.count(tables.Text(0)), 1U) << what << ": " << tables.Text(0);
    }
  }

  void ExpectError(const std::string& what, ErrorCode code, const std::vector<std::string>& parts,
                   const std::function<void()>& work) {
    const Trace before = TakeTrace();
    try {
      work();
      ADD_FAILURE() << what << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(ErrorCodeName(error.code()), ErrorCodeName(code))
          << what << ": " << error.message();
      EXPECT_FALSE(error.hint().empty()) << what << ": " << error.message();
      EXPECT_EQ(error.message().find("_osc_plan_"), std::string::npos) << error.message();
      const std::string text = error.message() + " / " + error.hint();
      for (const std::string& part : parts) {
        EXPECT_NE(text.find(part), std::string::npos)
            << what << ": no '" << part << "' in " << text;
      }
    }
    ExpectNothingLeft(before, what);
  }

  void ExpectRefused(const std::string& alter, const std::vector<std::string>& parts,
                     const std::string& table = "t") {
    ExpectError(table + ": " + alter, ErrorCode::kRefused, parts, [&] { Plan(alter, table); });
  }

  void Grant(const testing::TestUser& user, const std::string& privileges, const std::string& on) {
    Run("GRANT " + privileges + " ON " + on + " TO " + user.Quoted());
  }
  mysql::Connection ConnectAs(const testing::TestUser& user) {
    mysql::ConnectionOptions options = GetParam().Options();
    options.user = user.name();
    return mysql::Connection::Open(options);
  }

 private:
  std::optional<testing::TestDatabase> database_;
  std::optional<mysql::Connection> connection_;
};

}  // namespace osc::ddl
