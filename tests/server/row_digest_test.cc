// Rows that are not the same, and ranges that hold other rows, have other digests.
#include "shadow/row_digest.h"

#include <map>
#include <set>

#include "src/mysql/quote.h"
#include "tests/support/server_test.h"

namespace osc::shadow {
namespace {

class RowDigestTest : public testing::ServerTest {
 protected:
  std::vector<DigestedValue> Values(const std::string& table) {
    std::vector<DigestedValue> values;
    auto rows = connection().Query("SHOW FULL COLUMNS FROM " + table);
    while (rows.Next()) {
      values.push_back({mysql::ParseColumnType(rows.Text(1), rows[2] ? rows.Text(2) : ""),
                        mysql::QuoteIdentifier(rows.Text(0)), rows.Text(3) == "YES",
                        rows.Text(4) == "PRI"});
    }
    return values;
  }

  // As this server would be asked, and as an older one of its family.
  std::vector<mysql::ServerInfo> Dialects() {
    std::vector<mysql::ServerInfo> dialects{connection().server()};
    if (!IsMariaDb()) return dialects;
    dialects.push_back(connection().server());
    dialects.back().major = 10;
    dialects.back().minor = 6;
    return dialects;
  }
};

TEST_P(RowDigestTest, RowsThatDifferHaveOtherDigests) {
  Run("CREATE TABLE t (number INT PRIMARY KEY, a VARCHAR(20) NOT NULL, b VARCHAR(20), "
      "c VARCHAR(20) CHARACTER SET latin1, i INT NOT NULL, j INT, k BIGINT UNSIGNED, "
      "d DATETIME, e DATETIME, f DATE, x DECIMAL(10,2), y DECIMAL(10,2), z DECIMAL(5,0), "
      "t1 TEXT, t2 BLOB, v VARBINARY(20), u DOUBLE, w FLOAT, o TIME, p BIT(9), q ENUM('x','y'))");
  const std::vector<std::pair<std::string, std::vector<std::string>>> rows{
      {"a,b,c,i",
       {"'ab','c','',0",   "'a','bc','',0",   "'abc','','',0",  "'','abc','',0",  "'','','abc',0",
        "'abc',NULL,'',0", "'abc','',NULL,0", "'a#b','c','',0", "'a','b#c','',0", "'a#','#c','',0",
        "'a','a','',0",    "'','a','a',0",    "'a','','a',0",   "'a','','',1",    "'','','',11",
        "'#','',NULL,0",   "'#',NULL,'',0",   "'','#',NULL,0",  "'','0','',0",    "'','','0',0"}},
      {"a,i,j",
       {"'',12,3", "'',1,23", "'',123,NULL", "'',-1,23", "'',23,-1", "'',1,NULL", "'',0,1",
        "'1',0,NULL", "'',0,NULL", "'',0,0"}},
      {"a,i,k",
       {"'',0,18446744073709551615", "'',-1,NULL", "'',-1,0", "'',-1,1", "'',0,4294967295",
        "'',0,4294967296"}},
      {"a,i,d,e,f",
       {"'',0,'2024-01-01',NULL,NULL", "'',0,NULL,'2024-01-01',NULL", "'',0,NULL,NULL,'2024-01-01'",
        "'',0,'2024-01-01','2024-01-02',NULL", "'',0,'2024-01-02','2024-01-01',NULL"}},
      {"a,i,x,y,z",
       {"'',0,1.00,NULL,NULL", "'',0,NULL,1.00,NULL", "'',0,NULL,NULL,1", "'',0,11.00,1.00,NULL",
        "'',0,1.00,11.00,NULL", "'',0,-1.00,1.00,2", "'',0,1.00,-1.00,2", "'',0,1.00,1.00,2",
        "'',0,1.00,1.00,-2"}},
      {"a,i,t1,t2,v",
       {"'',0,'ab','c',''", "'',0,'a','bc',''", "'',0,'a','b','c'", "'',0,NULL,'a',''",
        "'',0,'','a',NULL", "'',0,'','a',''", "'',0,'a','',''", "'',0,'#',NULL,''",
        "'',0,'','','a'", "'',0,NULL,'','a'", "'',0,'','',X'00'", "'',0,'',X'00',''"}},
      {"a,i,u,w",
       {"'',0,1,2", "'',0,12,NULL", "'',0,1,23", "'',0,12,3", "'',0,0,2", "'',0,NULL,12",
        "'',0,1.0000000000000002,2"}},
      {"a,i,o,p,q",
       {"'',0,'01:00:01',1,'x'", "'',0,'101:00:01',1,'x'", "'',0,'01:00:01',11,NULL",
        "'',0,'01:00:01',1,NULL", "'',0,'01:00:01',1,'y'", "'',0,NULL,1,'x'",
        "'',0,'-01:00:01',1,'x'"}}};
  std::vector<DigestedValue> values = Values("t");
  values.erase(values.begin());  // the same for all
  std::string sql;
  size_t count = 0;
  for (const auto& [columns, lists] : rows) {
    for (const std::string& list : lists) {
      Run("INSERT INTO t (number," + columns + ") VALUES (" + std::to_string(++count) + "," + list +
          ")");
    }
  }
  for (const mysql::ServerInfo& server : Dialects()) {
    std::map<std::string, std::string> rows_of;
    auto all = connection().Query("SELECT number," + RowDigest(values, server) + " FROM t");
    while (all.Next()) {
      ASSERT_TRUE(all[1]) << "row " << all.Text(0);
      const auto [same, is_new] = rows_of.emplace(all.Text(1), all.Text(0));
      EXPECT_TRUE(is_new) << "rows " << same->second << " and " << all.Text(0) << " of "
                          << server.major;
    }
    std::set<std::string> ranges;
    for (size_t row = 1; row <= count; ++row) {
      ranges.insert(Value("SELECT " + RangeDigest(values, server) +
                          " FROM t WHERE number=" + std::to_string(row)));
    }
    EXPECT_EQ(ranges.size(), count);
  }
}

// A linear digest would stay as it is.
TEST_P(RowDigestTest, RowsThatExchangeAValueOrChangeAlikeAreSeen) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, s VARCHAR(10) NOT NULL, "
      "d DATETIME(3), m DECIMAL(8,2), b BLOB)");
  const std::vector<std::pair<std::string, std::string>> first{
      {"n", "10"}, {"s", "'aaaa'"}, {"d", "'2024-01-01'"}, {"m", "1.00"}, {"b", "'xx'"}};
  const std::vector<std::string> second{"20", "'bbbb'", "'2025-02-02'", "2.00", "'yy'"};
  for (const int id : {1, 2, 3, 4}) {
    std::string row = std::to_string(id);
    for (size_t i = 0; i < first.size(); ++i) row += "," + (id % 2 ? first[i].second : second[i]);
    Run("INSERT INTO t VALUES (" + row + ")");
  }
  for (const mysql::ServerInfo& server : Dialects()) {
    for (size_t i = 0; i < first.size(); ++i) {
      const std::string& column = first[i].first;
      const auto set = [&](const std::string& ids, const std::string& value) {
        Run("UPDATE t SET " + column + "=" + value + " WHERE id IN (" + ids + ")");
      };
      for (const bool alone : {false, true}) {
        std::vector<DigestedValue> values = Values("t");
        if (alone) {  // but for the key
          std::erase_if(values, [&](const DigestedValue& value) {
            return !value.is_key && value.expression != mysql::QuoteIdentifier(column);
          });
        }
        const std::string digest = "SELECT " + RangeDigest(values, server) + " FROM t";
        const std::string before = Value(digest);
        set("1", second[i]);
        set("2", first[i].second);
        EXPECT_NE(Value(digest), before) << column << " exchanged" << (alone ? ", alone" : "");
        set("2", second[i]);
        set("1,3", second[i]);
        EXPECT_NE(Value(digest), before) << column << " changed alike" << (alone ? ", alone" : "");
        set("1,3", first[i].second);
        EXPECT_EQ(Value(digest), before);
      }
    }
  }
}

// To MySQL's optimizer all of its values are constants.
TEST_P(RowDigestTest, ATablesOnlyRow) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(300), b TEXT) CHARACTER SET utf8mb4");
  Run("INSERT INTO t VALUES (1, REPEAT('\xC3\xA9', 200), 'b')");
  for (const mysql::ServerInfo& server : Dialects()) {
    const std::string digest = Value("SELECT " + RangeDigest(Values("t"), server) + " FROM t");
    EXPECT_EQ(Value("SELECT " + RangeDigest(Values("t"), server) + " FROM t WHERE id=1"), digest);
    EXPECT_NE(Value("SELECT " + RowDigest(Values("t"), server) + " FROM t"), "NULL");
  }
}

TEST_P(RowDigestTest, AThousandColumnsAreNotTooMany) {
  std::string columns;
  for (int i = 0; i < 1000; ++i) columns += ",c" + std::to_string(i) + " TINYINT DEFAULT 1";
  Run("CREATE TABLE t (id INT PRIMARY KEY" + columns + ")");
  Run("INSERT INTO t (id) VALUES (1)");
  const std::vector<DigestedValue> values = Values("t");
  for (const mysql::ServerInfo& server : Dialects()) {
    std::set<std::string> seen;
    for (const std::string column : {"id", "c0", "c63", "c64", "c65", "c999"}) {
      Run("UPDATE t SET " + column + "=" + column + "+1");
      const std::string digest = "SELECT " + RangeDigest(values, server) + " FROM t";
      EXPECT_TRUE(seen.insert(Value(digest)).second) << column;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, RowDigestTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc::shadow
