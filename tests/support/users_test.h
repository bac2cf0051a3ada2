// Tests with a table of users, an application that writes to it, and what must hold of both tables.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <csignal>

#include "src/mysql/quote.h"
#include "tests/support/compare.h"
#include "tests/support/server_test.h"
#include "tests/support/writers.h"

namespace osc::testing {

class UsersTest : public ServerTest {
 protected:
  using Names = std::vector<std::string>;
  static constexpr int kRows = 2500;
  // What the tests drop: 'title-<token>' on the first rows, 'none' on all that came later.
  static constexpr const char* kTitle = "title VARCHAR(40) NOT NULL DEFAULT 'none'";

  void CreateUsers(const std::string& table, const std::string& more, int rows = kRows) {
    CreateWritersTable(connection(), table, rows, more);
  }

  void CreateTitledUsers(const std::string& table, int rows = kRows) {
    CreateUsers(table, kTitle, rows);
    Run("UPDATE " + mysql::QuoteIdentifier(table) + " SET title=CONCAT('title-', token)");
  }

  void ExpectTitles(const std::string& table, int rows = kRows) {
    ExpectNoRow(table,
                "title<>IF(token<=" + std::to_string(rows) + ", CONCAT('title-', token), 'none')");
  }

  // Stops the writers and holds the table to what they say they have committed.
  void ExpectExactly(Writers& writers, const std::string& table, const Totals& besides = {}) {
    writers.Stop();
    Totals expected = writers.expected();
    expected += besides;
    EXPECT_EQ(ReadTotals(connection(), table), expected);
    EXPECT_LT(writers.longest_statement(), std::chrono::seconds(10));
  }

  // Both tables equal in what both have, whichever is live.
  void ExpectInvariant(const std::string& id, const Names& columns = {"token", "email", "amount"}) {
    ExpectSameRows(server(), osc(), id, {"id"}, columns);
  }

  void ExpectNoRow(const std::string& table, const std::string& condition) {
    mysql::Result rows = connection().Query("SELECT * FROM " + mysql::QuoteIdentifier(table) +
                                            " WHERE " + condition + " LIMIT 5");
    while (rows.Next()) {
      std::string row;
      for (size_t i = 0; i < rows.column_count(); ++i) row += (i ? " | " : "") + rows.Text(i);
      ADD_FAILURE() << table << " has a row with " << condition << ": " << row;
    }
  }

  Outcome ExpectRefused(const Names& command, const std::string& part) {
    Outcome outcome = osc().Run(command);
    EXPECT_EQ(outcome.exit_code, 3) << command[0] << ": " << outcome.Describe();
    EXPECT_THAT(outcome.err, ::testing::HasSubstr(part)) << command[0];
    EXPECT_THAT(outcome.err, ::testing::HasSubstr("hint: ")) << command[0];
    return outcome;
  }

  // Polls faster than the promised second.
  nlohmann::json WaitForReadiness(const std::string& id, const std::string& readiness,
                                  std::chrono::seconds deadline = std::chrono::seconds(5)) {
    nlohmann::json shown;
    WaitUntil(
        "readiness " + readiness,
        [&] {
          shown = osc().Show(id);
          return shown["revert"]["readiness"] == readiness;
        },
        deadline);
    EXPECT_EQ(shown["revert"]["readiness"], readiness) << shown.dump(1);
    return shown;
  }

  // An engine that dies at this point (name, or name:n for the n-th passage) once it is asked for
  // what the command says; none runs afterwards.
  void DieAt(const std::string& point, Names command) {
    osc().state().StopEngine();
    osc().SetEnvironment("OSC_FAULT", point);
    const auto engine = osc().Start({"serve"});
    osc().SetEnvironment("OSC_FAULT", "");
    WaitUntil(
        "an engine", [&] { return osc().state().EnginePid().has_value(); },
        std::chrono::seconds(20));
    command.insert(command.end(), {"--detach", "--no-autostart"});
    osc().Run(command);
    EXPECT_EQ(engine->Wait(std::chrono::seconds(60)).exit_code, 128 + SIGKILL) << point;
  }

  // Any command that needs an engine starts one; this one leaves it running.
  void StartEngine(const std::string& id) {
    const auto watch = osc().Start({"watch", id});
    WaitUntil(
        "an engine", [&] { return osc().state().EnginePid().has_value(); },
        std::chrono::seconds(20));
    watch->Signal(SIGINT);
    watch->Wait(std::chrono::seconds(10));
  }
};

}  // namespace osc::testing
