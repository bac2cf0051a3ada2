// The stream by itself, stopped and started again with a copy that has come further: what a lane
// has applied stays applied, what it has not is made up for, whatever way it took the first time.
#include "src/apply/stream.h"

#include <gmock/gmock.h>

#include "src/binlog/position.h"
#include "src/mysql/connection_json.h"
#include "tests/support/server_test.h"

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
    apply::RowMapping& mapping = options_.forward;
    mapping.source = options_.live;
    mapping.target = options_.off_stage;
    mapping.source_names = {"id", "v"};
    mapping.source_types = {mysql::ParseColumnType("bigint", ""),
                            mysql::ParseColumnType("int", "")};
    mapping.columns = {{0, "id", false, false, ""}, {1, "v", false, false, ""}};
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
    stream.start(0);
    EXPECT_TRUE(stream.WaitUntilApplied({}, binlog::CurrentPosition(connection()),
                                        base::Clock::now() + seconds(30)));
    const auto status = stream.status();
    EXPECT_FALSE(status.error) << status.error->message();
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

INSTANTIATE_TEST_SUITE_P(Servers, StreamTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
