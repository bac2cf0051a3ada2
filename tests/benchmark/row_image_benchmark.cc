// Row events taken apart, and rows turned into literals, at a core's speed.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "src/binlog/row_image.h"
#include "src/mysql/column_type.h"

namespace osc::binlog {
namespace {

constexpr int kRows = 500;  // about what an event of 8 KiB holds

void AppendNumber(std::string* out, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(number >> (8 * i)));
}

struct Table {
  std::shared_ptr<TableMap> map = std::make_shared<TableMap>();
  std::vector<mysql::ColumnType> types;

  void Add(uint8_t type, uint16_t metadata, const std::string& definition,
           const std::string& collation = "") {
    map->columns.push_back({type, metadata});
    types.push_back(mysql::ParseColumnType(definition, collation));
  }
};

// id BIGINT, a VARCHAR(60), n INT, at DATETIME(3)
Table Narrow() {
  Table table;
  table.Add(kFieldLongLong, 0, "bigint");
  table.Add(kFieldVarchar, 60, "varchar(60)", "utf8mb4_general_ci");
  table.Add(kFieldLong, 0, "int");
  table.Add(kFieldDateTime, 3, "datetime(3)");
  return table;
}

std::string NarrowRow(uint64_t id) {
  std::string row(1, '\0');  // nothing is NULL
  AppendNumber(&row, id, 8);
  const std::string text = "user" + std::to_string(id) + "@example.com";
  row.push_back(static_cast<char>(text.size()));
  row += text;
  AppendNumber(&row, id % 1000, 4);
  row += std::string("\x99\xb2\x2e\x8a\x5e\x03\xe8", 7);
  return row;
}

RowsEvent NarrowEvent(const Table& table, ChangeKind kind) {
  const int images = kind == ChangeKind::kUpdate ? 2 : 1;
  std::string body(images, '\x0f');
  for (uint64_t id = 1; id <= kRows; ++id) {
    for (int image = 0; image < images; ++image) body += NarrowRow(id);
  }
  return {kind, table.map, std::move(body), 0, table.map->columns.size()};
}

void ReadRows(benchmark::State& state) {
  const Table table = Narrow();
  const RowsEvent event = NarrowEvent(table, static_cast<ChangeKind>(state.range(0)));
  RowImage before;
  RowImage after;
  int64_t rows = 0;
  for (auto _ : state) {
    RowReader reader(event);
    while (reader.Next(&before, &after)) {
      benchmark::DoNotOptimize(before.data());
      benchmark::DoNotOptimize(after.data());
      ++rows;
    }
  }
  state.SetItemsProcessed(rows);
}
BENCHMARK(ReadRows)
    ->ArgName("insert=0,update=1")
    ->Arg(static_cast<int>(ChangeKind::kInsert))
    ->Arg(static_cast<int>(ChangeKind::kUpdate));

void RowsToLiterals(benchmark::State& state) {
  const Table table = Narrow();
  const RowsEvent event = NarrowEvent(table, ChangeKind::kInsert);
  RowImage image;
  std::string sql;
  int64_t rows = 0;
  for (auto _ : state) {
    RowReader reader(event);
    sql.clear();
    while (reader.Next(nullptr, &image)) {
      for (size_t i = 0; i < image.size(); ++i) {
        AppendLiteral(sql, table.map->columns[i], table.types[i], image[i]);
        sql.push_back(',');
      }
      ++rows;
    }
    benchmark::DoNotOptimize(sql.data());
  }
  state.SetItemsProcessed(rows);
}
BENCHMARK(RowsToLiterals);

}  // namespace
}  // namespace osc::binlog
