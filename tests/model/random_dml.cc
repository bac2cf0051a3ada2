#include "tests/model/random_dml.h"

#include <algorithm>
#include <iterator>

#include "src/mysql/quote.h"

namespace osc::testing::model {
namespace {

constexpr size_t kMostRows = 40;
constexpr size_t kLoggedStatements = 60;
constexpr int kTries = 20;

}  // namespace

RandomDml::RandomDml(mysql::Connection& connection, ModelTable& table, Random& random)
    : connection_(connection), table_(table), random_(random) {}

void RandomDml::Execute(const std::string& sql) {
  log_.push_back(sql);
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
      if (Chance(1)) {
        Execute("TRUNCATE TABLE " + mysql::QuoteIdentifier(table_.name()));
        table_.rows().clear();
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
    InsertRows(3);
    return;
  }
  switch (Pick(in_transaction ? 16 : 12)) {
    case 0:
    case 1:
      if (!full) InsertRows(1 + Pick(3));
      break;
    case 2:
      if (full || Chance(50)) DeleteRows(1 + Pick(3));
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
    case 12:
      DeleteAndInsertAgain();
      break;
    case 13:
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

Value RandomDml::NewValueThatFits(const Column& column) {
  const Column* other = table_.off_stage().Find(column.logical);
  Type type = column.type;
  if (other != nullptr) type.size = std::min(type.size, other->type.size);
  const bool nullable = column.nullable && (other == nullptr || other->nullable);
  if (nullable && Chance(20)) return std::nullopt;
  return type.Any(random_);
}

Value RandomDml::NewValue(const Column& column) {
  if (BothFit() || Chance(85)) return NewValueThatFits(column);
  if (column.nullable && Chance(30)) return std::nullopt;
  return column.type.Any(random_);
}

bool RandomDml::IsFree(const Row& row, const Key* itself, bool both) const {
  const Key key = table_.KeyOf(row);
  for (const auto& [other_key, other] : table_.rows()) {
    if (itself != nullptr && other_key == *itself) continue;
    if (other_key == key || ModelTable::Collide(live(), row, other)) return false;
    if (both && ModelTable::Collide(table_.off_stage(), row, other)) return false;
  }
  return true;
}

std::optional<Row> RandomDml::NewRow(std::set<int>* given) {
  for (int tries = 0; tries < kTries; ++tries) {
    Row row(table_.logical_columns());
    given->clear();
    for (const Column& column : table_.off_stage().columns) row[column.logical] = column.Absent();
    for (const Column& column : live().columns) {
      // A default of one definition need not fit the other.
      const Column* other = table_.off_stage().Find(column.logical);
      const bool may_be_left_out =
          !column.NeedsValue() && (!BothFit() || other == nullptr || other->Fits(column.Absent()));
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
