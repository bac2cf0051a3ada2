// The stream: transactions, their borders and positions, and what it refuses.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "src/binlog/reader.h"
#include "tests/server/binlog_fixture_test.h"

namespace osc::binlog {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class BinlogReader : public BinlogTest {
 protected:
  // "insert t 2, update t 1" and statements in brackets, one entry a transaction.
  static std::vector<std::string> Describe(const std::vector<Transaction>& transactions) {
    std::vector<std::string> all;
    for (const Transaction& transaction : transactions) {
      std::string text;
      for (const RowsEvent& event : transaction.rows) {
        static constexpr const char* kNames[] = {"insert", "update", "delete"};
        RowReader reader(event);
        RowImage before;
        RowImage after;
        int rows = 0;
        while (reader.Next(&before, &after)) ++rows;
        if (!text.empty()) text += ", ";
        text += std::string(kNames[static_cast<int>(event.kind())]) + " " + event.map().table +
                " " + std::to_string(rows);
      }
      if (!transaction.statement.empty()) text += "[" + transaction.statement + "]";
      all.push_back(text);
    }
    return all;
  }

  void CreateTables() {
    Run("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(300))");
    Run("CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(300))");
  }

  using Texts = std::vector<std::string>;
};

TEST_P(BinlogReader, TransactionsComeWholeAndInOrder) {
  CreateTables();
  const Position start = Now();
  Run("INSERT INTO t VALUES (1,'a'),(2,'b')");
  Run("START TRANSACTION");
  Run("UPDATE t SET v='c' WHERE id=1");
  Run("INSERT INTO u VALUES (1,'x')");
  Run("DELETE FROM t");
  Run("COMMIT");
  Run("START TRANSACTION");
  Run("INSERT INTO t VALUES (9,'rolled back')");
  Run("ROLLBACK");
  Run("TRUNCATE TABLE u");
  Run("INSERT INTO t VALUES (3,'z')");
  Reader reader = Open(start);
  const auto transactions = ReadToNow(reader);
  EXPECT_EQ(Describe(transactions), (Texts{"insert t 2", "update t 1, insert u 1, delete t 2",
                                           "[TRUNCATE TABLE u]", "insert t 1"}));
  EXPECT_EQ(transactions.at(2).schema, database_);
  Position last = start;
  for (const Transaction& transaction : transactions) {
    ASSERT_TRUE(transaction.gtid);
    EXPECT_FALSE(last.gtids->Contains(*transaction.gtid));
    last.gtids->Add(*transaction.gtid);
    EXPECT_EQ(transaction.file, start.file);
    EXPECT_GT(transaction.end_offset, last.offset);
    last.offset = transaction.end_offset;
  }
}

TEST_P(BinlogReader, OnlyWantedTablesAreHandedOn) {
  CreateTables();
  const Position start = Now();
  Run("START TRANSACTION");
  Run("INSERT INTO t VALUES (1,'a')");
  Run("INSERT INTO u VALUES (1,'x')");
  Run("COMMIT");
  Run("INSERT INTO u VALUES (2,'x')");
  reached_ = start;
  Reader reader(options_, start, [&](std::string_view database, std::string_view table) {
    return database == database_ && table == "t";
  });
  EXPECT_EQ(Describe(ReadToNow(reader)), (Texts{"insert t 1"}));
}

TEST_P(BinlogReader, ResumesAfterAnyTransaction) {
  CreateTables();
  const Position start = Now();
  for (int i = 0; i < 6; ++i) {
    Run("INSERT INTO t VALUES (" + std::to_string(i) + ",'a')");
    if (i == 3) Run("FLUSH BINARY LOGS");
  }
  Reader reader = Open(start);
  const auto all = ReadToNow(reader);
  ASSERT_EQ(all.size(), 6u);
  EXPECT_NE(all[5].file, all[0].file);
  Position position = start;
  for (size_t i = 0; i < all.size(); ++i) {
    position.gtids->Add(*all[i].gtid);
    Reader again = Open(position);
    const auto rest = ReadToNow(again);
    ASSERT_EQ(rest.size(), all.size() - i - 1);
    if (!rest.empty()) {
      EXPECT_EQ(rest[0].gtid->ToString(), all[i + 1].gtid->ToString());
      EXPECT_EQ(rest[0].end_offset, all[i + 1].end_offset);
    }
  }
}

TEST_P(BinlogReader, ReadsByFileAndOffset) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB always has GTIDs";
  CreateTables();
  Position start = Now();
  start.gtids.reset();
  for (int i = 0; i < 4; ++i) {
    Run("INSERT INTO t VALUES (" + std::to_string(i) + ",'a')");
    if (i == 1) Run("FLUSH BINARY LOGS");
  }
  Reader reader = Open(start);
  const auto all = ReadToNow(reader);
  ASSERT_EQ(all.size(), 4u);
  Position end = Now();
  EXPECT_EQ(all[3].file, end.file);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_FALSE(all[i].gtid);
    Reader again = Open({std::nullopt, all[i].file, all[i].end_offset});
    EXPECT_EQ(ReadToNow(again).size(), all.size() - i - 1);
  }
}

TEST_P(BinlogReader, ReadsCompressedTransactions) {
  CreateTables();
  const Position start = Now();
  const std::string on = IsMariaDb() ? "SET GLOBAL log_bin_compress=ON"
                                     : "SET SESSION binlog_transaction_compression=ON";
  const std::string off = IsMariaDb() ? "SET GLOBAL log_bin_compress=OFF"
                                      : "SET SESSION binlog_transaction_compression=OFF";
  Run(on);
  Run("INSERT INTO t VALUES (1,REPEAT('a',300)),(2,REPEAT('b',300))");
  Run("UPDATE t SET v=REPEAT('c',299)");
  Run("CREATE TABLE w (id INT PRIMARY KEY, v LONGTEXT) COMMENT '" + std::string(400, 'x') + "'");
  Run("INSERT INTO w SELECT 1, REPEAT('0123456789',100000)");
  Run("START TRANSACTION");
  for (int i = 0; i < 200; ++i) {
    Run("INSERT INTO u VALUES (" + std::to_string(i) + ",REPEAT('d',300))");
  }
  Run("COMMIT");
  Run("DELETE FROM t");
  Run(off);
  Reader reader = Open(start);
  const auto all = ReadToNow(reader);
  ASSERT_EQ(all.size(), 6u);
  RowImage before;
  RowImage after;
  RowReader rows(all[1].rows.at(0));
  ASSERT_TRUE(rows.Next(&before, &after));
  EXPECT_EQ(before[1].bytes(), std::string(300, 'a'));
  EXPECT_EQ(after[1].bytes(), std::string(299, 'c'));
  EXPECT_NE(all[2].statement.find(std::string(400, 'x')), std::string::npos);
  RowReader large(all[3].rows.at(0));
  ASSERT_TRUE(large.Next(nullptr, &after));
  EXPECT_EQ(after[1].size, 1000000u);
  size_t inserted = 0;
  for (const RowsEvent& event : all[4].rows) {
    RowReader reader(event);
    while (reader.Next(nullptr, &after)) ++inserted;
  }
  EXPECT_EQ(inserted, 200u);
}

TEST_P(BinlogReader, ReadsPacketsAndTransactionsBeyondSixteenMegabytes) {
  Run("CREATE TABLE big (id INT PRIMARY KEY, v LONGBLOB)");
  const Position start = Now();
  const size_t size = 15'000'000;
  Run("INSERT INTO big VALUES (1,REPEAT('a'," + std::to_string(size) + "))");
  Run("UPDATE big SET v=REPEAT('b'," + std::to_string(size) + ")");  // both images in one event
  Run("DELETE FROM big");
  Reader reader = Open(start);
  auto all = ReadToNow(reader);
  ASSERT_EQ(all.size(), 3u);
  RowImage before;
  RowImage after;
  const std::vector<RowsEvent> update =
      RowParts(std::move(all[1].spool), std::move(all[1].rows), 1).Next();
  RowReader rows(update.at(0));
  ASSERT_TRUE(rows.Next(&before, &after));
  EXPECT_EQ(before[1].bytes(), std::string(size, 'a'));
  EXPECT_EQ(after[1].bytes(), std::string(size, 'b'));
  EXPECT_FALSE(rows.Next(&before, &after));
}

TEST_P(BinlogReader, RefusesImagesThatAreNotFull) {
  CreateTables();
  Run("CREATE TABLE b (id INT PRIMARY KEY, v INT, x BLOB)");
  Run("INSERT INTO t VALUES (1,'a')");
  Run("INSERT INTO b VALUES (1,1,'a')");
  struct Case {
    const char* image;
    const char* statement;
  };
  for (const Case& c : {Case{"MINIMAL", "UPDATE t SET v='b'"}, Case{"MINIMAL", "DELETE FROM t"},
                        Case{"NOBLOB", "UPDATE b SET v=2"}}) {
    SCOPED_TRACE(c.statement);
    const Position start = Now();
    Run(std::string("SET SESSION binlog_row_image=") + c.image);
    Run(c.statement);
    Run("SET SESSION binlog_row_image=FULL");
    Reader reader = Open(start);
    EXPECT_EQ(CodeOf([&] { ReadToNow(reader); }), ErrorCode::kDiverged);
    EXPECT_NE(last_hint_.find("binlog_row_image=FULL"), std::string::npos);
    // Nobody minds them in tables that are not wanted.
    Reader other(options_, start, [](auto, auto) { return false; });
    reached_ = start;
    EXPECT_TRUE(ReadToNow(other).empty());
  }
}

TEST_P(BinlogReader, RefusesPartialJson) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB has no partial JSON";
  Run("CREATE TABLE j (id INT PRIMARY KEY, j JSON)");
  Run("INSERT INTO j VALUES (1,'{\"a\":\"bcdefghijklmnopqrstuvwxyz\"}')");
  const Position start = Now();
  Run("SET SESSION binlog_row_value_options=PARTIAL_JSON");
  Run("UPDATE j SET j=JSON_SET(j,'$.a','x')");
  Run("SET SESSION binlog_row_value_options=''");
  Reader reader = Open(start);
  EXPECT_EQ(CodeOf([&] { ReadToNow(reader); }), ErrorCode::kDiverged);
  EXPECT_NE(last_hint_.find("binlog_row_value_options"), std::string::npos);
  Reader other(options_, start, [](auto, auto) { return false; });
  reached_ = start;
  ReadToNow(other);
}

TEST_P(BinlogReader, XaTransactionsComeInTwoSteps) {
  CreateTables();
  Position start = Now();
  Run("XA START 'one'");
  Run("INSERT INTO t VALUES (1,'a')");
  Run("XA END 'one'");
  Run("XA COMMIT 'one' ONE PHASE");
  {
    Reader reader = Open(start);
    EXPECT_EQ(Describe(ReadToNow(reader)), (Texts{"insert t 1"}));
  }
  for (const char* end : {"ROLLBACK", "COMMIT"}) {
    SCOPED_TRACE(end);
    start = Now();
    const std::string id = "'" + database_ + "','branch',5";
    Run("XA START " + id);
    Run("INSERT INTO t VALUES (2,'a')");
    Run("XA END " + id);
    Run("XA PREPARE " + id);
    Run("XA " + std::string(end) + " " + id);
    Reader reader = Open(start);
    std::vector<Transaction> steps;
    const Position now = Now();
    while (!reached_.Covers(now)) {
      std::optional<Transaction> transaction = reader.Next({});
      if (!transaction) continue;
      Pass(*transaction);
      if (transaction->xid.find("X'6272616e6368',5") == std::string::npos) continue;
      steps.push_back(std::move(*transaction));
    }
    ASSERT_EQ(steps.size(), 2u);
    EXPECT_EQ(steps[0].xa, Transaction::Xa::kPrepare);
    EXPECT_EQ(steps[0].rows.size(), 1u);
    EXPECT_EQ(steps[1].xa, *end == 'C' ? Transaction::Xa::kCommit : Transaction::Xa::kRollback);
    EXPECT_EQ(steps[1].xid, steps[0].xid);
    EXPECT_FALSE(steps[1].HasRows());
  }
}

// With a table that cannot be rolled back in the transaction, MariaDB writes what was rolled back
// too. MySQL with GTIDs does not let them mix.
TEST_P(BinlogReader, RowsThatWereRolledBackAreLeftOut) {
  CreateTables();
  Run("CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM");
  const Position start = Now();
  Run("START TRANSACTION");
  Run("INSERT INTO t VALUES (1,'kept')");
  Run("SAVEPOINT one");
  Run("INSERT INTO t VALUES (2,'not kept')");
  if (IsMariaDb()) Run("INSERT INTO m VALUES (1)");
  Run("SAVEPOINT two");
  Run("INSERT INTO t VALUES (3,'not kept')");
  Run("ROLLBACK TO SAVEPOINT one");
  Run("INSERT INTO t VALUES (4,'kept')");
  Run("COMMIT");
  Run("START TRANSACTION");
  Run("INSERT INTO t VALUES (5,'not kept')");
  if (IsMariaDb()) Run("INSERT INTO m VALUES (2)");
  if (IsMariaDb()) Run("CREATE TEMPORARY TABLE temporary_one (id INT)");
  Run("ROLLBACK");
  Run("START TRANSACTION");
  Run("SAVEPOINT early");
  Run("INSERT INTO t VALUES (6,'not kept')");
  if (IsMariaDb()) Run("INSERT INTO m VALUES (3)");
  Run("ROLLBACK TO SAVEPOINT early");
  Run("INSERT INTO t VALUES (7,'kept')");
  Run("COMMIT");
  Reader reader = Open(start);
  std::vector<int> ids;
  for (const Transaction& transaction : ReadToNow(reader)) {
    for (const RowsEvent& event : transaction.rows) {
      RowReader rows(event);
      RowImage after;
      while (rows.Next(nullptr, &after)) {
        if (event.map().table == "t") ids.push_back(after[0].data[0]);
      }
    }
  }
  EXPECT_EQ(ids, (std::vector<int>{1, 4, 7}));
}

TEST_P(BinlogReader, StatementsInTransactionsAreShown) {
  CreateTables();
  Run("INSERT INTO t VALUES (1,'a')");
  const Position start = Now();
  Run("SET SESSION binlog_format=STATEMENT, " + std::string(server_->server().IsolationVariable()) +
      "='REPEATABLE-READ'");
  Run("START TRANSACTION");
  Run("UPDATE t SET v='b'");
  Run("DELETE FROM u");
  Run("COMMIT");
  Run("SET SESSION binlog_format=ROW");
  Run("CREATE TABLE made AS SELECT * FROM t");
  Reader reader = Open(start);
  const auto all = ReadToNow(reader);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].statement, "UPDATE t SET v='b';\nDELETE FROM u");
  EXPECT_EQ(all[0].schema, database_);
  EXPECT_TRUE(all[0].rows.empty());
  EXPECT_EQ(all[1].statement.substr(0, 12), "CREATE TABLE");
  EXPECT_EQ(all[1].rows.size(), 1u);
}

TEST_P(BinlogReader, ReadsTaggedGtids) {
  if (IsMariaDb()) GTEST_SKIP() << "MariaDB has no tags";
  CreateTables();
  const Position start = Now();
  Run("SET gtid_next='AUTOMATIC:osc_test'");
  Run("INSERT INTO t VALUES (1,'a')");
  Run("SET gtid_next='AUTOMATIC'");
  Run("INSERT INTO t VALUES (2,'a')");
  Run("FLUSH BINARY LOGS");
  Reader reader = Open(start);
  const auto all = ReadToNow(reader);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(all[0].gtid->source.find(":osc_test"), std::string::npos);
  EXPECT_TRUE(Now().gtids->Contains(*all[0].gtid));
  Position middle = start;
  middle.gtids->Add(*all[0].gtid);
  Reader again = Open(middle);
  EXPECT_EQ(ReadToNow(again).size(), 1u);
}

TEST_P(BinlogReader, ReadsSeveralDomains) {
  if (!IsMariaDb()) GTEST_SKIP() << "MySQL has no domains";
  CreateTables();
  const Position start = Now();
  Run("INSERT INTO t VALUES (1,'a')");
  Run("SET SESSION gtid_domain_id=77");
  Run("INSERT INTO t VALUES (2,'a')");
  Run("SET SESSION gtid_domain_id=0");
  Run("INSERT INTO t VALUES (3,'a')");
  Reader reader = Open(start);
  const auto all = ReadToNow(reader);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].gtid->domain, 77u);
  Position middle = start;
  middle.gtids->Add(*all[1].gtid);
  Reader again = Open(middle);
  EXPECT_EQ(ReadToNow(again).size(), 2u);
}

TEST_P(BinlogReader, APositionThatIsGoneIsSaidSo) {
  const Position now = Now();
  Position future;
  if (IsMariaDb()) {
    const std::string id = *server_->QueryValue("SELECT @@global.server_id");
    future.gtids = GtidSet::Parse(mysql::Family::kMariaDb, "0-" + id + "-99999999999");
  } else {
    const std::string id = *server_->QueryValue("SELECT @@global.server_uuid");
    future.gtids = GtidSet::Parse(mysql::Family::kMySql, id + ":1-99999999999");
  }
  for (const Position& position : {future, Position{std::nullopt, "binlog.999999", 4},
                                   Position{std::nullopt, now.file, now.offset + 100'000'000}}) {
    SCOPED_TRACE(position.ToString());
    EXPECT_EQ(CodeOf([&] {
                Reader reader = Open(position);
                const auto deadline = steady_clock::now() + seconds(10);
                while (steady_clock::now() < deadline) reader.Next({});
              }),
              ErrorCode::kPositionLost);
    EXPECT_FALSE(last_hint_.empty());
  }
  // A position of the other family.
  Position other;
  other.gtids = IsMariaDb() ? GtidSet::Parse(mysql::Family::kMySql, "")
                            : GtidSet::Parse(mysql::Family::kMariaDb, "0-1-1");
  EXPECT_EQ(CodeOf([&] { Open(other); }), ErrorCode::kPositionLost);
}

TEST_P(BinlogReader, AnIdleServerWakesTheReader) {
  Reader reader = Open(Now());
  const auto deadline = steady_clock::now() + seconds(30);
  int wakes = 0;
  while (wakes < 3 && steady_clock::now() < deadline) {
    const auto before = steady_clock::now();
    if (reader.Next({})) continue;
    // Without a heartbeat it would be the time of the read, 30 s.
    EXPECT_LT(steady_clock::now() - before, seconds(5));
    ++wakes;
  }
  EXPECT_EQ(wakes, 3);
}

TEST_P(BinlogReader, AStopEndsTheWait) {
  CreateTables();
  reached_ = Now();
  Run("INSERT INTO t VALUES (1,'a')");
  Reader reader(options_, reached_, OwnTables(), seconds(30));
  std::stop_source stop;
  std::promise<void> first;
  std::promise<steady_clock::time_point> returned;
  std::jthread thread([&] {
    int read = 0;
    while (!stop.stop_requested()) {
      // Others work on the same server.
      if (const auto transaction = reader.Next(stop.get_token())) Pass(*transaction);
      if (++read == 1) first.set_value();
    }
    returned.set_value(steady_clock::now());
  });
  first.get_future().get();  // from here on it waits, or reads what others write
  const auto asked = steady_clock::now();
  stop.request_stop();
  EXPECT_LT(returned.get_future().get() - asked, seconds(5));
  thread.join();
  // It can go on.
  Run("INSERT INTO t VALUES (2,'a')");
  EXPECT_GE(ReadToNow(reader).size(), 1u);
}

TEST_P(BinlogReader, TwoReadersDoNotDisturbEachOther) {
  CreateTables();
  Position first_at = Now();
  Position second_at = first_at;
  Reader first = Open(first_at);
  Reader second = Open(second_at);
  for (int i = 0; i < 3; ++i) {
    Run("INSERT INTO t VALUES (" + std::to_string(i) + ",'a')");
    reached_ = first_at;
    const auto one = ReadToNow(first);
    first_at = reached_;
    reached_ = second_at;
    const auto two = ReadToNow(second);
    second_at = reached_;
    ASSERT_EQ(one.size(), 1u);
    ASSERT_EQ(two.size(), 1u);
    EXPECT_EQ(one[0].gtid->ToString(), two[0].gtid->ToString());
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, BinlogReader,
                         testing::Values("MARIADB_10_11", "MARIADB_11_8", "MYSQL_9_7"), ServerName);

}  // namespace
}  // namespace osc::binlog
