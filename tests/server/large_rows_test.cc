// Rows of more than one packet, and values that fit into none. A part of D7 of the acceptance list.
#include <gmock/gmock.h>

#include "tests/support/stream_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class LargeRowsTest : public testing::StreamTest {
 protected:
  void SetUp() override {
    StreamTest::SetUp();
    if (IsSkipped()) return;
    const std::string definition =
        " (id BIGINT PRIMARY KEY, v INT NOT NULL, b LONGBLOB, t LONGTEXT CHARACTER SET latin1, "
        "u LONGTEXT CHARACTER SET utf16, j JSON)";
    for (const std::string table : {"live_table", "off_stage"}) {
      Run("DROP TABLE " + table);
      // The other character set: values are converted as the server does it.
      Run("CREATE TABLE " + table + definition + " CHARACTER SET utf8mb4");
    }
    Run("ALTER TABLE off_stage MODIFY t LONGTEXT CHARACTER SET utf8mb4");
    apply::CheckpointTable checkpoint(options_.checkpoint, "");
    checkpoint.Claim(connection());
    checkpoint.SetAllLanes(binlog::CurrentPosition(connection()).Encode(), 0).Run(connection());
    apply::RowMapping& mapping = options_.forward;
    mapping.source_names = {"id", "v", "b", "t", "u", "j"};
    mapping.source_types = {mysql::ParseColumnType("bigint", ""),
                            mysql::ParseColumnType("int", ""),
                            mysql::ParseColumnType("longblob", ""),
                            mysql::ParseColumnType("longtext", "latin1_swedish_ci"),
                            mysql::ParseColumnType("longtext", "utf16_general_ci"),
                            IsMariaDb() ? mysql::ParseColumnType("longtext", "utf8mb4_bin")
                                        : mysql::ParseColumnType("json", "")};
    mapping.columns.clear();
    for (size_t i = 0; i < mapping.source_names.size(); ++i) {
      mapping.columns.push_back(
          {i, mapping.source_names[i], false, false, mapping.source_types[i]});
    }
    mapping.ordered_values = {};
    mapping.target_unique = {};
    options_.inverse = mapping;
  }

  void ExpectSame() {
    StreamToNow(nullptr);
    const std::string sums =
        "SELECT GROUP_CONCAT(CONCAT_WS(':', id, v, LENGTH(b), CRC32(b), CHAR_LENGTH(t), "
        "CRC32(CONVERT(t USING utf8mb4)), CHAR_LENGTH(u), CRC32(CONVERT(u USING utf8mb4)), "
        "LENGTH(j), CRC32(j)) ORDER BY id) FROM ";
    EXPECT_EQ(Value(sums + "off_stage"), Value(sums + "live_table"));
  }

  // The smallest packet of the servers has 16 MiB.
  static std::string MostBytes() { return std::to_string(13 << 20); }

  // More than half of what a statement may have, in which a text takes two bytes for one.
  std::string MostBytesOfJson() { return IsMariaDb() ? MostBytes() : std::to_string(34 << 20); }

  // The stream's error, when it has stopped.
  Error StreamToError() {
    apply::Stream stream(options_, nullptr);
    stream.start(epoch_);
    testing::WaitUntil(
        "an error", [&] { return stream.status().error.has_value(); }, seconds(30));
    return *stream.status().error;
  }
};

TEST_P(LargeRowsTest, RowsLargerThanAPacket) {
  for (const bool turned : {false, true}) {
    SCOPED_TRACE(turned);
    if (turned) TurnRound();
    const std::string id = turned ? "2" : "1";
    Run("INSERT INTO live_table (id, v, b, t, u) VALUES (" + id + ", 1, REPEAT(X'00FF27', " +
        MostBytes() + " DIV 3), REPEAT(_latin1 X'E9', 5000), 'short')");
    Run("INSERT INTO live_table VALUES (" + id + "0, 2, 'x', NULL, NULL, '[1]')");
    Run("UPDATE live_table SET t=REPEAT(_latin1 X'27E4', " + MostBytes() +
        " DIV 2) WHERE id=" + id);
    Run("UPDATE live_table SET u=REPEAT(_utf16 X'D83DDE00', 300000), v=7 WHERE id=" + id);
    Run("UPDATE live_table SET j=CONCAT('[\"', REPEAT('xy\u00e4', " + MostBytesOfJson() +
        " DIV 4 - 2), '\"]') WHERE id=" + id + "0");
    ExpectSame();
    Run("UPDATE live_table SET id=id+5, v=8 WHERE id=" + id);
    Run("DELETE FROM live_table WHERE id=" + id + "0");
    ExpectSame();
  }
}

// The server says what does not fit, and the message does not need the value to be sent again.
TEST_P(LargeRowsTest, ValueThatDoesNotFitIsNamedByItsSize) {
  Run("SET sql_log_bin=0");  // the stream is to see no foreign DDL
  Run("ALTER TABLE off_stage MODIFY b BLOB");
  Run("SET sql_log_bin=1");
  Run("INSERT INTO live_table (id, v, b) VALUES (5, 1, REPEAT('x', " + MostBytes() + "))");
  const Error error = StreamToError();
  EXPECT_EQ(error.code(), ErrorCode::kUnprojectable);
  EXPECT_THAT(error.message(), HasSubstr("row id=5 of `" + database() + "`.`live_table`"));
  EXPECT_THAT(error.message(), HasSubstr("column `b`, value of " + MostBytes() + " bytes"));
  EXPECT_THAT(error.message(), HasSubstr("Data too long"));
}

// An application can write what no statement can carry: here by a conversion within the server.
TEST_P(LargeRowsTest, ValueLargerThanAPacketIsNamed) {
  const uint64_t most = connection().max_packet_bytes();
  const std::string bytes = std::to_string((most * 11 / 20) * 2);
  Run("CREATE TABLE narrow (body LONGTEXT CHARACTER SET latin1)");
  Run("INSERT INTO narrow VALUES (REPEAT(_latin1 X'E9', " + bytes + " DIV 2))");
  Run("CREATE TABLE wide (id INT PRIMARY KEY, n INT, body LONGTEXT, title VARCHAR(20))");
  const auto insert = [&](const std::string& id) {
    Run("INSERT INTO wide (id, n, body) SELECT " + id + ", 1, body FROM narrow");
  };
  const auto expect_named = [&](const nlohmann::json& migration, const std::string& id) {
    const std::string message = migration["error"]["message"];
    EXPECT_THAT(message, HasSubstr("row id=" + id + " of `" + database() + "`.`wide`"));
    EXPECT_THAT(message, HasSubstr("column `body`: value too large: " + bytes + " bytes"));
    EXPECT_THAT(message, HasSubstr("max_allowed_packet is " + std::to_string(most)));
    EXPECT_THAT(migration["error"]["hint"].get<std::string>(),
                HasSubstr("raise max_allowed_packet"));
  };
  const auto tables = Tables();

  insert("1");  // copied within the server
  const std::string failing = osc().Alter("wide", "DROP COLUMN title", {"--postpone-cutover"});
  insert("2");
  expect_named(osc().WaitForState(failing, "failed"), "2");
  EXPECT_EQ(Tables(), tables);
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(id, '-', LENGTH(body), title IS NULL) FROM wide"),
            "1-" + bytes + "1,2-" + bytes + "1");

  Run("DELETE FROM wide WHERE id=2");
  const std::string id = osc().Alter("wide", "DROP COLUMN title");
  Run("UPDATE wide SET n=5 WHERE id=1");  // leaves the large value as it is
  osc().WaitUntilCaughtUp(id);
  EXPECT_EQ(Value("SELECT n FROM _osc_" + id + "_wide"), "5");
  insert("3");
  const nlohmann::json blocked = osc().WaitUntil(
      id, "the row to be in the way",
      [](const nlohmann::json& now) { return now["revert"]["readiness"] == "blocked"; });
  const nlohmann::json& row = blocked["revert"]["rows"][0];
  EXPECT_EQ(row["key"], "id=3");
  EXPECT_THAT(row["reason"].get<std::string>(), HasSubstr("value too large: " + bytes + " bytes"));
  EXPECT_EQ(osc().Run({"revert", id}).exit_code, 3);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM wide"), "2");
}

INSTANTIATE_TEST_SUITE_P(Servers, LargeRowsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
