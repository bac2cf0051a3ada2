// The stream by itself, stopped and started again with a copy that has come further: what a lane
// has applied stays applied, what it has not is made up for, whatever way it took the first time.
#include "src/apply/stream.h"

#include <gmock/gmock.h>

#include "src/binlog/position.h"
#include "src/mysql/connection_json.h"
#include "tests/support/server_test.h"
#include "tests/support/xa_session.h"

namespace osc {
namespace {

using std::chrono::seconds;

constexpr int kLanes = 4;

class StreamTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped()) return;
    const std::string definition = " (id BIGINT PRIMARY KEY, v INT NOT NULL, UNIQUE KEY v (v))";
    Run("CREATE TABLE live_table" + definition);
    Run("CREATE TABLE off_stage" + definition);
    options_.id = "teststrm";
    options_.connection = server().Options();
    options_.server_identity = mysql::ServerIdentity(connection());
    options_.live = {database(), "live_table"};
    options_.off_stage = {database(), "off_stage"};
    options_.checkpoint = {database(), "checkpoint"};
    options_.prepared = {database(), "prepared"};
    apply::RowMapping& mapping = options_.forward;
    mapping.source = options_.live;
    mapping.target = options_.off_stage;
    mapping.source_names = {"id", "v"};
    mapping.source_types = {mysql::ParseColumnType("bigint", ""),
                            mysql::ParseColumnType("int", "")};
    mapping.columns = {{0, "id", false, false, {}}, {1, "v", false, false, {}}};
    mapping.key = {0};
    mapping.ordered_values = {{1}};
    mapping.target_unique = {{1}};
    options_.inverse = mapping;
    apply::CheckpointTable(options_.checkpoint, apply::Marker(options_.id, "checkpoint"))
        .Create(connection(), binlog::CurrentPosition(connection()), kLanes);
  }

  // A stream beside a copy that has come as far as `frontier`, until it has applied everything.
  void StreamToNow(std::shared_ptr<apply::CopyFrontier> frontier) {
    apply::Stream stream(options_, std::move(frontier));
    stream.start(epoch_);
    EXPECT_TRUE(stream.WaitUntilApplied({}, binlog::CurrentPosition(connection()),
                                        base::Clock::now() + seconds(30)));
    const auto status = stream.status();
    EXPECT_FALSE(status.error) << status.error->message();
  }

  // As after the first swap: the off-stage table is the projection of the live one, and a change
  // that is applied twice is an error.
  void TurnRound() {
    const apply::CheckpointTable checkpoint(options_.checkpoint, "");
    Run(checkpoint.SetAllLanes(binlog::CurrentPosition(connection()).Encode(), 1));
    epoch_ = 1;
  }

  // Stops again and again, wherever it is, until everything has been applied.
  int StreamInPieces() {
    const binlog::Position end = binlog::CurrentPosition(connection());
    for (int starts = 1;; ++starts) {
      apply::Stream stream(options_, nullptr);
      stream.start(epoch_);
      bool done = false;
      testing::WaitUntil(
          "rows to be applied",
          [&] {
            const auto status = stream.status();
            EXPECT_FALSE(status.error) << status.error->message();
            done = status.applied.Covers(end);
            return done || status.error || status.rows_applied > 150;
          },
          seconds(30));
      if (done || stream.status().error) return starts;
    }
  }

  void InsertRows(mysql::Connection& session, int first, int last) {
    std::string insert = "INSERT INTO live_table VALUES ";
    for (int id = first; id <= last; ++id) {
      if (id > first) insert += ',';
      insert += "(" + std::to_string(id) + "," + std::to_string(id) + ")";
    }
    session.Execute(insert);
  }

  // Keys up to `key` have been handed out.
  static std::shared_ptr<apply::CopyFrontier> FrontierAt(int64_t key) {
    auto frontier = std::make_shared<apply::CopyFrontier>();
    frontier->Advance(apply::CopyFrontier::Order(false, static_cast<uint64_t>(key)));
    return frontier;
  }

  std::string Rows(const std::string& table) {
    return Value("SELECT COALESCE(GROUP_CONCAT(id, ':', v ORDER BY id), '') FROM " + table);
  }

  apply::StreamOptions options_;
  int epoch_ = 0;
};

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

// Rows of more than one packet of a server with 16 MiB, in values that each fit into one.
TEST_P(StreamTest, RowsLargerThanAPacket) {
  constexpr int kMegabytes = 13;
  const std::string definition =
      " (id BIGINT PRIMARY KEY, v INT NOT NULL, b LONGBLOB, t LONGTEXT CHARACTER SET latin1, "
      "u LONGTEXT CHARACTER SET utf16)";
  for (const std::string table : {"live_table", "off_stage"}) {
    Run("DROP TABLE " + table);
    // The other character set: values are converted as the server does it.
    Run("CREATE TABLE " + table + definition + " CHARACTER SET utf8mb4");
  }
  Run("ALTER TABLE off_stage MODIFY t LONGTEXT CHARACTER SET utf8mb4");
  const apply::CheckpointTable checkpoint(options_.checkpoint, "");
  Run(checkpoint.SetAllLanes(binlog::CurrentPosition(connection()).Encode(), 0));
  apply::RowMapping& mapping = options_.forward;
  mapping.source_names = {"id", "v", "b", "t", "u"};
  mapping.source_types = {mysql::ParseColumnType("bigint", ""), mysql::ParseColumnType("int", ""),
                          mysql::ParseColumnType("longblob", ""),
                          mysql::ParseColumnType("longtext", "latin1_swedish_ci"),
                          mysql::ParseColumnType("longtext", "utf16_general_ci")};
  mapping.columns.clear();
  for (size_t i = 0; i < mapping.source_names.size(); ++i) {
    mapping.columns.push_back({i, mapping.source_names[i], false, false, mapping.source_types[i]});
  }
  mapping.ordered_values = {};
  mapping.target_unique = {};
  options_.inverse = mapping;
  const auto expect_same = [&] {
    StreamToNow(nullptr);
    const std::string sums =
        "SELECT GROUP_CONCAT(CONCAT_WS(':', id, v, LENGTH(b), CRC32(b), CHAR_LENGTH(t), "
        "CRC32(CONVERT(t USING utf8mb4)), CHAR_LENGTH(u), CRC32(CONVERT(u USING utf8mb4))) "
        "ORDER BY id) FROM ";
    EXPECT_EQ(Value(sums + "off_stage"), Value(sums + "live_table"));
  };
  const std::string megabytes = std::to_string(kMegabytes << 20);
  for (const bool turned : {false, true}) {
    SCOPED_TRACE(turned);
    if (turned) TurnRound();
    const std::string id = turned ? "2" : "1";
    Run("INSERT INTO live_table VALUES (" + id + ", 1, REPEAT(X'00FF27', " + megabytes +
        " DIV 3), REPEAT(_latin1 X'E9', 5000), 'short')");
    Run("INSERT INTO live_table VALUES (" + id + "0, 2, 'x', NULL, NULL)");
    Run("UPDATE live_table SET t=REPEAT(_latin1 X'27E4', " + megabytes + " DIV 2) WHERE id=" + id);
    Run("UPDATE live_table SET u=REPEAT(_utf16 X'D83DDE00', 300000), v=7 WHERE id=" + id);
    expect_same();
    Run("UPDATE live_table SET id=id+5, v=8 WHERE id=" + id);
    Run("DELETE FROM live_table WHERE id=" + id + "0");
    expect_same();
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, StreamTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
