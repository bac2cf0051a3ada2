// Row locks that a lane has to wait for, or loses to another session: it tries again, and nobody is
// told, for that is everyday business.
#include <gmock/gmock.h>

#include <future>

#include "tests/support/stream_test.h"

namespace osc {
namespace {

using std::chrono::seconds;

class StreamConflictsTest : public testing::StreamTest {};

TEST_P(StreamConflictsTest, StayQuiet) {
  TurnRound();
  InsertRows(connection(), 1, 100);
  apply::Stream stream(options_, nullptr);
  stream.start(epoch_);
  const auto applied = [&] {
    return stream.WaitUntilApplied({}, binlog::CurrentPosition(connection()),
                                   base::Clock::now() + seconds(30));
  };
  ASSERT_TRUE(applied());
  const auto expect_quiet = [&] {
    const auto status = stream.status();
    EXPECT_EQ(status.retrying, "");
    EXPECT_FALSE(status.error) << status.error->message();
  };
  const auto wait_for_conflicts = [&](uint64_t count) {
    testing::WaitUntil(
        std::to_string(count) + " conflicts",
        [&] {
          expect_quiet();
          return stream.status().conflicts >= count;
        },
        seconds(20));
  };

  // A transaction with so much to undo that the server always ends the other one in a deadlock.
  mysql::Connection other = server().Connect(database());
  other.Execute("CREATE TABLE heavy (id INT PRIMARY KEY AUTO_INCREMENT, text CHAR(200))");
  other.Execute("BEGIN");
  for (int i = 0; i < 10; ++i) {
    std::string insert = "INSERT INTO heavy (text) VALUES ('a')";
    for (int row = 1; row < 200; ++row) insert += ",('a')";
    other.Execute(insert);
  }
  other.Execute("SELECT * FROM off_stage WHERE id=100 FOR UPDATE");
  Run("UPDATE live_table SET v=-v ORDER BY id");
  mysql::Connection uncommitted = server().Connect(database());
  uncommitted.Execute("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
  testing::WaitUntil(
      "all rows but the locked one to be written",
      [&] {
        return uncommitted.QueryValue("SELECT SUM(v < 0) FROM off_stage WHERE id < 100") == "99";
      },
      seconds(20));
  // Those of the lane that waits for the locked one: each waits for the other.
  other.Execute("SELECT COUNT(*) FROM off_stage FORCE INDEX (PRIMARY) WHERE id < 100 FOR UPDATE");
  wait_for_conflicts(1);
  const uint64_t before = stream.status().conflicts;
  // And now the lane's wait is given up by the server.
  wait_for_conflicts(before + 1);
  EXPECT_FALSE(stream.WaitUntilApplied({}, binlog::CurrentPosition(connection()),
                                       base::Clock::now() + std::chrono::milliseconds(1)));
  other.Execute("ROLLBACK");
  ASSERT_TRUE(applied());
  expect_quiet();
  EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
}

INSTANTIATE_TEST_SUITE_P(Servers, StreamConflictsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
