// The writes that RandomDml chooses from, each to the server and to the model.
#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "ddl/table_definition.h"
#include "src/mysql/quote.h"
#include "src/mysql/server_message.h"
#include "tests/model/random_dml.h"

namespace osc::testing::model {
namespace {

constexpr int kTries = 20;

}  // namespace

bool RandomDml::InsertRows(int rows) {
  std::vector<Row> fresh;
  std::set<int> given;
  if (const auto row = NewRow(&given)) {
    const Column& first = *live().Find(live().primary[0]);
    if (first.auto_increment && Chance(60)) return InsertNumbered(*row, given);
    fresh.push_back(*row);
    table_.rows().emplace(table_.KeyOf(*row), *row);
  }
  for (int i = 1; i < rows && !fresh.empty(); ++i) {
    // All rows of a statement name the same columns.
    std::set<int> its_given;
    const auto row = NewRow(&its_given);
    if (!row) break;
    fresh.push_back(*row);
    table_.rows().emplace(table_.KeyOf(*row), *row);
    given.insert(its_given.begin(), its_given.end());
  }
  if (fresh.empty()) return false;
  Execute(InsertSql(given, fresh));
  return true;
}

bool RandomDml::InsertNumbered(Row row, std::set<int> given) {
  const int logical = live().primary[0];
  given.erase(logical);
  if (given.empty()) return false;
  try {
    Execute(InsertSql(given, {row}));
  } catch (const Error& error) {
    // An UPDATE may have moved a row to the next number (MariaDB 10.11 and 11.8 do not count it).
    if (error.server_errno() != mysql::kDuplicateEntry) throw;
    return false;
  }
  row[logical] = connection_.QueryValue("SELECT LAST_INSERT_ID()");
  const int64_t number = std::stoll(row[logical].value());
  if (number <= last_number_) {
    throw std::runtime_error("AUTO_INCREMENT gave " + std::to_string(number) + " after " +
                             std::to_string(last_number_));
  }
  last_number_ = number;
  table_.rows().emplace(table_.KeyOf(row), row);
  return true;
}

// Of the live table, but the primary one. Those without NULL stand before the others, but MariaDB
// leaves one in its place that an ALTER makes so.
std::vector<std::string> RandomDml::UniqueKeysInOrder() {
  const auto database = connection_.QueryValue("SELECT DATABASE()");
  std::vector<std::string> names;
  for (const ddl::Key& key :
       ddl::ReadTableDefinition(connection_, {*database, table_.name()}).keys) {
    if (key.unique && !key.IsPrimary()) names.push_back(key.name);
  }
  return names;
}

// As the servers do it (MySQL 9.7, MariaDB 10.11 and 11.8): a row that is in the way of the last of
// the unique keys is changed, and lives on; one that is in the way of another key is deleted.
bool RandomDml::Replace() {
  if (values_ == Values::kFitEither || table_.rows().empty()) return false;
  std::set<int> given;
  auto fresh = NewRow(&given);
  if (!fresh) return false;
  Row row = *fresh;
  std::vector<UniqueKey> keys{{"PRIMARY", live().primary}};
  for (const std::string& name : UniqueKeysInOrder()) {
    const auto& unique = live().unique;
    keys.push_back(*std::find_if(unique.begin(), unique.end(),
                                 [&](const UniqueKey& key) { return key.name == name; }));
  }
  for (const UniqueKey& key : keys) {
    if (!Chance(60)) continue;
    const Row& other = table_.rows().at(AnyRow());
    for (const int logical : key.columns) {
      row[logical] = other[logical];
      given.insert(logical);
    }
  }
  std::map<Key, Row> rows = table_.rows();
  const auto in_the_way = [&](const UniqueKey& key) {
    return std::find_if(rows.begin(), rows.end(), [&](const auto& other) {
      if (key.name == "PRIMARY") return other.first == table_.KeyOf(row);
      Definition only = live();
      only.unique = {key};
      return ModelTable::Collide(only, row, other.second);
    });
  };
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto other = in_the_way(keys[i]);
    if (other == rows.end()) continue;
    if (i + 1 == keys.size()) {
      row.is_new = other->second.is_new;
      for (const Column& column : table_.off_stage().columns) {
        if (live().Find(column.logical) == nullptr) {
          row[column.logical] = other->second[column.logical];
        }
      }
    }
    rows.erase(other);
  }
  std::swap(rows, table_.rows());
  if (!IsFree(row, nullptr, BothFit()) || (BothFit() && !table_.off_stage().Fits(row)) ||
      !live().Fits(row)) {
    std::swap(rows, table_.rows());
    return false;
  }
  table_.rows().emplace(table_.KeyOf(row), row);
  std::string sql = InsertSql(given, {row});
  Execute("REPLACE" + sql.substr(std::string("INSERT").size()));
  return true;
}

std::optional<Key> RandomDml::Change(const Key& key, const Changes& changes, bool both) {
  const Row before = table_.rows().at(key);
  Row row = before;
  for (const auto& [logical, value] : changes) row[logical] = value;
  if (!IsFree(row, &key, both)) return std::nullopt;
  Execute("UPDATE " + mysql::QuoteIdentifier(table_.name()) + " SET " + Assignments(changes) +
          " WHERE " + KeyIs(before));
  table_.rows().erase(key);
  return table_.rows().emplace(table_.KeyOf(row), row).first->first;
}

bool RandomDml::UpdateRow(bool move_key) {
  const Key key = AnyRow();
  for (int tries = 0; tries < kTries; ++tries) {
    Changes changes;
    for (const Column& column : Writable()) {
      const bool primary = live().IsPrimary(column.logical);
      if (primary ? move_key : Chance(move_key ? 15 : 40)) {
        changes[column.logical] = NewValue(column);
      }
    }
    // One of two columns of a key, or the same key in another letter case.
    if (move_key && live().primary.size() > 1 && Chance(50)) {
      changes.erase(live().primary[Pick(2)]);
    } else if (move_key && Chance(20)) {
      for (const int logical : live().primary) {
        const Column& column = *live().Find(logical);
        if (column.type.kind == Type::Kind::kVarchar) {
          changes[logical] = Folded(table_.rows().at(key)[logical].value());
        }
      }
    }
    if (changes.empty()) continue;
    if (Change(key, changes, BothFit() || Chance(85))) return true;
  }
  return false;
}

bool RandomDml::UpdateRows() {
  const Column column = AnyWritable();
  if (live().IsPrimary(column.logical) || live().IsUnique(column.logical) ||
      table_.off_stage().IsUnique(column.logical)) {
    return false;
  }
  const Value value = NewValue(column);
  std::string where;
  for (auto& [key, row] : table_.rows()) {
    if (!Chance(25)) continue;
    where += (where.empty() ? "" : " OR ") + KeyIs(row);
    row[column.logical] = value;
  }
  if (where.empty()) return false;
  Execute("UPDATE " + mysql::QuoteIdentifier(table_.name()) + " SET " +
          Assignments({{column.logical, value}}) + " WHERE " + where);
  return true;
}

// On a row that is there: an update with other words.
bool RandomDml::Upsert() {
  const Column column = AnyWritable();
  if (live().IsPrimary(column.logical) || live().IsUnique(column.logical) ||
      table_.off_stage().IsUnique(column.logical)) {
    return false;
  }
  if (!MayInsert()) return false;
  Row& row = table_.rows().at(AnyRow());
  std::set<int> given;
  for (const Column& each : live().columns) given.insert(each.logical);
  if (values_ == Values::kFitEither) {
    std::erase_if(given, [this](int each) { return table_.off_stage().Find(each) == nullptr; });
  }
  std::string insert = InsertSql(given, {row});
  if (Chance(15)) {
    Execute("INSERT IGNORE" + insert.substr(std::string("INSERT").size()));
    return true;
  }
  row[column.logical] = NewValue(column);
  Execute(insert + " ON DUPLICATE KEY UPDATE " +
          Assignments({{column.logical, row[column.logical]}}));
  return true;
}

bool RandomDml::DeleteRows(int rows) {
  std::string where;
  for (int i = 0; i < rows && !table_.rows().empty(); ++i) {
    const Key key = AnyRow();
    const Row row = table_.rows().at(key);
    where += (where.empty() ? "" : " OR ") + KeyIs(row);
    graveyard_.push_back(row);
    table_.rows().erase(key);
  }
  Execute("DELETE FROM " + mysql::QuoteIdentifier(table_.name()) + " WHERE " + where);
  return true;
}

bool RandomDml::DeleteAndInsertAgain() {
  if (!MayInsert()) return false;
  const Key key = AnyRow();
  const Row dead = table_.rows().at(key);
  Execute("DELETE FROM " + mysql::QuoteIdentifier(table_.name()) + " WHERE " + KeyIs(dead));
  table_.rows().erase(key);
  // With everything as it was, but for what is not in the live table.
  Row row = dead;
  row.is_new = true;
  for (const Column& column : table_.off_stage().columns) {
    if (live().Find(column.logical) == nullptr) row[column.logical] = column.Absent();
  }
  std::set<int> given;
  for (const Column& column : live().columns) {
    if (values_ != Values::kFitEither || table_.off_stage().Find(column.logical) != nullptr) {
      given.insert(column.logical);
    } else {
      row[column.logical] = column.Absent();
    }
  }
  Execute(InsertSql(given, {row}));
  table_.rows().emplace(key, row);
  return true;
}

bool RandomDml::ExchangeUnique() {
  std::vector<std::pair<UniqueKey, bool>> keys;
  for (const UniqueKey& key : live().unique) keys.emplace_back(key, true);
  for (const UniqueKey& key : table_.off_stage().unique) {
    if (std::all_of(key.columns.begin(), key.columns.end(),
                    [&](int logical) { return live().Find(logical) != nullptr; })) {
      keys.emplace_back(key, false);
    }
  }
  if (keys.empty()) return false;
  const auto& [unique, enforced] = keys[Pick(keys.size())];
  return Exchange(unique.columns, enforced || values_ == Values::kFitEither);
}

bool RandomDml::ExchangeKeys() { return Exchange(live().primary, true); }

bool RandomDml::Exchange(const std::vector<int>& columns, bool enforced) {
  const Key one = AnyRow();
  const Key other = AnyRow();
  if (one == other) return false;
  const std::vector<Column> writable = Writable();
  if (!std::all_of(columns.begin(), columns.end(), [&](int logical) {
        return std::any_of(writable.begin(), writable.end(),
                           [&](const Column& column) { return column.logical == logical; });
      })) {
    return false;
  }
  Changes ones;
  Changes others;
  Changes between;
  for (const int logical : columns) {
    ones[logical] = table_.rows().at(one)[logical];
    others[logical] = table_.rows().at(other)[logical];
    between[logical] = NewValueThatFits(*live().Find(logical));
  }
  if (enforced) {
    const auto away = Change(one, between, true);
    return away && Change(other, ones, BothFit()) && Change(*away, others, BothFit());
  }
  // Off stage both have one value for a while, which nobody is to see there.
  const auto moved = Change(one, others, false);
  if (!moved) return false;
  const auto other_moved = Change(other, ones, BothFit());
  if (other_moved && (!BothFit() || IsFree(table_.rows().at(*moved), &*moved, true))) return true;
  Change(other_moved ? *other_moved : other, others, false);
  Change(*moved, ones, false);
  return false;
}

bool RandomDml::ShiftKeys() {
  if (lot_ || live().primary.size() != 1) return false;
  const int logical = live().primary[0];
  const Column& column = *live().Find(logical);
  if (column.type.kind != Type::Kind::kInt) return false;
  const int64_t by = 1 + Pick(5);
  std::map<Key, Row> shifted;
  for (auto [key, row] : table_.rows()) {
    const int64_t number = std::stoll(*row[logical]);
    if (number > INT64_MAX - by) return false;
    const std::string moved = std::to_string(number + by);
    if (!column.type.Fits(moved)) return false;
    row[logical] = moved;
    if (BothFit() && !table_.off_stage().Fits(row)) return false;
    shifted.emplace(table_.KeyOf(row), row);
  }
  const std::string name = mysql::QuoteIdentifier(column.name);
  Execute("UPDATE " + mysql::QuoteIdentifier(table_.name()) + " SET " + name + "=" + name + "+" +
          std::to_string(by) + " ORDER BY " + name + " DESC");
  table_.rows() = std::move(shifted);
  return true;
}

std::string RandomDml::KeyIs(const Row& row) const {
  std::string sql;
  for (const int logical : live().primary) {
    sql += (sql.empty() ? "(" : " AND ") + mysql::QuoteIdentifier(live().Find(logical)->name) +
           "=" + live().Find(logical)->Literal(row[logical]);
  }
  return sql + ")";
}

std::string RandomDml::InsertSql(const std::set<int>& given, const std::vector<Row>& rows) const {
  std::string names;
  for (const int logical : given) {
    names += (names.empty() ? "" : ",") + mysql::QuoteIdentifier(live().Find(logical)->name);
  }
  std::string sql =
      "INSERT INTO " + mysql::QuoteIdentifier(table_.name()) + " (" + names + ") VALUES ";
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string values;
    for (const int logical : given) {
      values += (values.empty() ? "" : ",") + live().Find(logical)->Literal(rows[i][logical]);
    }
    sql += (i == 0 ? "(" : ", (") + values + ")";
  }
  return sql;
}

std::string RandomDml::Assignments(const Changes& changes) const {
  std::string sql;
  for (const auto& [logical, value] : changes) {
    sql += (sql.empty() ? "" : ", ") + mysql::QuoteIdentifier(live().Find(logical)->name) + "=" +
           live().Find(logical)->Literal(value);
  }
  return sql;
}

}  // namespace osc::testing::model
