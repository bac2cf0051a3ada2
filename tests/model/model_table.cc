#include "tests/model/model_table.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "src/mysql/quote.h"

namespace osc::testing::model {
namespace {

int64_t Largest(int bytes) { return static_cast<int64_t>((uint64_t{1} << (8 * bytes - 1)) - 1); }

uint64_t MostBits(int bits) { return ~uint64_t{0} >> (64 - bits); }

size_t MostBytes(int blob) { return (size_t{1} << (8 * blob)) - 1; }

int Characters(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string FirstCharacters(const std::string& text, int characters) {
  size_t end = 0;
  for (; end < text.size(); ++end) {
    if ((text[end] & 0xC0) != 0x80 && characters-- == 0) break;
  }
  return text.substr(0, end);
}

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

std::string Describe(const Value& value) {
  if (!value) return "NULL";
  constexpr size_t kMost = 80;
  const bool is_text = std::all_of(value->begin(), value->end(),
                                   [](unsigned char c) { return c >= ' ' && c != 0x7f; });
  std::string text = is_text ? "'" + *value + "'" : mysql::QuoteText(*value);
  if (text.size() > kMost) {
    text = text.substr(0, kMost) + "... (" + std::to_string(value->size()) + " bytes)";
  }
  return text;
}

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
  const std::string in_brackets = "(" + std::to_string(size) + ")";
  switch (kind) {
    case Kind::kInt:
      return size == 1 ? "TINYINT" : size == 2 ? "SMALLINT" : size == 4 ? "INT" : "BIGINT";
    case Kind::kVarchar:
      return "VARCHAR" + in_brackets;
    case Kind::kChar:
      return "CHAR" + in_brackets + " COLLATE utf8mb4_" + (other ? "bin" : "unicode_ci");
    case Kind::kDecimal:
      return "DECIMAL(" + std::to_string(size + 2) + ",2)";
    case Kind::kDatetime:
      return "DATETIME" + in_brackets;
    case Kind::kBlob:
      return size == 1 ? "TINYBLOB" : size == 2 ? "BLOB" : "MEDIUMBLOB";
    case Kind::kBit:
      return "BIT" + in_brackets;
    case Kind::kJson:
      return "JSON";
    case Kind::kEnum:
      break;
  }
  std::string members;
  for (int i = 0; i < size; ++i) {
    members += (i == 0 ? "'" : ",'") + Member(other ? size - 1 - i : i) + "'";
  }
  return "ENUM(" + members + ")";
}

bool Type::Fits(const std::string& value) const {
  switch (kind) {
    case Kind::kInt: {
      const int64_t number = std::stoll(value);
      return number <= Largest(size) && number >= -Largest(size) - 1;
    }
    case Kind::kVarchar:
    case Kind::kChar:
      return Characters(value) <= size;
    case Kind::kDecimal: {
      const size_t first = value[0] == '-' ? 1 : 0;
      return value.find('.') - first <= static_cast<size_t>(size);
    }
    case Kind::kBlob:
      return value.size() <= MostBytes(size);
    case Kind::kBit:
      return std::stoull(value) <= MostBits(size);
    case Kind::kDatetime:
    case Kind::kJson:
      return true;
    case Kind::kEnum:
      break;
  }
  return value.empty() || std::stoi(value.substr(1)) < size;
}

bool Type::AreEqual(const std::string& one, const std::string& another) const {
  return kind == Kind::kChar && other ? one == another : Folded(one) == Folded(another);
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
    case Kind::kChar:
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
      std::string value = text;
      if (size > 0) value += '.';
      for (int i = 0; i < size; ++i) value += static_cast<char>('0' + Pick(random, 10));
      return value;
    }
    case Kind::kBlob: {
      std::string bytes(Pick(random, 20), '\0');
      // About as large as a type's limit, this one's or a smaller one's.
      if (Pick(random, 10) == 0) bytes.resize(240 + Pick(random, 16));
      if (size > 1 && Pick(random, 50) == 0) bytes.resize(65520 + Pick(random, 16));
      if (size > 2 && Pick(random, 50) == 0) bytes.resize(65536 + Pick(random, 20));
      for (size_t i = 0; i < bytes.size() && i < 50; ++i) {
        bytes[i] = static_cast<char>(Pick(random, 256));
      }
      return bytes;
    }
    case Kind::kBit:
      return std::to_string(random() & MostBits(size));
    case Kind::kJson: {
      // As MySQL writes it; MariaDB keeps the text.
      std::string text = "{\"a\": " + std::to_string(Pick(random, 100));
      if (Pick(random, 2)) text += ", \"b\": [true, null, \"x" + std::to_string(random()) + "\"]";
      return text + "}";
    }
    case Kind::kEnum:
      break;
  }
  return Member(Pick(random, size));
}

std::string Type::ImplicitDefault() const {
  switch (kind) {
    case Kind::kInt:
    case Kind::kBit:
      return "0";
    case Kind::kVarchar:
    case Kind::kChar:
    case Kind::kBlob:
      return "";
    case Kind::kDecimal:
      return "0.00";
    case Kind::kDatetime:
      return "0000-00-00 00:00:00" + (size > 0 ? "." + std::string(size, '0') : "");
    case Kind::kJson:
      return "null";
    case Kind::kEnum:
      break;
  }
  return Member(other ? size - 1 : 0);
}

Value Type::Coerced(const std::string& value) const {
  if (Fits(value)) return value;
  switch (kind) {
    case Kind::kInt:
      return std::to_string(std::stoll(value) > 0 ? Largest(size) : -Largest(size) - 1);
    case Kind::kVarchar:
    case Kind::kChar:
      return FirstCharacters(value, size);
    case Kind::kDecimal:
      return (value[0] == '-' ? "-" : "") + std::string(size, '9') + ".99";
    case Kind::kBlob:
      return value.substr(0, MostBytes(size));
    case Kind::kBit:
      return std::to_string(MostBits(size));
    case Kind::kEnum:  // the row is left out: what is no member cannot be carried on
    case Kind::kDatetime:
    case Kind::kJson:
      break;
  }
  return std::nullopt;
}

std::string Type::Literal(const std::string& value) const {
  if (kind == Kind::kBit) return value;
  std::string literal;
  mysql::AppendStringLiteral(literal, kind == Kind::kBlob ? "binary" : "utf8mb4", value);
  return literal;
}

std::string Type::Read(const std::string& name) const {
  const std::string quoted = mysql::QuoteIdentifier(name);
  return kind == Kind::kBit ? quoted + "+0" : quoted;
}

std::string Column::Sql() const {
  return mysql::QuoteIdentifier(name) + " " + type.Sql() + (nullable ? " NULL" : " NOT NULL") +
         (standard ? " DEFAULT " + DefaultSql() : "") + (auto_increment ? " AUTO_INCREMENT" : "");
}

std::string Column::DefaultSql() const {
  // A text would be taken for the bits themselves.
  return type.kind == Type::Kind::kBit ? *standard : mysql::QuoteText(*standard);
}

bool Column::Fits(const Value& value) const { return value ? type.Fits(*value) : nullable; }

Value Column::Absent() const {
  if (standard || nullable) return standard;
  return type.ImplicitDefault();
}

bool Column::Coerce(Value* value) const {
  if (Fits(*value)) return true;
  if (*value) {
    *value = type.Coerced(**value);
    return value->has_value();
  }
  if (type.kind == Type::Kind::kEnum || type.kind == Type::Kind::kJson) return false;
  *value = type.ImplicitDefault();
  return true;
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
      return one[logical] && other[logical] &&
             definition.Find(logical)->type.AreEqual(*one[logical], *other[logical]);
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

bool ModelTable::HasDefaulted() const {
  if (is_reseeded_) return false;  // all rows have
  return std::any_of(off_stage().columns.begin(), off_stage().columns.end(),
                     [this](const Column& column) {
                       return column.NeedsValue() && live().Find(column.logical) == nullptr;
                     });
}

size_t ModelTable::NewRows() const {
  return std::count_if(rows_.begin(), rows_.end(),
                       [](const auto& row) { return row.second.is_new; });
}

void ModelTable::Turn() {
  live_is_new_ = !live_is_new_;
  is_reseeded_ = false;
  for (auto& [key, row] : rows_) row.is_new = false;
}

void ModelTable::Reseed() {
  is_reseeded_ = true;
  for (const Column& column : off_stage().columns) {
    if (live().Find(column.logical) != nullptr) continue;
    for (auto& [key, row] : rows_) row[column.logical] = column.Absent();
  }
}

bool ModelTable::HasLostColumns() const {
  return is_reseeded_ && std::any_of(off_stage().columns.begin(), off_stage().columns.end(),
                                     [this](const Column& column) {
                                       return live().Find(column.logical) == nullptr;
                                     });
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

std::string ModelTable::AcceptLoss(const std::map<Key, Row>& found,
                                   const std::map<Key, Row>& settled, size_t* left_out) {
  std::string text;
  std::map<Key, Row> rows;
  *left_out = 0;
  for (const auto& [key, row] : rows_) {
    const bool has_place =
        off_stage().Fits(row) && std::none_of(rows_.begin(), rows_.end(), [&](const auto& other) {
          return other.first != key && Collide(off_stage(), row, other.second);
        });
    Row coerced = row;
    std::vector<const Column*> unknown;
    for (const Column& column : off_stage().columns) {
      if (!column.Coerce(&coerced[column.logical])) unknown.push_back(&column);
    }
    const auto at = found.find(KeyOf(coerced));
    for (const Column* column : unknown) {
      if (at != found.end()) coerced[column->logical] = at->second[column->logical];
    }
    // The table that is live still has to follow.
    const bool can_follow = live().Fits(coerced);
    if (at != found.end() && (!off_stage().Fits(coerced) || !can_follow)) {
      text += "\n  should have left out " + Describe(off_stage(), coerced);
    }
    const auto was = settled.find(KeyOf(coerced));
    if (at != found.end() && !rows.contains(at->first) && was != settled.end() &&
        RowDifference(off_stage(), coerced, at->second).empty() &&
        RowDifference(live(), coerced, was->second).empty()) {
      rows.emplace(at->first, coerced);
      continue;
    }
    ++*left_out;
    const bool collides = std::any_of(found.begin(), found.end(), [&](const auto& other) {
      return other.first == KeyOf(coerced) || Collide(off_stage(), coerced, other.second) ||
             Collide(live(), coerced, other.second);
    });
    if (has_place || (!collides && can_follow && unknown.empty())) {
      text +=
          "\n  lacks " + Describe(off_stage(), coerced) + ", which was " + Describe(live(), row);
    }
  }
  for (const auto& [key, row] : found) {
    if (!rows.contains(key)) text += "\n  should not have " + Describe(off_stage(), row);
  }
  rows_ = std::move(rows);
  return text;
}

}  // namespace osc::testing::model
