#include "tests/model/model_table.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "src/mysql/quote.h"

namespace osc::testing::model {
namespace {

int64_t Largest(int bytes) { return static_cast<int64_t>((uint64_t{1} << (8 * bytes - 1)) - 1); }

std::string Member(int number) { return "m" + std::to_string(number); }

int Pick(Random& random, int limit) { return static_cast<int>(random() % limit); }

std::string AnyText(Random& random, int characters) {
  // Quoting must not matter, nor how many bytes a character has.
  static const std::vector<std::string> kCharacters{"a", "B", "c", "D", "e",  "f", "7",
                                                    "8", "9", "x", "'", "\\", "漢"};
  std::string text;
  const int length = Pick(random, characters + 1);
  for (int i = 0; i < length; ++i) text += kCharacters[Pick(random, std::ssize(kCharacters))];
  return text;
}

std::string Describe(const Value& value) { return value ? "'" + *value + "'" : "NULL"; }

std::string Describe(const Definition& definition, const Row& row) {
  std::string text;
  for (const Column& column : definition.columns) {
    text += (text.empty() ? "" : ", ") + column.name + "=" + Describe(row[column.logical]);
  }
  return text;
}

std::string Names(const Definition& definition, const std::vector<int>& columns) {
  std::string names;
  for (const int logical : columns) {
    names += (names.empty() ? "" : ", ") + mysql::QuoteIdentifier(definition.Find(logical)->name);
  }
  return "(" + names + ")";
}

// Nothing when the row is as it should be.
std::string RowDifference(const Definition& definition, const Row& expected, const Row& found) {
  for (const Column& column : definition.columns) {
    if (expected[column.logical] != found[column.logical]) {
      return "\n  " + column.name + " should be " + Describe(expected[column.logical]) + " in " +
             Describe(definition, found);
    }
  }
  return "";
}

}  // namespace

std::string Folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string Type::Sql() const {
  switch (kind) {
    case Kind::kInt:
      return size == 1 ? "TINYINT" : size == 2 ? "SMALLINT" : size == 4 ? "INT" : "BIGINT";
    case Kind::kVarchar:
      return "VARCHAR(" + std::to_string(size) + ")";
    case Kind::kDecimal:
      return "DECIMAL(" + std::to_string(size + 2) + ",2)";
    case Kind::kDatetime:
      return "DATETIME";
    case Kind::kEnum:
      break;
  }
  std::string members;
  for (int i = 0; i < size; ++i) members += (i == 0 ? "'" : ",'") + Member(i) + "'";
  return "ENUM(" + members + ")";
}

bool Type::Fits(const std::string& value) const {
  switch (kind) {
    case Kind::kInt: {
      const int64_t number = std::stoll(value);
      return number <= Largest(size) && number >= -Largest(size) - 1;
    }
    case Kind::kVarchar:
      return std::count_if(value.begin(), value.end(), [](char c) { return (c & 0xC0) != 0x80; }) <=
             size;
    case Kind::kDecimal: {
      const size_t first = value[0] == '-' ? 1 : 0;
      return value.find('.') - first <= static_cast<size_t>(size);
    }
    case Kind::kDatetime:
      return true;
    case Kind::kEnum:
      break;
  }
  return value.empty() || std::stoi(value.substr(1)) < size;
}

std::string Type::Any(Random& random) const {
  switch (kind) {
    case Kind::kInt: {
      // Small numbers meet each other, large ones meet the type's limits.
      const int64_t number = static_cast<int64_t>(random());
      if (random() % 2 == 0) return std::to_string(number % 100);
      return std::to_string(random() % 10 == 0 ? Largest(size) : number >> (64 - 8 * size));
    }
    case Kind::kVarchar:
      return AnyText(random, size);
    case Kind::kDecimal: {
      std::string digits(1, static_cast<char>('1' + Pick(random, 9)));
      for (int i = Pick(random, size); i > 0; --i) digits += static_cast<char>('0' + i % 10);
      return (random() % 2 ? "-" : "") + digits + "." + std::to_string(10 + random() % 90);
    }
    case Kind::kDatetime: {
      char text[80];
      std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", 1000 + Pick(random, 9000),
                    1 + Pick(random, 12), 1 + Pick(random, 28), Pick(random, 24), Pick(random, 60),
                    Pick(random, 60));
      return text;
    }
    case Kind::kEnum:
      break;
  }
  return Member(Pick(random, size));
}

std::string Type::ImplicitDefault() const {
  switch (kind) {
    case Kind::kInt:
      return "0";
    case Kind::kVarchar:
      return "";
    case Kind::kDecimal:
      return "0.00";
    case Kind::kDatetime:
      return "0000-00-00 00:00:00";
    case Kind::kEnum:
      break;
  }
  return Member(0);
}

std::string Column::Sql() const {
  return mysql::QuoteIdentifier(name) + " " + type.Sql() + (nullable ? " NULL" : " NOT NULL") +
         (standard ? " DEFAULT " + mysql::QuoteText(*standard) : "");
}

bool Column::Fits(const Value& value) const { return value ? type.Fits(*value) : nullable; }

Value Column::Absent() const {
  if (standard || nullable) return standard;
  return type.ImplicitDefault();
}

std::string Definition::CreateSql(const std::string& table) const {
  std::string sql = "CREATE TABLE " + mysql::QuoteIdentifier(table) + " (";
  for (const Column& column : columns) sql += column.Sql() + ", ";
  sql += "PRIMARY KEY " + Names(*this, primary);
  for (const UniqueKey& key : unique) {
    sql += ", UNIQUE KEY " + mysql::QuoteIdentifier(key.name) + " " + Names(*this, key.columns);
  }
  return sql + ") DEFAULT CHARSET=utf8mb4";
}

const Column* Definition::Find(int logical) const {
  for (const Column& column : columns) {
    if (column.logical == logical) return &column;
  }
  return nullptr;
}

bool Definition::IsPrimary(int logical) const {
  return std::find(primary.begin(), primary.end(), logical) != primary.end();
}

bool Definition::IsUnique(int logical) const {
  return std::any_of(unique.begin(), unique.end(), [&](const UniqueKey& key) {
    return std::find(key.columns.begin(), key.columns.end(), logical) != key.columns.end();
  });
}

bool Definition::Fits(const Row& row) const {
  return std::all_of(columns.begin(), columns.end(),
                     [&](const Column& column) { return column.Fits(row[column.logical]); });
}

ModelTable::ModelTable(std::string name, Definition before, Definition after, int logical_columns)
    : name_(std::move(name)),
      before_(std::move(before)),
      after_(std::move(after)),
      logical_columns_(logical_columns) {}

Key ModelTable::KeyOf(const Row& row) const {
  Key key;
  for (const int logical : before_.primary) key.push_back(Folded(row[logical].value()));
  return key;
}

bool ModelTable::Collide(const Definition& definition, const Row& one, const Row& other) {
  return std::any_of(definition.unique.begin(), definition.unique.end(), [&](const UniqueKey& key) {
    return std::all_of(key.columns.begin(), key.columns.end(), [&](int logical) {
      return one[logical] && other[logical] && Folded(*one[logical]) == Folded(*other[logical]);
    });
  });
}

bool ModelTable::IsBlocked() const {
  for (auto one = rows_.begin(); one != rows_.end(); ++one) {
    if (!off_stage().Fits(one->second)) return true;
    for (auto other = std::next(one); other != rows_.end(); ++other) {
      if (Collide(off_stage(), one->second, other->second)) return true;
    }
  }
  return false;
}

std::string ModelTable::LiveDifferences(const std::map<Key, Row>& found) const {
  std::string text;
  for (const auto& [key, row] : rows_) {
    const auto at = found.find(key);
    text += at == found.end() ? "\n  lacks " + Describe(live(), row)
                              : RowDifference(live(), row, at->second);
  }
  for (const auto& [key, row] : found) {
    if (!rows_.contains(key)) text += "\n  should not have " + Describe(live(), row);
  }
  return text;
}

std::string ModelTable::OffStageDifferences(const std::map<Key, Row>& found) const {
  std::string text;
  for (const auto& [key, row] : rows_) {
    const auto at = found.find(key);
    if (!off_stage().Fits(row)) {
      if (at != found.end()) text += "\n  does not fit, but is there: " + Describe(live(), row);
      continue;
    }
    if (at != found.end()) {
      text += RowDifference(off_stage(), row, at->second);
      continue;
    }
    const bool stands_back = std::any_of(rows_.begin(), rows_.end(), [&](const auto& other) {
      return other.first != key && found.contains(other.first) &&
             Collide(off_stage(), row, other.second);
    });
    if (!stands_back) text += "\n  lacks " + Describe(off_stage(), row);
  }
  for (const auto& [key, row] : found) {
    if (!rows_.contains(key)) text += "\n  should not have " + Describe(off_stage(), row);
  }
  return text;
}

}  // namespace osc::testing::model
