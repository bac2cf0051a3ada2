#include <gtest/gtest.h>

#include "src/base/error.h"
#include "src/binlog/compression.h"
#include "src/binlog/transaction_builder.h"

namespace osc::binlog {
namespace {

std::string Unhex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

Event MakeEvent(uint8_t type, std::string_view body, uint16_t flags = 0) {
  EventHeader header;
  header.type = type;
  header.server_id = 3411;
  header.flags = flags;
  return {header, body};
}

std::string Little(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
  return bytes;
}

std::string Query(const std::string& sql, const std::string& schema = "d") {
  return Little(0, 8) + static_cast<char>(schema.size()) + Little(0, 4) + schema + '\0' + sql;
}

// A table d.<name> of one TINYINT.
std::string Map(uint64_t id, const std::string& name) {
  return Little(id, 6) + Little(1, 2) + "\1d" + '\0' + static_cast<char>(name.size()) + name +
         '\0' + "\1\1" + '\0' + '\0';
}

std::string Row(uint64_t id, char value) {
  return Little(id, 6) + Little(1, 2) + "\1\1" + '\0' + value;
}

std::string MariaDbGtid(uint64_t number, uint8_t flags) {
  return Little(number, 8) + Little(7, 4) + static_cast<char>(flags) + Little(0, 6);
}

const std::string kXid = Little(9, 8);

class Builder {
 public:
  explicit Builder(mysql::Family family = mysql::Family::kMySql, bool with_gtids = false,
                   RowMemory memory = {})
      : builder_(
            family, with_gtids,
            [](std::string_view, std::string_view table) { return table[0] == 'w'; },
            std::move(memory)) {}

  // The transaction in short: "1,2" for rows of these values, statements in brackets; "-" as long
  // as there is none.
  std::string Add(uint8_t type, const std::string& body, uint16_t flags = 0) {
    last_ = builder_.Add(MakeEvent(type, body, flags));
    if (!last_) return "-";
    std::string text;
    was_spooled_ = last_->spool != nullptr;
    RowParts parts(last_->spool, last_->rows, 30);
    while (!parts.AtEnd()) {
      for (const RowsEvent& event : parts.Next()) {
        RowReader reader(event);
        RowImage image;
        while (reader.Next(nullptr, &image)) {
          if (!text.empty()) text += ',';
          text += std::to_string(image[0].data[0]);
        }
      }
    }
    using Xa = Transaction::Xa;
    if (last_->xa == Xa::kPrepare) text = "prepare " + last_->xid + ": " + text;
    if (last_->xa == Xa::kCommit) text = "commit " + last_->xid + text;
    if (last_->xa == Xa::kRollback) text = "rollback " + last_->xid + text;
    if (!last_->statement.empty()) text += "[" + last_->schema + ": " + last_->statement + "]";
    return text;
  }
  std::string Sql(const std::string& sql, const std::string& schema = "d") {
    return Add(kQueryEvent, Query(sql, schema));
  }
  void Insert(char value, const std::string& table = "wanted") {
    const uint64_t id = table == "wanted" ? 1 : 2;
    Add(kTableMapEvent, Map(id, table));
    EXPECT_EQ(Add(kWriteRowsEventV1, Row(id, value)), "-");
  }
  std::string LastGtid() const { return last_ && last_->gtid ? last_->gtid->ToString() : "none"; }
  void BeginFile() { builder_.BeginFile(); }
  bool was_spooled() const { return was_spooled_; }

 private:
  TransactionBuilder builder_;
  bool was_spooled_ = false;
  std::optional<Transaction> last_;
};

ErrorCode CodeOf(const std::function<void()>& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.message();
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::kInternal;
}

TEST(TransactionBuilder, RowsUpToTheEnd) {
  for (const auto& [type, body] :
       {std::pair<uint8_t, std::string>{kXidEvent, kXid}, {kQueryEvent, Query("COMMIT")}}) {
    Builder builder;
    builder.Sql("BEGIN");
    builder.Insert(1);
    builder.Insert(2, "other");
    builder.Insert(3);
    EXPECT_EQ(builder.Add(type, body), "1,3");
    builder.Sql("BEGIN");
    EXPECT_EQ(builder.Add(type, body), "");
  }
}

TEST(TransactionBuilder, RollbacksAndSavepoints) {
  Builder builder;
  builder.Sql("BEGIN");
  builder.Insert(1);
  EXPECT_EQ(builder.Sql("ROLLBACK"), "");
  builder.Sql("BEGIN");
  builder.Insert(1);
  builder.Sql("SAVEPOINT `a`");
  builder.Insert(2);
  builder.Sql("SAVEPOINT `b`");
  builder.Insert(3);
  builder.Sql("ROLLBACK TO `B`");
  builder.Insert(4);
  builder.Sql("SAVEPOINT `a`");
  builder.Insert(5);
  builder.Sql("ROLLBACK TO `a`");
  builder.Sql("ROLLBACK TO `a`");
  EXPECT_EQ(builder.Add(kXidEvent, kXid), "1,2,4");
  builder.Sql("BEGIN");
  builder.Sql("ROLLBACK TO `gone`");
  builder.Insert(1);
  EXPECT_EQ(CodeOf([&] { builder.Sql("ROLLBACK TO `a`"); }), ErrorCode::kDiverged);
}

// The same with rows that go to a file: all at once, some of them, and none.
TEST(TransactionBuilder, RollbacksAndSavepointsOfLargeTransactions) {
  for (const size_t bytes : {size_t{0}, size_t{100}, size_t{200}, size_t{400}, size_t{1} << 20}) {
    SCOPED_TRACE(bytes);
    Builder builder(mysql::Family::kMySql, false, {bytes, ""});
    builder.Sql("BEGIN");
    for (char value = 1; value <= 9; ++value) builder.Insert(value);
    EXPECT_EQ(builder.Add(kXidEvent, kXid), "1,2,3,4,5,6,7,8,9");
    EXPECT_EQ(builder.was_spooled(), bytes < 1000);
    builder.Sql("BEGIN");
    for (char value = 1; value <= 9; ++value) builder.Insert(value);
    EXPECT_EQ(builder.Sql("ROLLBACK"), "");
    builder.Sql("BEGIN");
    builder.Sql("SAVEPOINT `start`");
    builder.Insert(1);
    builder.Insert(2);
    builder.Sql("SAVEPOINT `a`");
    for (char value = 3; value <= 6; ++value) builder.Insert(value);
    builder.Sql("SAVEPOINT `b`");
    for (char value = 7; value <= 9; ++value) builder.Insert(value);
    builder.Sql("ROLLBACK TO `b`");
    builder.Insert(10);
    builder.Sql("ROLLBACK TO `b`");
    builder.Insert(11);
    builder.Sql("ROLLBACK TO `a`");
    for (char value = 12; value <= 14; ++value) builder.Insert(value);
    EXPECT_EQ(builder.Add(kXidEvent, kXid), "1,2,12,13,14");
    builder.Sql("BEGIN");
    builder.Sql("SAVEPOINT `start`");
    for (char value = 1; value <= 9; ++value) builder.Insert(value);
    builder.Sql("ROLLBACK TO `start`");
    EXPECT_EQ(builder.Add(kXidEvent, kXid), "");
  }
}

TEST(TransactionBuilder, ADirectoryThatCannotHoldRowsIsNamed) {
  Builder builder(mysql::Family::kMySql, false, {0, "/nowhere/at/all"});
  builder.Sql("BEGIN");
  std::string message;
  EXPECT_EQ(CodeOf([&] { builder.Insert(1); }, &message), ErrorCode::kBusy);
  EXPECT_NE(message.find("/nowhere/at/all"), std::string::npos) << message;
}

TEST(TransactionBuilder, Statements) {
  Builder builder;
  EXPECT_EQ(builder.Sql("ALTER TABLE t ADD x INT"), "[d: ALTER TABLE t ADD x INT]");
  builder.Sql("BEGIN");
  EXPECT_EQ(builder.Add(kIntvarEvent, Little(0, 9)), "-");
  builder.Sql("UPDATE t SET a=1");
  builder.Sql("DELETE FROM t");
  builder.Sql("DELETE FROM u", "e`e");
  EXPECT_EQ(builder.Add(kXidEvent, kXid),
            "[d: UPDATE t SET a=1;\nDELETE FROM t;\nUSE `e``e`;\nDELETE FROM u]");
  builder.Sql("BEGIN");
  builder.Sql("CREATE TABLE wanted (a TINYINT) START TRANSACTION");
  builder.Insert(1);
  EXPECT_EQ(builder.Add(kXidEvent, kXid),
            "1[d: CREATE TABLE wanted (a TINYINT) START TRANSACTION]");
}

TEST(TransactionBuilder, XaTransactions) {
  Builder builder;
  const std::string one_phase = "\1" + Little(0, 12);
  const std::string prepare = '\0' + Little(0, 12);
  builder.Sql("XA START X'61',X'',1");
  builder.Insert(1);
  builder.Sql("XA END X'61',X'',1");
  EXPECT_EQ(builder.Add(kXaPrepareEvent, one_phase), "1");
  builder.Sql("XA START X'61',X'',1");
  builder.Insert(1, "other");
  builder.Sql("XA END X'61',X'',1");
  EXPECT_EQ(builder.Add(kXaPrepareEvent, prepare), "prepare X'61',X'',1: ");
  EXPECT_EQ(builder.Sql("XA COMMIT X'61',X'',1"), "commit X'61',X'',1");
  EXPECT_EQ(builder.Sql("XA ROLLBACK X'61',X'',1"), "rollback X'61',X'',1");
  builder.Sql("XA START X'61',X'62',7");
  builder.Insert(1);
  builder.Insert(2);
  builder.Sql("XA END X'61',X'62',7");
  EXPECT_EQ(builder.Add(kXaPrepareEvent, prepare), "prepare X'61',X'62',7: 1,2");
  // MariaDB has the start of it in the GTID event.
  Builder mariadb(mysql::Family::kMariaDb, true);
  mariadb.Add(kMariaDbGtidEvent, MariaDbGtid(5, 0));
  mariadb.Insert(3);
  mariadb.Sql("XA END X'61',X'62',7");
  EXPECT_EQ(mariadb.Add(kXaPrepareEvent, prepare), "prepare X'61',X'62',7: 3");
}

TEST(TransactionBuilder, GtidsOfBothFamilies) {
  Builder mysql(mysql::Family::kMySql, true);
  mysql.Add(kGtidEvent, '\0' + Unhex("c6e3b0a9e54e11f193ce02fc00000001") + Little(45, 8));
  mysql.Sql("BEGIN");
  mysql.Add(kXidEvent, kXid);
  EXPECT_EQ(mysql.LastGtid(), "c6e3b0a9-e54e-11f1-93ce-02fc00000001:45");
  // Captured from MySQL 9.7.4.
  mysql.Add(
      kTaggedGtidEvent,
      Unhex("02780000000219038d03c102a50295039c22c5034d02390304f103000000020404060a6d7974616708"
            "080a100c7fb4812afdbf600610ad041283120b"));
  mysql.Sql("BEGIN");
  mysql.Add(kXidEvent, kXid);
  EXPECT_EQ(mysql.LastGtid(), "c6e3b0a9-e54e-11f1-93ce-02fc00000001:mytag:1");
  EXPECT_EQ(CodeOf([&] { mysql.Add(kAnonymousGtidEvent, Little(0, 25)); }),
            ErrorCode::kPositionLost);

  Builder mariadb(mysql::Family::kMariaDb, true);
  mariadb.Add(kMariaDbGtidEvent, MariaDbGtid(5, 0x0c));
  mariadb.Insert(1);
  EXPECT_EQ(mariadb.Add(kXidEvent, kXid), "1");
  EXPECT_EQ(mariadb.LastGtid(), "7-3411-5");
  mariadb.Add(kMariaDbGtidEvent, MariaDbGtid(6, 0x29));
  EXPECT_EQ(mariadb.Sql("TRUNCATE t"), "[d: TRUNCATE t]");
  EXPECT_EQ(mariadb.LastGtid(), "7-3411-6");
  // CREATE TABLE ... SELECT: a statement and rows, up to the XID.
  mariadb.Add(kMariaDbGtidEvent, MariaDbGtid(7, 0x28));
  EXPECT_EQ(mariadb.Sql("CREATE TABLE wanted (a TINYINT)"), "-");
  mariadb.Insert(2);
  EXPECT_EQ(mariadb.Add(kXidEvent, kXid), "2[d: CREATE TABLE wanted (a TINYINT)]");
}

TEST(TransactionBuilder, GtidsThatNoSetHoldsAreErrors) {
  const std::string uuid = Unhex("c6e3b0a9e54e11f193ce02fc00000001");
  for (const uint64_t number : {uint64_t{0}, uint64_t{1} << 63, UINT64_MAX}) {
    Builder builder(mysql::Family::kMySql, true);
    EXPECT_EQ(CodeOf([&] { builder.Add(kGtidEvent, '\0' + uuid + Little(number, 8)); }),
              ErrorCode::kDiverged);
  }
  // The captured one above with a tag that has a space.
  EXPECT_EQ(CodeOf([&] {
              Builder builder(mysql::Family::kMySql, true);
              builder.Add(kTaggedGtidEvent,
                          Unhex("02780000000219038d03c102a50295039c22c5034d02390304f103000000020404"
                                "060a6d20746167"));
            }),
            ErrorCode::kDiverged);
}

TEST(TransactionBuilder, SizesThatCannotBeAreErrors) {
  // Rows of no columns would have no bytes, and never come to an end.
  Builder builder;
  EXPECT_EQ(CodeOf([&] {
              builder.Add(kTableMapEvent,
                          Little(1, 6) + Little(1, 2) + "\1d" + '\0' + "\1w" + '\0' + '\0' + '\0');
            }),
            ErrorCode::kDiverged);
  // Four GiB out of eight bytes.
  std::string out;
  EXPECT_EQ(CodeOf([&] { AppendMariaDbUncompressed(&out, "\x84\xff\xff\xff\xffpacked"); }),
            ErrorCode::kDiverged);
  EXPECT_LT(out.capacity(), 1u << 20);
}

TEST(TransactionBuilder, AGroupWithoutEndIsAnErrorUnlessTheFileEnds) {
  Builder builder(mysql::Family::kMariaDb, true);
  builder.Add(kMariaDbGtidEvent, MariaDbGtid(5, 0));
  builder.Insert(1);
  builder.BeginFile();
  builder.Add(kMariaDbGtidEvent, MariaDbGtid(5, 0));
  builder.Insert(2);
  EXPECT_EQ(builder.Add(kXidEvent, kXid), "2");
  builder.Add(kMariaDbGtidEvent, MariaDbGtid(6, 0));
  EXPECT_EQ(CodeOf([&] { builder.Add(kMariaDbGtidEvent, MariaDbGtid(7, 0)); }),
            ErrorCode::kDiverged);
}

TEST(TransactionBuilder, UnknownEventsAreNamedAndFatal) {
  for (const int type : {0, 26, 38 + 5, 77, 100, 172, 255}) {
    Builder builder;
    std::string message;
    EXPECT_EQ(CodeOf([&] { builder.Add(static_cast<uint8_t>(type), "body"); }, &message),
              ErrorCode::kDiverged);
    EXPECT_NE(message.find("(" + std::to_string(type) + ")"), std::string::npos) << message;
    EXPECT_EQ(builder.Add(static_cast<uint8_t>(type), "body", kIgnorableFlag), "-");
  }
}

TEST(TransactionBuilder, RowsNeedTheirTableMapInTheSameTransaction) {
  Builder builder;
  builder.Sql("BEGIN");
  builder.Insert(1);
  builder.Add(kXidEvent, kXid);
  builder.Sql("BEGIN");
  EXPECT_EQ(CodeOf([&] { builder.Add(kWriteRowsEventV1, Row(1, 2)); }), ErrorCode::kDiverged);
  Builder dummy;
  dummy.Sql("BEGIN");
  EXPECT_EQ(dummy.Add(kWriteRowsEventV1, Row(0xffffff, 2)), "-");
}

TEST(TransactionBuilder, PartialUpdatesOfWantedTablesAreRefused) {
  Builder builder;
  builder.Sql("BEGIN");
  builder.Add(kTableMapEvent, Map(2, "other"));
  const std::string rows = Little(2, 6) + Little(1, 2) + Little(2, 2) + "\1\1\1";
  EXPECT_EQ(builder.Add(kPartialUpdateRowsEvent, rows), "-");
  builder.Add(kTableMapEvent, Map(1, "wanted"));
  EXPECT_EQ(CodeOf([&] {
              builder.Add(kPartialUpdateRowsEvent,
                          Little(1, 6) + Little(1, 2) + Little(2, 2) + "\1\1\1");
            }),
            ErrorCode::kDiverged);
}

// Captured from MySQL 9.7.4: INSERT INTO t VALUES (1,REPEAT('z',40)),(2,REPEAT('y',40)).
const char kPayload[] =
    "0201000303fc180101019c0028b52ffd60180095040022471a27804bd201309111196150a384c426cc5d2b5640bc00"
    "069aada003e90cde1f7ae0a6606e3ed93205ff2f8912850cb406fa7bdeb761b3383bec6e6feb08ec6ec52bb87c84a0"
    "8a57e4e1901a5b26539b2815e63c9c3f3f804aab5840b26674c5e397e3901f708e2a5e011100a004e2fc100478e1cf"
    "ac2c5cf9a01930412b1b9a2a0742423239c1088b3dd01e106f0073";

TEST(TransactionBuilder, PayloadsAreUnpacked) {
  TransactionBuilder builder(mysql::Family::kMySql, false, [](auto, auto) { return true; });
  const auto transaction = builder.Add(MakeEvent(kTransactionPayloadEvent, Unhex(kPayload)));
  ASSERT_TRUE(transaction);
  ASSERT_EQ(transaction->rows.size(), 1u);
  EXPECT_EQ(transaction->rows[0].map().Name(), "osc_t_bl.t");
  RowReader reader(transaction->rows[0]);
  RowImage image;
  ASSERT_TRUE(reader.Next(nullptr, &image));
  EXPECT_EQ(image[1].bytes(), std::string(40, 'z'));
  ASSERT_TRUE(reader.Next(nullptr, &image));
  EXPECT_EQ(image[1].bytes(), std::string(40, 'y'));
  EXPECT_FALSE(reader.Next(nullptr, &image));
}

TEST(TransactionBuilder, DamagedPayloadsAreErrors) {
  const std::string payload = Unhex(kPayload);
  for (size_t size = 0; size < payload.size(); ++size) {
    EXPECT_EQ(CodeOf([&] {
                ForEachPayloadEvent(std::string_view(payload).substr(0, size), [](auto) {});
              }),
              ErrorCode::kDiverged)
        << size;
  }
  for (size_t i = 0; i < payload.size(); ++i) {
    std::string damaged = payload;
    damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
    TransactionBuilder builder(mysql::Family::kMySql, false, [](auto, auto) { return true; });
    try {
      builder.Add(MakeEvent(kTransactionPayloadEvent, damaged));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kDiverged) << error.message();
    }
  }
}

// Captured from MariaDB 10.11.18: UPDATE t SET v=REPEAT('y',290), before REPEAT('z',300).
TEST(TransactionBuilder, CompressedRowsAreUnpacked) {
  const std::string map = Unhex("5f0c000000000100086f73635f745f626c0001740002030f02400602");
  const std::string rows = Unhex(
      "5f0c00000000010002030382025c789cfbc3c8c0c0a0c358350a88067f4041a6c458390a080000f3a41a64");
  TransactionBuilder builder(mysql::Family::kMariaDb, false, [](auto, auto) { return true; });
  builder.Add(MakeEvent(kTableMapEvent, map));
  builder.Add(MakeEvent(kMariaDbUpdateRowsCompressedEventV1, rows));
  const auto transaction = builder.Add(MakeEvent(kXidEvent, kXid));
  RowReader reader(transaction->rows.at(0));
  RowImage before;
  RowImage after;
  ASSERT_TRUE(reader.Next(&before, &after));
  EXPECT_EQ(before[1].bytes(), std::string(300, 'z'));
  EXPECT_EQ(after[1].bytes(), std::string(290, 'y'));
  for (size_t size = 8; size < rows.size(); ++size) {
    TransactionBuilder damaged(mysql::Family::kMariaDb, false, [](auto, auto) { return true; });
    damaged.Add(MakeEvent(kTableMapEvent, map));
    EXPECT_EQ(CodeOf([&] {
                damaged.Add(MakeEvent(kMariaDbUpdateRowsCompressedEventV1, rows.substr(0, size)));
              }),
              ErrorCode::kDiverged);
  }
}

TEST(Event, ChecksumsAndHeaders) {
  // The CRC32 that every text book has for these nine bytes.
  EXPECT_TRUE(HasValidChecksum("123456789\x26\x39\xf4\xcb"));
  EXPECT_FALSE(HasValidChecksum("023456789\x26\x39\xf4\xcb"));
  EXPECT_FALSE(HasValidChecksum("abc"));
  const EventHeader header = ParseEventHeader(Unhex("010000001003000000170000000a0b0c0d2000"));
  EXPECT_EQ(header.type, kXidEvent);
  EXPECT_EQ(header.size, 23u);
  EXPECT_EQ(header.end_position, 0x0d0c0b0au);
  EXPECT_TRUE(header.IsArtificial());
  EXPECT_EQ(CodeOf([] { ParseEventHeader("too short"); }), ErrorCode::kDiverged);
  EXPECT_EQ(CodeOf([] { ByteReader(std::string_view("\xfb", 1)).PackedLength(); }),
            ErrorCode::kDiverged);
}

}  // namespace
}  // namespace osc::binlog
