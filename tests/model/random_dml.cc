#include "tests/model/random_dml.h"

#include <algorithm>
#include <iterator>

#include "src/mysql/quote.h"

namespace osc::testing::model {
namespace {

constexpr size_t kMostRows = 40;
constexpr size_t kLoggedStatements = 60;
constexpr size_t kLoggedBytes = 1000;
constexpr int kTries = 20;
constexpr int64_t kFirstOwn = 20000;
constexpr int64_t kOwnValues = 1000;

bool HasRoomForOwn(const Type& type) {
  if (type.kind == Type::Kind::kInt) return type.size > 1;
  return (type.kind == Type::Kind::kVarchar || type.kind == Type::Kind::kChar) && type.size >= 6;
}

}  // namespace

RandomDml::RandomDml(mysql::Connection& connection, ModelTable& table, Random& random,
                     std::optional<Lot> lot)
    : connection_(connection), table_(table), random_(random), lot_(std::move(lot)) {}

void RandomDml::Execute(const std::string& sql) {
  log_.push_back(sql.size() > kLoggedBytes ? sql.substr(0, kLoggedBytes) + "..." : sql);
  if (log_.size() > kLoggedStatements) log_.pop_front();
  ++executed_;
  connection_.Execute(sql);
}

std::string RandomDml::Log() const {
  std::string text;
  for (const std::string& statement : log_) text += statement + ";\n";
  return text;
}

void RandomDml::Insert(int rows) {
  for (int i = 0; i < rows; ++i) InsertRows(1);
}

void RandomDml::Write(int statements, Values values) {
  values_ = values;
  const int end = executed_ + statements;
  while (executed_ < end) {
    const std::map<Key, Row> before = table_.rows();
    try {
      if (!lot_ && Chance(1)) {
        Execute("TRUNCATE TABLE " + mysql::QuoteIdentifier(table_.name()));
        table_.rows().clear();
        last_number_ = 0;
        InsertRows(5);
      } else if (Chance(35)) {
        WriteTransaction();
      } else {
        WriteOne(false);
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRetryable) throw;
      Execute("ROLLBACK");
      table_.rows() = before;
    }
  }
}

void RandomDml::WriteTransaction() {
  const std::map<Key, Row> before = table_.rows();
  std::optional<std::map<Key, Row>> savepoint;
  Execute("START TRANSACTION");
  for (int i = 1 + Pick(6); i > 0; --i) {
    if (Chance(15)) {
      Execute("SAVEPOINT here");
      savepoint = table_.rows();
    } else if (savepoint && Chance(30)) {
      Execute("ROLLBACK TO SAVEPOINT here");
      table_.rows() = *savepoint;
    } else {
      WriteOne(true);
    }
  }
  if (Chance(25)) {
    Execute("ROLLBACK");
    table_.rows() = before;
  } else {
    Execute("COMMIT");
  }
}

// Outside a transaction an operation must be one statement: the model knows no half of it.
void RandomDml::WriteOne(bool in_transaction) {
  const bool full = table_.rows().size() >= kMostRows;
  if (table_.rows().size() < 3) {
    if (!MayInsert() || !InsertRows(3)) Execute("DO 0");
    return;
  }
  switch (Pick(in_transaction ? 16 : 13)) {
    case 0:
    case 1:
      if (!full && MayInsert()) InsertRows(1 + Pick(3));
      break;
    case 2:
      if (full || (MayInsert() && Chance(50))) DeleteRows(1 + Pick(3));
      break;
    case 3:
    case 4:
      UpdateRow(true);
      break;
    case 5:
      UpdateRows();
      break;
    case 6:
      Upsert();
      break;
    case 7:
      ShiftKeys();
      break;
    case 8:
      Replace();
      break;
    case 13:
      DeleteAndInsertAgain();
      break;
    case 14:
      ExchangeUnique();
      break;
    case 15:
      ExchangeKeys();
      break;
    default:
      UpdateRow(false);
  }
}

Key RandomDml::AnyRow() {
  return std::next(table_.rows().begin(), Pick(table_.rows().size()))->first;
}

std::vector<Column> RandomDml::Writable() const {
  std::vector<Column> columns;
  for (const Column& column : live().columns) {
    const Column* other = table_.off_stage().Find(column.logical);
    if (values_ == Values::kFitEither && (other == nullptr || other->name != column.name)) continue;
    // A value for one of several columns of a unique key must not meet another session's.
    const bool is_unique =
        live().IsUnique(column.logical) || table_.off_stage().IsUnique(column.logical);
    if (lot_ && is_unique && !HasTypeForOwn(column)) continue;
    columns.push_back(column);
  }
  return columns;
}

Column RandomDml::AnyWritable() {
  const std::vector<Column> columns = Writable();
  return columns[Pick(columns.size())];
}

bool RandomDml::MayWriteEither() const {
  const Definition& other = table_.off_stage();
  return std::all_of(live().primary.begin(), live().primary.end(), [&](int logical) {
    return live().Find(logical)->name == other.Find(logical)->name &&
           live().Find(logical)->auto_increment == other.Find(logical)->auto_increment;
  });
}

bool RandomDml::MayInsert() const {
  if (values_ != Values::kFitEither) return true;
  const auto has_all = [](const Definition& one, const Definition& other) {
    return std::all_of(one.columns.begin(), one.columns.end(), [&](const Column& column) {
      const Column* same = other.Find(column.logical);
      return same == nullptr ? !column.NeedsValue() : same->name == column.name;
    });
  };
  return has_all(live(), table_.off_stage()) && has_all(table_.off_stage(), live());
}

bool RandomDml::HasTypeForOwn(const Column& column) const {
  const Column* other = table_.off_stage().Find(column.logical);
  return HasRoomForOwn(column.type) && (other == nullptr || HasRoomForOwn(other->type));
}

bool RandomDml::IsOwn(const Column& column) const {
  return lot_ && HasTypeForOwn(column) &&
         (live().IsPrimary(column.logical) || live().IsUnique(column.logical) ||
          table_.off_stage().IsUnique(column.logical));
}

Value RandomDml::Owned(const Column& column, Value value) {
  if (!value) return value;
  const Column* other = table_.off_stage().Find(column.logical);
  const bool numbered = column.auto_increment || (other != nullptr && other->auto_increment);
  if (IsOwn(column)) {
    if (column.type.kind == Type::Kind::kInt) {
      const int64_t number = kFirstOwn + lot_->number * kOwnValues + Pick(kOwnValues);
      // Positive ones would be the next that the server gives.
      return std::to_string(numbered ? -number : number);
    }
    return std::to_string(lot_->number) + "_" + std::to_string(Pick(9999));
  }
  // Small ones, so that there are always some left for the server to give, after a turn too.
  if (numbered) return std::to_string(std::stoll(*value) % 2000);
  return value;
}

Value RandomDml::NewValueThatFits(const Column& column) {
  const Column* other = table_.off_stage().Find(column.logical);
  Type type = column.type;
  if (other != nullptr) type.size = std::min(type.size, other->type.size);
  const bool nullable = column.nullable && (other == nullptr || other->nullable);
  if (nullable && Chance(20)) return std::nullopt;
  return Owned(column, type.Any(random_));
}

Value RandomDml::NewValue(const Column& column) {
  if (BothFit() || Chance(75)) return NewValueThatFits(column);
  if (column.nullable && Chance(30)) return std::nullopt;
  return Owned(column, column.type.Any(random_));
}

bool RandomDml::IsFree(const Row& row, const Key* itself, bool both) const {
  const Key key = table_.KeyOf(row);
  for (const auto& [other_key, other] : table_.rows()) {
    if (itself != nullptr && other_key == *itself) continue;
    if (other_key == key || ModelTable::Collide(live(), row, other)) return false;
    if (both && ModelTable::Collide(table_.off_stage(), row, other)) return false;
  }
  if (!lot_) return true;
  return std::none_of(lot_->elsewhere.begin(), lot_->elsewhere.end(), [&](const Row& other) {
    return table_.KeyOf(other) == key || ModelTable::Collide(live(), row, other) ||
           ModelTable::Collide(table_.off_stage(), row, other);
  });
}

std::optional<Row> RandomDml::NewRow(std::set<int>* given) {
  for (int tries = 0; tries < kTries; ++tries) {
    Row row(table_.logical_columns());
    row.is_new = true;
    given->clear();
    for (const Column& column : table_.off_stage().columns) row[column.logical] = column.Absent();
    for (const Column& column : live().columns) {
      // A default of one definition need not fit the other.
      const Column* other = table_.off_stage().Find(column.logical);
      if (values_ == Values::kFitEither && other == nullptr) {
        row[column.logical] = column.Absent();
        continue;
      }
      const bool may_be_left_out = !column.NeedsValue() && !column.auto_increment &&
                                   !IsOwn(column) && values_ != Values::kFitEither &&
                                   (!BothFit() || other == nullptr || other->Fits(column.Absent()));
      if (may_be_left_out && Chance(30)) {
        row[column.logical] = column.Absent();
        continue;
      }
      given->insert(column.logical);
      row[column.logical] = NewValue(column);
    }
    if (!graveyard_.empty() && Chance(40)) {
      const Row& dead = graveyard_[Pick(graveyard_.size())];
      for (const int logical : live().primary) row[logical] = dead[logical];
      // It may be of the time when the other table was live.
      if (!live().Fits(row)) continue;
    }
    if (BothFit() && !table_.off_stage().Fits(row)) continue;
    if (IsFree(row, nullptr, BothFit() || Chance(85))) return row;
  }
  return std::nullopt;
}

void RandomDml::Mend() {
  values_ = Values::kFitBoth;
  while (table_.IsBlocked()) {
    std::vector<Key> unfit;
    for (const auto& [key, row] : table_.rows()) {
      if (!table_.off_stage().Fits(row) || !IsFree(row, &key, true)) unfit.push_back(key);
    }
    const Key key = unfit[Pick(unfit.size())];
    const Row row = table_.rows().at(key);
    Changes changes;
    for (const Column& column : live().columns) {
      const Column* other = table_.off_stage().Find(column.logical);
      if (other == nullptr) continue;
      if (!other->Fits(row[column.logical]) || other->type.kind == Type::Kind::kInt ||
          table_.off_stage().IsUnique(column.logical)) {
        if (live().IsPrimary(column.logical) && other->Fits(row[column.logical])) continue;
        changes[column.logical] = NewValueThatFits(column);
      }
    }
    if (Chance(75) && !changes.empty() && Change(key, changes, true)) continue;
    Execute("DELETE FROM " + mysql::QuoteIdentifier(table_.name()) + " WHERE " + KeyIs(row));
    graveyard_.push_back(row);
    table_.rows().erase(key);
  }
}

}  // namespace osc::testing::model
