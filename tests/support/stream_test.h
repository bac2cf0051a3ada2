// A stream by itself: two tables, a mapping between them and a checkpoint, without an engine.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "src/apply/stream.h"
#include "src/binlog/position.h"
#include "tests/support/server_test.h"

namespace osc::testing {

class StreamTest : public ServerTest {
 protected:
  static constexpr int kLanes = 4;

  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped()) return;
    const std::string definition = " (id BIGINT PRIMARY KEY, v INT NOT NULL, UNIQUE KEY v (v))";
    Run("CREATE TABLE live_table" + definition);
    Run("CREATE TABLE off_stage" + definition);
    options_.id = "teststrm";
    options_.connection = server().Options();
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
    mapping.target_key = "PRIMARY";
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
                                        base::Clock::now() + std::chrono::seconds(30)));
    const auto status = stream.status();
    EXPECT_FALSE(status.error) << status.error->message();
  }

  // As after the first swap: the off-stage table is the projection of the live one, and a change
  // that is applied twice is an error.
  void TurnRound() {
    apply::CheckpointTable checkpoint(options_.checkpoint, "");
    checkpoint.Claim(connection());
    checkpoint.SetAllLanes(binlog::CurrentPosition(connection()).Encode(), 1).Run(connection());
    epoch_ = 1;
  }

  // Stops again and again, wherever it is, until everything has been applied.
  int StreamInPieces() {
    const binlog::Position end = binlog::CurrentPosition(connection());
    apply::StreamOptions pieces = options_;
    pieces.batch_rows = 30;
    // So that it is not done before it can be stopped.
    Run("DROP TRIGGER IF EXISTS slow_commits");
    Run("CREATE TRIGGER slow_commits BEFORE UPDATE ON checkpoint FOR EACH ROW "
        "SET @osc_slept=SLEEP(0.02)");
    for (int starts = 1;; ++starts) {
      apply::Stream stream(pieces, nullptr);
      stream.start(epoch_);
      bool done = false;
      WaitUntil(
          "rows to be applied",
          [&] {
            const auto status = stream.status();
            EXPECT_FALSE(status.error) << status.error->message();
            done = status.applied.Covers(end);
            return done || status.error || status.rows_applied > 150;
          },
          std::chrono::seconds(30));
      if (done || stream.status().error) return starts;
    }
  }

  // Into the table `commits`, a row for each of the stream's.
  void CountCommits() {
    Run("CREATE TABLE commits (position VARCHAR(400) PRIMARY KEY)");
    Run("CREATE TRIGGER count_commits AFTER UPDATE ON checkpoint FOR EACH ROW "
        "INSERT IGNORE INTO commits VALUES (RIGHT(NEW.position, 400))");
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

}  // namespace osc::testing
