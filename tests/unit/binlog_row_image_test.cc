#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "src/base/error.h"
#include "src/binlog/event.h"
#include "src/binlog/json_expression.h"
#include "src/binlog/row_image.h"
#include "src/binlog/transaction_builder.h"
#include "src/binlog/value_text.h"

namespace osc::binlog {
namespace {

std::string Unhex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// One line of binlog_rows.tsv: a column, its events, and what its rows have to become.
struct Capture {
  std::string server;
  std::string type;
  std::string collation;
  std::string map;
  uint8_t event_type = 0;
  std::string rows;
  std::vector<std::string> literals;

  mysql::ColumnType Column() const { return mysql::ParseColumnType(type, collation); }
};

std::vector<Capture> ReadCaptures() {
  std::ifstream file(std::string(OSC_TEST_DATA) + "/binlog_rows.tsv");
  std::vector<Capture> captures;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    Capture capture;
    std::string field;
    std::getline(fields, capture.server, '\t');
    std::getline(fields, capture.type, '\t');
    std::getline(fields, capture.collation, '\t');
    std::getline(fields, field, '\t');
    capture.map = Unhex(field);
    std::getline(fields, field, '\t');
    capture.event_type = static_cast<uint8_t>(std::stoi(field));
    std::getline(fields, field, '\t');
    capture.rows = Unhex(field);
    while (std::getline(fields, field, '\t')) capture.literals.push_back(field);
    captures.push_back(capture);
  }
  return captures;
}

Event MakeEvent(uint8_t type, std::string_view body) {
  EventHeader header;
  header.type = type;
  return {header, body};
}

// The rows of one captured event as literals.
std::vector<std::string> Decode(const Capture& capture, std::string_view rows) {
  TransactionBuilder builder(mysql::Family::kMySql, false, [](auto, auto) { return true; });
  builder.Add(MakeEvent(kTableMapEvent, capture.map));
  builder.Add(MakeEvent(capture.event_type, rows));
  const Transaction transaction = builder.Add(MakeEvent(kXidEvent, "12345678")).value();
  const RowsEvent& event = transaction.rows.at(0);
  const std::vector<mysql::ColumnType> columns = {capture.Column()};
  CheckTableMap(event.map(), columns);
  std::vector<std::string> literals;
  RowReader reader(event);
  RowImage image;
  while (reader.Next(nullptr, &image)) {
    AppendLiteral(literals.emplace_back(), event.map().columns[0], columns[0], image[0]);
  }
  return literals;
}

TEST(RowImage, CapturedRowsBecomeTheirLiterals) {
  const auto captures = ReadCaptures();
  ASSERT_GT(captures.size(), 80u);
  for (const Capture& capture : captures) {
    SCOPED_TRACE(capture.server + " " + capture.type);
    EXPECT_EQ(Decode(capture, capture.rows), capture.literals);
  }
}

// Whatever is cut off or changed, it is an error or a value, never a read past the end.
TEST(RowImage, DamagedRowsAreErrors) {
  for (const Capture& capture : ReadCaptures()) {
    SCOPED_TRACE(capture.server + " " + capture.type);
    for (size_t size = 0; size < capture.rows.size(); ++size) {
      try {
        const auto literals = Decode(capture, std::string_view(capture.rows).substr(0, size));
        EXPECT_LT(literals.size(), capture.literals.size());
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kDiverged) << error.message();
      }
    }
    for (size_t i = 0; i < capture.rows.size(); ++i) {
      for (const int bits : {0x01, 0x80, 0xff}) {
        std::string damaged = capture.rows;
        damaged[i] = static_cast<char>(damaged[i] ^ bits);
        try {
          Decode(capture, damaged);
        } catch (const Error& error) {
          EXPECT_TRUE(error.code() == ErrorCode::kDiverged ||
                      error.code() == ErrorCode::kUnprojectable)
              << error.message();
        }
      }
    }
    for (size_t size = 0; size < capture.map.size(); ++size) {
      try {
        ParseTableMap(std::string_view(capture.map).substr(0, size));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kDiverged);
      }
    }
  }
}

TEST(RowImage, ACapturedTypeIsNoOther) {
  const auto captures = ReadCaptures();
  for (const Capture& capture : captures) {
    for (const Capture& other : captures) {
      const TableMap map = ParseTableMap(capture.map);
      const mysql::ColumnType mine = capture.Column();
      const mysql::ColumnType theirs = other.Column();
      if (mine.kind == theirs.kind) continue;
      const auto is_string = [](const mysql::ColumnType& type) {
        return type.IsText() || type.IsBinary() || type.kind == mysql::TypeKind::kUuid ||
               type.kind == mysql::TypeKind::kInet4 || type.kind == mysql::TypeKind::kInet6 ||
               type.kind == mysql::TypeKind::kVector;
      };
      if (is_string(mine) && is_string(theirs)) continue;
      SCOPED_TRACE(capture.type + " as " + other.type);
      EXPECT_THROW(CheckTableMap(map, {theirs}), Error);
    }
  }
}

TEST(RowImage, TableMapsAreChecked) {
  TableMap map;
  map.database = "d";
  map.table = "t";
  map.columns = {{kFieldLong, 0}, {kFieldVarchar, 40}};
  const auto type = [](const char* text, const char* collation = "") {
    return mysql::ParseColumnType(text, collation);
  };
  EXPECT_NO_THROW(CheckTableMap(map, {type("int"), type("varchar(10)", "utf8mb4_bin")}));
  struct Case {
    std::vector<mysql::ColumnType> columns;
    const char* message;
  };
  const Case cases[] = {
      {{type("int")}, "with 2 columns, expected are 1"},
      {{type("bigint"), type("varchar(10)", "utf8mb4_bin")}, "column 1 of d.t"},
      {{type("int"), type("varchar(41)", "latin1_bin")}, "column 2 of d.t"},
      {{type("int"), type("varbinary(41)")}, "column 2 of d.t"},
      {{type("int"), type("text", "latin1_bin")}, "column 2 of d.t"},
  };
  for (const Case& c : cases) {
    try {
      CheckTableMap(map, c.columns);
      ADD_FAILURE() << c.message;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kDiverged);
      EXPECT_NE(error.message().find(c.message), std::string::npos) << error.message();
    }
  }
  // The temporal types of before MySQL 5.6 do not say how long their fraction is.
  map.columns = {{kFieldOldDateTime, 0}};
  EXPECT_NO_THROW(CheckTableMap(map, {type("datetime")}));
  EXPECT_THROW(CheckTableMap(map, {type("datetime(3)")}), Error);
}

TEST(RowImage, OldTemporalTypes) {
  struct Case {
    FieldType field;
    const char* type;
    const char* bytes;
    const char* literal;
  };
  // Bytes as MariaDB 10.11 with mysql56_temporal_format=OFF writes them.
  const Case cases[] = {
      {kFieldOldTimestamp, "timestamp", "00000000", "TIMESTAMP'0000-00-00 00:00:00'"},
      {kFieldOldTimestamp, "timestamp", "ffffff7f", "TIMESTAMP'2038-01-19 03:14:07'"},
      {kFieldOldTime, "time", "10d780", "TIME'-833:35:52'"},
      {kFieldOldTime, "time", "40e201", "TIME'12:34:56'"},
      {kFieldOldDateTime, "datetime", "0000000000000000", "TIMESTAMP'0000-00-00 00:00:00'"},
      {kFieldOldDateTime, "datetime", "0080556066120000", "TIMESTAMP'2023-09-12 18:02:24'"},
  };
  for (const Case& c : cases) {
    const std::string bytes = Unhex(c.bytes);
    const Cell cell{reinterpret_cast<const uint8_t*>(bytes.data()),
                    static_cast<uint32_t>(bytes.size()), false};
    std::string literal;
    AppendLiteral(literal, {c.field, 0}, mysql::ParseColumnType(c.type, ""), cell);
    EXPECT_EQ(literal, c.literal) << c.bytes;
  }
}

TEST(RowImage, BinaryLongerThanItsColumnIsNotCut) {
  const std::string bytes = "abcd";
  const Cell cell{reinterpret_cast<const uint8_t*>(bytes.data()), 4, false};
  std::string literal;
  EXPECT_THROW(
      AppendLiteral(literal, {kFieldString, 3}, mysql::ParseColumnType("binary(3)", ""), cell),
      Error);
}

// Offsets of a damaged document can make its values contain each other.
TEST(RowImage, JsonWithoutEndIsAnError) {
  // An array of three arrays, each the whole again.
  std::string document("\2\3\0\15\0", 5);
  for (int i = 0; i < 3; ++i) document += std::string("\2\0\0", 3);
  std::string out;
  EXPECT_THROW(AppendJsonExpression(out, document), Error);
}

TEST(RowImage, ImagesThatAreNotFullAreRefused) {
  auto map = std::make_shared<TableMap>();
  map->columns.assign(9, MappedColumn{kFieldTiny, 0});
  // The bits past the ninth column do not count.
  EXPECT_NO_THROW(RowsEvent(ChangeKind::kInsert, map, "\xff\x01", 0, 9));
  EXPECT_NO_THROW(RowsEvent(ChangeKind::kUpdate, map, "\xff\xff\xff\x01", 0, 9));
  for (const char* bitmaps : {"\xff\xfe", "\xfe\x01", "\x7f\x01"}) {
    EXPECT_THROW(RowsEvent(ChangeKind::kInsert, map, bitmaps, 0, 9), Error);
    EXPECT_THROW(RowsEvent(ChangeKind::kUpdate, map, "\xff\x01" + std::string(bitmaps), 0, 9),
                 Error);
  }
  EXPECT_THROW(RowsEvent(ChangeKind::kInsert, map, "\xff\x01", 0, 8), Error);
  EXPECT_THROW(RowsEvent(ChangeKind::kInsert, map, "\xff", 0, 9), Error);
}

TEST(RowImage, DaysOfTheCalendar) {
  struct Case {
    uint64_t seconds;
    const char* text;
  };
  for (const Case& c :
       {Case{0, "1970-01-01 00:00:00"}, Case{951782400, "2000-02-29 00:00:00"},
        Case{951868799, "2000-02-29 23:59:59"}, Case{951868800, "2000-03-01 00:00:00"},
        Case{1709164800, "2024-02-29 00:00:00"}, Case{2147483647, "2038-01-19 03:14:07"},
        Case{4294967295, "2106-02-07 06:28:15"}, Case{4107542400, "2100-03-01 00:00:00"}}) {
    std::string text;
    AppendDateTime(text, DateTimeOfSeconds(c.seconds), 0);
    EXPECT_EQ(text, c.text);
  }
}

}  // namespace
}  // namespace osc::binlog
