// The stream by itself, stopped and started again with a copy that has come further: what a lane
// has applied stays applied, what it has not is made up for, whatever way it took the first time.
#include "tests/support/stream_test.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/support/xa_session.h"

namespace osc {
namespace {

using std::chrono::seconds;

class StreamTest : public testing::StreamTest {};

// An engine that was taken for dead and is not: what it still has under way cannot commit.
TEST_P(StreamTest, ALaterStreamTakesTheCheckpointOver) {
  apply::Stream first(options_, nullptr);
  first.start(epoch_);
  apply::Stream second(options_, nullptr);
  second.start(epoch_);
  InsertRows(connection(), 1, 50);
  EXPECT_TRUE(second.WaitUntilApplied({}, binlog::CurrentPosition(connection()),
                                      base::Clock::now() + std::chrono::seconds(30)));
  testing::WaitUntil(
      "the first stream to stop", [&] { return first.status().error.has_value(); }, seconds(30));
  EXPECT_EQ(first.status().error->code(), ErrorCode::kDiverged);
  EXPECT_FALSE(second.status().error);
  EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
  Run("TRUNCATE TABLE live_table");
  InsertRows(connection(), 100, 120);
  StreamToNow(nullptr);
  EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
}

// One that is taken over while it carries a TRUNCATE over keeps no lock from the next.
TEST_P(StreamTest, OneThatIsTakenOverInATruncateHoldsNothing) {
  apply::Stream first(options_, nullptr);
  first.start(epoch_);
  InsertRows(connection(), 1, 10);
  ASSERT_TRUE(first.WaitUntilApplied({}, binlog::CurrentPosition(connection()),
                                     base::Clock::now() + seconds(30)));
  const auto wait_for = [&](const std::string& statement) {
    testing::WaitUntil(
        statement + " to wait",
        [&] {
          return Value("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '" +
                       statement + " `" + database() + "`.%'") == "1";
        },
        seconds(30));
  };
  mysql::Connection reader = server().Connect(database());
  reader.Execute("BEGIN");
  reader.Execute("SELECT COUNT(*) FROM off_stage");
  Run("TRUNCATE TABLE live_table");
  wait_for("TRUNCATE TABLE");
  mysql::Connection claimer = server().Connect(database());
  claimer.Execute("BEGIN");
  claimer.Execute("UPDATE checkpoint SET owner=7");
  reader.Execute("COMMIT");
  wait_for("UPDATE");
  claimer.Execute("COMMIT");
  testing::WaitUntil(
      "the first stream to stop", [&] { return first.status().error.has_value(); }, seconds(30));
  apply::Stream second(options_, nullptr);
  second.start(epoch_);
  InsertRows(connection(), 100, 120);
  EXPECT_TRUE(second.WaitUntilApplied({}, binlog::CurrentPosition(connection()),
                                      base::Clock::now() + seconds(20)));
  EXPECT_EQ(second.status().conflicts, 0U);
  EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
}

// Rows that moved across the frontier the first time stand behind it the second time, when some
// lanes have been through them and others have not.
TEST_P(StreamTest, AppliesMovedKeysOnceThoughTheFrontierHasMoved) {
  // Enough keys that every pair of lanes meets.
  constexpr int kKeys = 40;
  for (int key = 1; key <= kKeys; ++key) {
    const std::string k = std::to_string(key);
    Run("INSERT INTO live_table VALUES (" + k + "," + k + ")");
    Run("UPDATE live_table SET id=-" + k + " WHERE id=" + k);
    switch (key % 4) {
      case 0:
        Run("DELETE FROM live_table WHERE id=-" + k);
        break;
      case 1:
        Run("UPDATE live_table SET id=" + k + " WHERE id=-" + k);
        break;
      case 2:
        Run("UPDATE live_table SET id=" + k + " WHERE id=-" + k);
        Run("DELETE FROM live_table WHERE id=" + k);
        break;
      default:
        break;
    }
  }
  StreamToNow(FrontierAt(0));
  auto finished = FrontierAt(0);
  finished->Finish();
  // As the copy does, after the frontier has moved.
  Run("INSERT INTO off_stage SELECT * FROM live_table WHERE id > 0");
  StreamToNow(finished);
  EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
}

// A commit each would make the stream slower than the sessions that it follows, which commit side
// by side.
TEST_P(StreamTest, BarriersThatComeTogetherShareCommits) {
  constexpr int kRows = 50;
  constexpr int kFew = 200;
  constexpr int kMany = 500;  // more than one commit takes
  CountCommits();
  InsertRows(connection(), 1, kRows);
  std::mt19937 random(7);
  const auto value = [&](int id) {
    return Value("SELECT v FROM live_table WHERE id=" + std::to_string(id));
  };
  const auto set = [&](int id, const std::string& v) {
    Run("UPDATE live_table SET v=" + v + " WHERE id=" + std::to_string(id));
  };
  const auto exchange = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const int first = 1 + static_cast<int>(random() % kRows);
      const int second = 1 + (first + static_cast<int>(random() % (kRows - 1))) % kRows;
      const std::string one = value(first);
      const std::string other = value(second);
      Run("BEGIN");
      set(first, "-1");
      set(second, one);
      set(first, other);
      Run("COMMIT");
      set(1 + static_cast<int>(random() % kRows), std::to_string(1000 + random() % 1000000));
    }
  };
  for (const bool turned : {false, true}) {
    SCOPED_TRACE(turned);
    if (turned) TurnRound();
    exchange(kFew);
    Run("TRUNCATE TABLE commits");
    StreamToNow(nullptr);
    EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
    EXPECT_LT(std::stoi(Value("SELECT COUNT(*) FROM commits")), kFew / 4);
    exchange(kMany);
    EXPECT_GT(StreamInPieces(), 1);
    EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
  }
}

// A commit for each of an application's small transactions would cost the server more than the
// rows.
TEST_P(StreamTest, SmallTransactionsShareCommits) {
  constexpr int kRows = 300;
  CountCommits();
  apply::Stream stream(options_, nullptr);
  stream.start(epoch_);
  for (int id = 1; id <= kRows; ++id) InsertRows(connection(), id, id);
  testing::WaitUntil(
      "the rows to be applied", [&] { return stream.status().rows_applied == kRows; }, seconds(30));
  EXPECT_LT(std::stoi(Value("SELECT COUNT(*) FROM commits")), kRows / 3);
  EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
}

// Transactions larger than what is kept in memory, and cut into many parts: stopped within one and
// within another, on the way to the swap and after it.
TEST_P(StreamTest, LargeTransactionsAreAppliedOnceThoughTheStreamStopsWithin) {
  Run("CREATE TABLE not_rolled_back (id INT) ENGINE=MyISAM");
  options_.part_bytes = 500;
  options_.row_memory.bytes = 2000;
  for (const bool turned : {false, true}) {
    SCOPED_TRACE(turned);
    if (turned) TurnRound();
    Run("START TRANSACTION");
    const std::string first = turned ? "5001" : "1";
    InsertRows(connection(), std::stoi(first), std::stoi(first) + 1499);
    Run("UPDATE live_table SET v=-v ORDER BY id");
    Run("SAVEPOINT one");
    Run("UPDATE live_table SET v=v-1000000000");
    if (IsMariaDb())
      Run("INSERT INTO not_rolled_back VALUES (1)");  // now all of it is in the binlog
    Run("ROLLBACK TO one");
    // Statements that fail on their second row.
    EXPECT_THROW(Run("UPDATE live_table SET v=900000 WHERE id >= " + first), Error);
    if (IsMariaDb()) Run("INSERT INTO not_rolled_back VALUES (2)");
    EXPECT_THROW(Run("INSERT INTO live_table VALUES (900001, 900001), (900002, 900001)"), Error);
    Run("DELETE FROM live_table WHERE id % 7=0");
    // Values go from row to row, past lanes and parts.
    Run("UPDATE live_table SET v=v+1 ORDER BY v DESC");
    Run("UPDATE live_table SET v=v+1000000 WHERE id % 3=0 AND id >= " + first);
    Run("UPDATE live_table SET v=v-2 WHERE id % 3=1 AND id BETWEEN " + first + " AND " + first +
        "+599 ORDER BY v");
    Run("UPDATE live_table SET id=id+100000 WHERE id % 61=0");  // alone in their parts
    Run("COMMIT");
    EXPECT_GT(StreamInPieces(), 3);
    EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
  }
}

TEST_P(StreamTest, RowsOfPreparedXaTransactionsWaitForTheirEnd) {
  options_.part_bytes = 500;
  options_.row_memory.bytes = 2000;
  const auto open = [&](const std::string& name, const std::vector<std::string>& statements) {
    return std::make_unique<testing::XaSession>(
        server().Connect(database()), "'" + database() + "','" + name + "',5", statements);
  };
  for (const bool turned : {false, true}) {
    SCOPED_TRACE(turned);
    if (turned) TurnRound();
    InsertRows(connection(), turned ? 2001 : 1, turned ? 2100 : 100);
    auto small = open("small", {"UPDATE live_table SET v=-v WHERE id BETWEEN 1 AND 10",
                                "DELETE FROM live_table WHERE id=11"});
    auto large = open("large", {"UPDATE live_table SET v=-v WHERE id BETWEEN 30 AND 90",
                                "INSERT INTO live_table VALUES (501,501), (502,502)",
                                "UPDATE live_table SET id=-id WHERE id BETWEEN 40 AND 60"});
    auto dropped = open("dropped", {"DELETE FROM live_table WHERE id BETWEEN 20 AND 24"});
    small->Prepare();
    dropped->Prepare();
    InsertRows(connection(), turned ? 9000 : 8000, turned ? 9010 : 8010);
    large->Prepare();
    StreamInPieces();
    // What others see.
    EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
    EXPECT_NE(Value("SELECT COUNT(*) FROM prepared"), "0");
    small->Commit();
    dropped->Rollback();
    StreamInPieces();
    EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
    // The same id again.
    auto again = open("dropped", {"UPDATE live_table SET v=v-100000 WHERE id BETWEEN 20 AND 24"});
    again->Prepare();
    again->Commit();
    large->Commit();
    StreamInPieces();
    EXPECT_EQ(Rows("off_stage"), Rows("live_table"));
    EXPECT_EQ(Value("SELECT COUNT(*) FROM prepared"), "0");
    Run("DELETE FROM live_table WHERE id > 100 OR id < 0");
    StreamInPieces();
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, StreamTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
