// Values of every type, read from the binlog, written again as literals: the copy's own row images
// must be the same bytes.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "ddl/table_definition.h"
#include "src/mysql/quote.h"
#include "tests/server/binlog_fixture_test.h"

namespace osc::binlog {
namespace {

using Bytes = std::optional<std::string>;
using Rows = std::map<std::string, std::vector<Bytes>>;  // by the key's bytes

enum Where { kEverywhere, kMySqlOnly, kMariaDbOnly, kWithVectors };

struct TypeCase {
  std::string type;
  std::vector<std::string> values;  // as SQL
  Where where = kEverywhere;
};

std::vector<std::string> Doubles(const char* format) {
  std::mt19937_64 random(20261121);
  std::vector<std::string> values = {"0",    "-0e0", "1",           "-1.5", "1e-9",
                                     "1e22", "1e23", "0.1e0+0.2e0", "1e15", "9007199254740993e0"};
  for (int i = 0; i < 300; ++i) {
    const double magnitude = static_cast<double>(static_cast<int64_t>(random() % 70)) - 35;
    const double value = static_cast<double>(random()) * std::pow(10.0, magnitude - 19);
    char text[64];
    std::snprintf(text, sizeof(text), format, i % 2 == 0 ? value : -value);
    values.emplace_back(text);
  }
  return values;
}

std::vector<std::string> With(std::vector<std::string> values, std::vector<std::string> more) {
  values.insert(values.end(), more.begin(), more.end());
  return values;
}

std::string AllBytes() {
  std::string hex = "X'";
  for (int i = 0; i < 256; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02X", i);
    hex += digits;
  }
  return hex + "'";
}

std::vector<TypeCase> Cases() {
  const std::vector<std::string> texts = {
      "''",     "'a'",           "'it''s'",        "'back\\\\slash'", "' lead and trail  '",
      "'äöüß'", "'tab\\tnl\\n'", "_utf8mb4 X'00'", "'%_\"`'"};
  const std::vector<std::string> wide = With(texts, {"'日本語'", "'кот'"});
  const std::vector<std::string> all = With(wide, {"'😀🇩🇪'", "'a😀'"});
  std::vector<TypeCase> cases = {
      {"TINYINT", {"0", "-128", "127", "-1"}},
      {"TINYINT UNSIGNED", {"0", "128", "255"}},
      {"TINYINT(1)", {"0", "1"}},
      {"SMALLINT", {"-32768", "32767", "-1"}},
      {"SMALLINT UNSIGNED", {"65535", "32768"}},
      {"MEDIUMINT", {"-8388608", "8388607", "-1"}},
      {"MEDIUMINT UNSIGNED", {"16777215", "8388608"}},
      {"INT", {"-2147483648", "2147483647", "-1", "0"}},
      {"INT UNSIGNED", {"4294967295", "2147483648"}},
      {"BIGINT", {"-9223372036854775808", "9223372036854775807", "-1"}},
      {"BIGINT UNSIGNED", {"18446744073709551615", "9223372036854775808", "0"}},
      {"BIGINT UNSIGNED ZEROFILL", {"5"}},
      {"DECIMAL(65,30)",
       {"99999999999999999999999999999999999.999999999999999999999999999999",
        "-99999999999999999999999999999999999.999999999999999999999999999999",
        "0.000000000000000000000000000001", "-0.000000000000000000000000000001", "0", "1.5"}},
      {"DECIMAL(65,0)",
       {"99999999999999999999999999999999999999999999999999999999999999999", "-1"}},
      {"DECIMAL(30,30)", {"0.123456789012345678901234567891", "-0.5", "0"}},
      {"DECIMAL(10,2)", {"-12345678.90", "0.01", "-0.01", "99999999.99", "1000000", "10.10"}},
      {"DECIMAL(9,9)", {"0.000000001", "-0.999999999"}},
      {"DECIMAL(18,9) UNSIGNED", {"999999999.000000001", "123456789.1"}},
      {"DECIMAL(1,0)", {"-9", "9", "0"}},
      {"FLOAT", With(Doubles("%.9e"), {"3.4028234663852886e38", "-3.4028234663852886e38",
                                       "1.17549435e-38", "1.40129846e-45"})},
      {"FLOAT UNSIGNED", {"16777216", "0.1"}},
      {"FLOAT(7,4)", {"999.9999", "-0.1234", "0.1"}},
      {"DOUBLE", With(Doubles("%.17e"), {"1.7976931348623157e308", "-1.7976931348623157e308",
                                         "2.2250738585072014e-308", "4.9406564584124654e-324"})},
      {"DOUBLE(20,5)", {"123456789.12345", "-0.00001"}},
      {"BIT(1)", {"b'0'", "b'1'"}},
      {"BIT(9)", {"b'100000001'", "b'0'", "b'011111111'"}},
      {"BIT(33)", {"0x1FFFFFFFF", "5"}},
      {"BIT(64)", {"0xFFFFFFFFFFFFFFFF", "0x8000000000000000", "0", "1"}},
      {"YEAR", {"'0000'", "1901", "2155", "2024"}},
      {"DATE",
       {"'0000-00-00'", "'1000-01-01'", "'9999-12-31'", "'2024-02-29'", "'2024-00-00'",
        "'0001-01-01'"}},
      {"CHAR(0)", {"''"}},
      {"CHAR(10) CHARACTER SET utf8mb4", {"''", "'a'", "'😀'", "'  x'", "'äöüß'"}},
      {"CHAR(255) CHARACTER SET utf8mb4", {"REPEAT('😀',255)", "'x'", "REPEAT('y',255)"}},
      {"CHAR(200) CHARACTER SET latin1", {"REPEAT('é',200)", "''"}},
      {"CHAR(100) CHARACTER SET utf8mb3", {"REPEAT('é',100)", "'日本'"}},
      {"VARCHAR(100) CHARACTER SET utf8mb4", all},
      {"VARCHAR(60) CHARACTER SET utf8mb4", all},
      {"VARCHAR(16000) CHARACTER SET utf8mb4", With(all, {"REPEAT('😀',16000)"})},
      {"VARCHAR(100) CHARACTER SET utf8mb3", wide},
      {"VARCHAR(300) CHARACTER SET latin1",
       With(texts, {"CONVERT(" + AllBytes() + " USING latin1)"})},
      {"VARCHAR(300) CHARACTER SET cp1251", {"'кот'", "'a'"}},
      {"VARCHAR(100) CHARACTER SET ucs2", wide},
      {"VARCHAR(100) CHARACTER SET utf16", all},
      {"VARCHAR(100) CHARACTER SET utf16le", all},
      {"VARCHAR(100) CHARACTER SET utf32", all},
      {"CHAR(10) CHARACTER SET ucs2", {"'ab'", "'日本'"}},
      {"VARCHAR(100) CHARACTER SET gbk", {"'a'", "'汉字'", "_gbk X'8C5C'", "'it''s'"}},
      {"VARCHAR(100) CHARACTER SET sjis", {"'表'", "'ソ'", "'a\\\\b'"}},
      {"VARCHAR(100) CHARACTER SET ascii", {"'plain'", "''"}},
      {"VARCHAR(100) CHARACTER SET binary", {"X'00FF27'", "''"}},
      {"BINARY(1)", {"X'00'", "X'FF'", "'a'"}},
      {"BINARY(16)", {"X'00'", "X'FF0000'", "''", "X'000102030405060708090A0B0C0D0E0F'"}},
      {"BINARY(255)", {"REPEAT('x',255)", "X'01'"}},
      {"VARBINARY(255)", {"X'00'", "''", "X'FF00'", "X'2700'"}},
      {"VARBINARY(256)", {AllBytes(), "''"}},
      {"TINYTEXT", {"''", "'a'", "REPEAT('x',255)"}},
      {"TEXT CHARACTER SET utf8mb4", With(all, {"REPEAT('ä',30000)"})},
      {"TEXT CHARACTER SET latin1", texts},
      {"MEDIUMTEXT CHARACTER SET utf8mb4", {"REPEAT('z',100000)", "''"}},
      {"LONGTEXT CHARACTER SET ucs2", wide},
      {"TINYBLOB", {"''", "X'0000'"}},
      {"BLOB", {AllBytes(), "''"}},
      {"MEDIUMBLOB", {"REPEAT(X'00FF',50000)"}},
      {"LONGBLOB", {AllBytes(), "REPEAT('q',1000000)"}},
      {"ENUM('a','it''s','','b,c','日','0','1')",
       {"'a'", "'it''s'", "''", "'b,c'", "'日'", "'0'", "'1'"}},
      {"ENUM('ä','x') CHARACTER SET latin1", {"'ä'", "'x'"}},
      {"ENUM('ä','日') CHARACTER SET ucs2", {"'ä'", "'日'"}},
      {"SET('a','b','it''s','ö')", {"''", "'a'", "'a,it''s,ö'", "15"}},
      {"SET('a','b') CHARACTER SET utf16", {"'a,b'", "'b'"}},
      {"JSON",
       {"'null'", "'[]'", "'{}'", "'true'", "'\"text\"'", "'-1'", "'1.5'",
        "'{\"a\":1,\"bb\":[1,2,{\"c\":null}],\"quote\\\\\"\":\"it''s \\\\\\\\ \\\\u0001\"}'",
        "'[\"😀\",\"äöü\"]'"}},
  };
  for (int digits = 0; digits <= 6; ++digits) {
    const std::string suffix = "(" + std::to_string(digits) + ")";
    cases.push_back({"TIME" + suffix,
                     {"'00:00:00'", "'-00:00:00.9'", "'-00:00:01.000001'", "'838:59:59'",
                      "'-838:59:59'", "'-838:59:58.999999'", "'12:34:56.789012'",
                      "'-12:34:56.100000'", "'-01:00:00'", "'100:00:00.5'"}});
    cases.push_back({"DATETIME" + suffix,
                     {"'0000-00-00 00:00:00'", "'1000-01-01 00:00:00'", "'2024-00-00 00:00:00'",
                      "'9999-12-31 23:59:59'", "'2024-02-29 12:34:56.789012'",
                      "'2024-02-29 12:34:56.999'", "'0001-01-01 00:00:00.000001'"}});
    cases.push_back({"TIMESTAMP" + suffix + " NULL",
                     {"'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'",
                      "'2024-02-29 12:34:56.789012'", "'2000-02-28 23:59:59.123456'",
                      "'2001-03-01 00:00:00'", "'1999-12-31 23:59:59'"}});
  }
  std::string set = "SET('m0'";
  for (int i = 1; i < 64; ++i) set += ",'m" + std::to_string(i) + "'";
  cases.push_back({set + ")", {"'m0,m63'", "18446744073709551615", "'m31,m32'", "''"}});
  std::string large_enum = "ENUM('e0'";
  for (int i = 1; i < 700; ++i) large_enum += ",'e" + std::to_string(i) + "'";
  cases.push_back({large_enum + ")", {"'e0'", "'e255'", "'e256'", "'e699'"}});
  std::string array = "'[";
  std::string object = "'{";
  for (int i = 0; i < 20000; ++i) {
    array += (i > 0 ? "," : "") + std::to_string(i * 7919) + ".25";
    object +=
        (i > 0 ? ",\"key" : "\"key") + std::to_string(i) + "\":\"v" + std::to_string(i) + "\"";
  }
  cases.push_back({"JSON", {array + "]'", object + "}'"}});
  const std::vector<std::string> geometries = {
      "ST_GeomFromText('POINT(1 2)')",
      "ST_GeomFromText('POINT(-89.5 179.25)', 4326)",
      "ST_GeomFromText('POINT(-1.7976931348623157e308 5e-324)')",
      "ST_GeomFromText('LINESTRING(0 0,1.1 2.2,3 3)', 3857)",
      "ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,2 1,2 2,1 1))')",
      "ST_GeomFromText('MULTIPOINT(1 1,2 2)')",
      "ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')",
      "ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))')",
      "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))', 4326)",
      "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')"};
  cases.push_back({"GEOMETRY", geometries});
  cases.push_back({"POINT", {geometries[0], geometries[1], geometries[2]}});
  cases.push_back({"LINESTRING", {geometries[3]}});
  cases.push_back({"POLYGON", {geometries[4]}});
  cases.push_back({"MULTIPOINT", {geometries[5]}});
  cases.push_back({"MULTILINESTRING", {geometries[6]}});
  cases.push_back({"MULTIPOLYGON", {geometries[7]}});
  cases.push_back({"GEOMETRYCOLLECTION", {geometries[8], geometries[9]}});
  cases.push_back({"POINT SRID 4326", {geometries[1]}, kMySqlOnly});
  cases.push_back({"POINT REF_SYSTEM_ID=4326", {geometries[1]}, kMariaDbOnly});
  cases.push_back({"VECTOR(2)",
                   {"X'0000803F00000040'", "X'0000000000000080'", "X'0000005F00008080'"},
                   kWithVectors});
  cases.push_back({"VECTOR(4000)", {"REPEAT(X'0000803F', 4000)"}, kWithVectors});
  cases.push_back({"VECTOR(3)", {"X'0000803F'", "STRING_TO_VECTOR('[1,-2.5,1e-30]')"}, kMySqlOnly});
  std::vector<std::string> uuids = {"'00000000-0000-0000-0000-000000000000'",
                                    "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
                                    "'27272727-5c5c-4c5c-a75c-200020002000'"};
  for (const char version : std::string("0123456789abcdef")) {
    uuids.push_back("'01020304-0506-" + std::string(1, version) + "708-890a-0b0c0d0e0f10'");
    uuids.push_back("'f1020304-0506-" + std::string(1, version) + "708-b90a-0b0c0d0e0000'");
  }
  cases.push_back({"UUID", uuids, kMariaDbOnly});
  cases.push_back({"INET4",
                   {"'0.0.0.0'", "'255.255.255.255'", "'10.0.0.0'", "'0.0.0.32'", "'1.32.0.32'"},
                   kMariaDbOnly});
  cases.push_back({"INET6",
                   {"'::'", "'::1'", "'ff::'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'",
                    "'::ffff:192.168.0.1'", "'2001:db8::20'", "'::20'"},
                   kMariaDbOnly});
  const std::vector<std::string> compressible =
      With(all, {"REPEAT('abc ',20)", "REPEAT('x',99)", "REPEAT('x',100)", "REPEAT('y',255)"});
  cases.push_back({"VARCHAR(300) COMPRESSED CHARACTER SET utf8mb4", compressible, kMariaDbOnly});
  cases.push_back({"VARCHAR(16000) COMPRESSED CHARACTER SET utf8mb4",
                   With(compressible, {"REPEAT('😀',15999)"}), kMariaDbOnly});
  cases.push_back(
      {"TEXT COMPRESSED CHARACTER SET ucs2", With(wide, {"REPEAT('日本',5000)"}), kMariaDbOnly});
  cases.push_back({"TINYTEXT COMPRESSED", {"''", "REPEAT('z',254)"}, kMariaDbOnly});
  cases.push_back({"LONGTEXT COMPRESSED", {"''", "REPEAT('zy',100000)"}, kMariaDbOnly});
  cases.push_back({"VARBINARY(1000) COMPRESSED",
                   {AllBytes(), "''", "REPEAT(X'00',999)", "X'00'"},
                   kMariaDbOnly});
  cases.push_back({"BLOB COMPRESSED", {AllBytes(), "REPEAT(X'00FF',20000)"}, kMariaDbOnly});
  cases.push_back({"MEDIUMBLOB COMPRESSED", {"REPEAT(X'2700',60000)"}, kMariaDbOnly});
  cases.push_back({"ENUM('a','😀','?','b?c','😁','it''s?','b\\\\?') COLLATE utf8mb4_bin",
                   {"'a'", "'😀'", "'?'", "'b?c'", "'😁'", "'it''s?'", "'b\\\\?'"}});
  cases.push_back({"SET('?','😀','x') CHARACTER SET utf16 COLLATE utf16_bin",
                   {"'?,x'", "'😀'", "'?,😀,x'", "''"}});
  cases.push_back({"ENUM('汉','a?') CHARACTER SET gbk", {"'汉'", "'a?'"}});
  cases.push_back(
      {"JSON",
       {"JSON_ARRAY(1.50, 0.00, -12345678901.5, CAST(1.5 AS DECIMAL(65,30)), .5, 7., -0.0)",
        "CAST(1.50 AS JSON)", "CAST(CAST(5 AS UNSIGNED) AS JSON)", "CAST(5000000000 AS JSON)",
        "JSON_ARRAY(CAST(5 AS UNSIGNED), 70000, CAST(70000 AS UNSIGNED), 5000000000, "
        "CAST(5000000000 AS UNSIGNED), 9223372036854775807, -9223372036854775808, "
        "18446744073709551615, 4294967295, 4294967296)",
        "CAST(DATE'2024-02-29' AS JSON)", "CAST(TIME'-838:59:58.000001' AS JSON)",
        "JSON_OBJECT('d', DATE'9999-12-31', 't', TIME'10:11:12.5', 'dt', "
        "TIMESTAMP'2024-01-02 03:04:05.678901', 'zero', DATE'0000-00-00')",
        "JSON_OBJECT('b', _binary X'00FF', 'deep', JSON_ARRAY(JSON_OBJECT('x', 1.10)), 'n', NULL, "
        "'t', TRUE, 'plain', CAST('{\"k\":[1,\"s\"]}' AS JSON))",
        "CAST('[-0.0]' AS JSON)", "CAST(0.1e0+0.2e0 AS JSON)",
        "JSON_ARRAY(0.1e0+0.2e0, 1e300, 5e-324, 1e22, 1e23, 123456789012345680e0, "
        "1.7976931348623157e308)",
        "JSON_EXTRACT(JSON_ARRAY(_binary'abc'), '$[0]')",
        "JSON_OBJECT('', 1.0, 'ключ', 2.0, 'it''s', 3.5)",
        "(SELECT JSON_ARRAY(v, b, f, x, t, m, l, s) FROM (SELECT 1) one, JSON_TABLE("
        "JSON_OBJECT('v', '2024-01-01 00:00:00.123', 'b', 5, 'f', _binary X'FE00'), '$' COLUMNS("
        "v TIMESTAMP(6) PATH '$.v', b BIT(9) PATH '$.b', f BLOB PATH '$.f', "
        "x BINARY(4) PATH '$.f', t VARBINARY(5) PATH '$.f', m MEDIUMBLOB PATH '$.f', "
        "l LONGBLOB PATH '$.f', s TINYBLOB PATH '$.f')) j)"},
       kMySqlOnly});
  return cases;
}

class BinlogLiteral : public BinlogTest {
 protected:
  bool HasVectors() const { return !IsMariaDb() || server_->server().AtLeast(11, 7); }

  std::vector<mysql::ColumnType> Columns(const std::string& table) {
    std::vector<mysql::ColumnType> columns;
    for (const auto& column : ddl::ReadTableDefinition(*server_, {database_, table}).columns) {
      columns.push_back(column.type);
    }
    return columns;
  }

  static std::vector<Bytes> Copy(const RowImage& image) {
    std::vector<Bytes> bytes;
    for (const Cell& cell : image) {
      bytes.push_back(cell.is_null ? Bytes() : Bytes(std::string(cell.bytes())));
    }
    return bytes;
  }

  // Follows the rows of a table; `apply` gets each row that is written.
  static void Follow(const std::vector<Transaction>& transactions, const std::string& table,
                     Rows* rows,
                     const std::function<void(const TableMap&, const RowImage&)>& apply) {
    RowImage before;
    RowImage after;
    for (const Transaction& transaction : transactions) {
      for (const RowsEvent& event : transaction.rows) {
        if (event.map().table != table) continue;
        RowReader reader(event);
        while (reader.Next(&before, &after)) {
          if (event.kind() != ChangeKind::kInsert) {
            const std::string key(before[0].bytes());
            ASSERT_EQ(rows->count(key), 1u);
            EXPECT_EQ((*rows)[key], Copy(before));
            rows->erase(key);
          }
          if (event.kind() == ChangeKind::kDelete) continue;
          (*rows)[std::string(after[0].bytes())] = Copy(after);
          if (apply) apply(event.map(), after);
        }
      }
    }
  }
};

TEST_P(BinlogLiteral, EveryTypeComesBackToTheByte) {
  std::vector<TypeCase> cases;
  for (const TypeCase& type : Cases()) {
    const bool runs = type.where == kEverywhere || (type.where == kWithVectors && HasVectors()) ||
                      type.where == (IsMariaDb() ? kMariaDbOnly : kMySqlOnly);
    if (runs) cases.push_back(type);
  }
  const Position start = Now();
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string n = std::to_string(i);
    SCOPED_TRACE(cases[i].type.substr(0, 60));
    Run("CREATE TABLE s" + n + " (id INT PRIMARY KEY, c " + cases[i].type +
        ", tail VARCHAR(9) DEFAULT 'end')");
    Run("CREATE TABLE d" + n + " LIKE s" + n);
    int id = 0;
    for (const std::string& value : cases[i].values) {
      try {
        Run("INSERT INTO s" + n + " (id, c) VALUES (" + std::to_string(++id) + ", " + value + ")");
      } catch (const Error& error) {
        ADD_FAILURE() << error.message();
      }
    }
    Run("INSERT INTO s" + n + " VALUES (0, NULL, NULL), (-1, NULL, 'x')");
    // Updates and deletes have before images.
    Run("UPDATE s" + n + " SET tail = 'changed' WHERE id % 2 = 1");
    Run("DELETE FROM s" + n + " WHERE id = 0");
  }
  Reader reader = Open(start);
  const std::vector<Transaction> written = ReadToNow(reader);
  std::vector<Rows> expected(cases.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string n = std::to_string(i);
    SCOPED_TRACE(cases[i].type.substr(0, 60));
    const auto columns = Columns("s" + n);
    Follow(written, "s" + n, &expected[i], [&](const TableMap& map, const RowImage& image) {
      CheckTableMap(map, columns);
      std::string sql = "REPLACE INTO d" + n + " VALUES (";
      for (size_t c = 0; c < image.size(); ++c) {
        if (c > 0) sql += ',';
        AppendLiteral(sql, map.columns[c], columns[c], image[c]);
      }
      try {
        Run(sql + ")");
      } catch (const Error& error) {
        ADD_FAILURE() << error.message();
      }
    });
    Run("DELETE FROM d" + n + " WHERE id = 0");
    EXPECT_EQ(expected[i].size(), cases[i].values.size() + 1);
  }
  const std::vector<Transaction> copied = ReadToNow(reader);
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(cases[i].type.substr(0, 60));
    Rows rows;
    Follow(copied, "d" + std::to_string(i), &rows, {});
    EXPECT_EQ(rows.size(), expected[i].size());
    for (const auto& [key, row] : expected[i])
      EXPECT_EQ(rows[key], row) << "of key " << int(key[0]);
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, BinlogLiteral,
                         testing::Values("MARIADB_10_11", "MARIADB_11_8", "MYSQL_9_7"), ServerName);

}  // namespace
}  // namespace osc::binlog
