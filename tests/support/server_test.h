// What tests against a server start from: a database, a connection to it, and osc commands with a
// state directory of their own. Parametrised over all servers; skipped where one is not configured.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/osc_process.h"
#include "tests/support/server.h"

namespace osc::testing {

class ServerTest : public ::testing::TestWithParam<TestServer> {
 protected:
  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    database_.emplace(GetParam());
    connection_.emplace(GetParam().Connect(database()));
    osc_.emplace(GetParam(), database());
  }

  void TearDown() override {
    if (HasFailure() && osc_) std::cout << osc_->state().LogTail();
    osc_.reset();  // the engine first: it would see its tables go
    connection_.reset();
  }

  const TestServer& server() const { return GetParam(); }
  const std::string& database() const { return database_->name(); }
  mysql::Connection& connection() { return *connection_; }
  Osc& osc() { return *osc_; }
  bool IsMariaDb() { return connection().server().IsMariaDb(); }
  void Run(const std::string& sql) { connection().Execute(sql); }
  std::string Value(const std::string& sql) {
    return connection().QueryValue(sql).value_or("NULL");
  }

  // Every table of the database in order, to see that nothing was left behind.
  std::vector<std::string> Tables() {
    mysql::Result rows =
        connection().Query("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='" +
                           database() + "' AND TABLE_TYPE<>'TEMPORARY'");
    std::vector<std::string> names;
    while (rows.Next()) names.push_back(rows.Text(0));
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::optional<TestDatabase> database_;
  std::optional<mysql::Connection> connection_;
  std::optional<Osc> osc_;
};

inline std::string ServerName(const ::testing::TestParamInfo<TestServer>& info) {
  return info.param.name;
}

}  // namespace osc::testing
