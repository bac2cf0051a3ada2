#include "tests/model/random_change.h"

#include <algorithm>
#include <set>

#include "src/mysql/quote.h"

namespace osc::testing::model {
namespace {

using mysql::QuoteIdentifier;
using Kind = Type::Kind;

// The smallest of types that columns of unique keys have: enough values to choose from.
constexpr int kShortText = 6;
constexpr int kSmallInt = 2;

class ChangeMaker {
 public:
  explicit ChangeMaker(Random& random) : random_(random) {}

  RandomChange Make() {
    MakeTable();
    change_.after = change_.before;
    const int changes = 1 + Pick(3);
    for (int tries = 0, made = 0; made < changes && (tries < 30 || made == 0); ++tries) {
      if (MakeClause()) ++made;
    }
    for (const std::string& clause : clauses_) {
      change_.alter += (change_.alter.empty() ? "" : ", ") + clause;
    }
    return std::move(change_);
  }

 private:
  int Pick(int limit) { return static_cast<int>(random_() % limit); }
  bool Chance(int percent) { return Pick(100) < percent; }

  Type UniqueType() {
    if (Chance(40)) return {Kind::kInt, Chance(50) ? 4 : 8};
    if (Chance(40)) return {Kind::kChar, 10 + Pick(20), Chance(50)};
    return {Kind::kVarchar, 10 + Pick(20)};
  }

  Type AnyType() {
    switch (Pick(9)) {
      case 0:
        return {Kind::kInt, 1 << Pick(4)};
      case 1:
        return {Kind::kVarchar, 1 + Pick(40)};
      case 2:
        return {Kind::kDecimal, 1 + Pick(15)};
      case 3:
        return {Kind::kDatetime, 3 * Pick(3)};
      case 4:
        return {Kind::kChar, 1 + Pick(40), Chance(50)};
      case 5:
        return {Kind::kBlob, 1 + Pick(3)};
      case 6:
        return {Kind::kBit, 1 + Pick(64)};
      case 7:
        return {Kind::kJson, 0};
      default:
        return {Kind::kEnum, 2 + Pick(6), Chance(30)};
    }
  }

  // As literals, on either server.
  static bool MayHaveDefault(const Type& type) {
    return type.kind != Kind::kBlob && type.kind != Kind::kJson;
  }

  Column NewColumn(const Type& type, bool nullable, bool with_default) {
    const int logical = change_.logical_columns++;
    Column column{logical, "c" + std::to_string(logical), type, nullable, std::nullopt};
    if (with_default && MayHaveDefault(type)) column.standard = type.Any(random_);
    return column;
  }

  void MakeTable() {
    Definition& table = change_.before;
    const int shape = Pick(3);
    if (shape != 2) table.columns.push_back(NewColumn({Kind::kInt, 4}, false, false));
    if (shape != 0) {
      table.columns.push_back(NewColumn({Kind::kVarchar, 8 + Pick(20)}, false, false));
    }
    for (const Column& column : table.columns) table.primary.push_back(column.logical);
    if (shape == 0) table.columns[0].auto_increment = Chance(50);
    for (int i = 2 + Pick(3); i > 0; --i) {
      table.columns.push_back(NewColumn(AnyType(), Chance(50), Chance(50)));
    }
    for (int i = Pick(3); i > 0; --i) {
      const Column column = NewColumn(UniqueType(), Chance(50), false);
      UniqueKey key{"u" + std::to_string(i), {column.logical}};
      // Sometimes of two columns.
      const Column& first = table.columns[table.primary.size()];
      if (Chance(25) && MayHaveDefault(first.type)) key.columns.push_back(first.logical);
      table.columns.push_back(column);
      table.unique.push_back(key);
    }
    std::shuffle(table.columns.begin(), table.columns.end(), random_);
    // As the servers keep them; an ALTER sorts them again, beginning with this order.
    std::stable_partition(table.unique.begin(), table.unique.end(), [&](const UniqueKey& key) {
      return std::none_of(key.columns.begin(), key.columns.end(),
                          [&](int logical) { return table.Find(logical)->nullable; });
    });
  }

  Column& Of(Definition& definition, int logical) {
    return *std::find_if(definition.columns.begin(), definition.columns.end(),
                         [&](const Column& column) { return column.logical == logical; });
  }

  // A column that no clause is about yet; nullptr: there is none.
  Column* Untouched() {
    Column& column = change_.after.columns[Pick(static_cast<int>(change_.after.columns.size()))];
    return touched_.contains(column.logical) ? nullptr : &column;
  }

  bool IsKeyed(const Column& column) const {
    return change_.after.IsPrimary(column.logical) || change_.before.IsUnique(column.logical) ||
           change_.after.IsUnique(column.logical);
  }

  // Another size, NULL or NOT NULL, another default.
  void Remake(Column& column) {
    const bool keyed = IsKeyed(column);
    switch (column.type.kind) {
      case Kind::kInt:
        column.type.size = keyed ? kSmallInt << Pick(3) : 1 << Pick(4);
        break;
      case Kind::kChar:
        if (Chance(40)) column.type.other = !column.type.other;
        [[fallthrough]];
      case Kind::kVarchar:
        column.type.size = keyed ? kShortText + Pick(30) : 1 + Pick(50);
        break;
      case Kind::kDecimal:
        column.type.size = 1 + Pick(20);
        break;
      case Kind::kEnum:
        column.type.size = 1 + Pick(8);
        if (Chance(40)) column.type.other = !column.type.other;
        break;
      case Kind::kBlob:
        column.type.size = 1 + Pick(3);
        break;
      case Kind::kBit:
        column.type.size = 1 + Pick(64);
        break;
      case Kind::kDatetime:
      case Kind::kJson:
        break;
    }
    if (!change_.after.IsPrimary(column.logical) && Chance(50)) column.nullable = !column.nullable;
    column.standard = keyed || Chance(50) || !MayHaveDefault(column.type)
                          ? std::nullopt
                          : Value(column.type.Any(random_));
    column.auto_increment = column.auto_increment && Chance(80);
  }

  bool MakeClause() {
    switch (Pick(9)) {
      case 0:
        return AddColumn();
      case 1:
        return DropColumn();
      case 2:
        return Rename();
      case 3:
        return ExchangeNames();
      case 4:
      case 5:
        return Modify();
      case 6:
        return DropKey();
      case 7:
        return AddUnique();
      default:
        return SetDefault();
    }
  }

  bool AddColumn() {
    Type type = AnyType();
    // The zero date that the server would give is refused by its own strict mode.
    const bool must_have_default = type.kind == Kind::kDatetime || Chance(70);
    // Nor does it give a document that would be one.
    Column column = NewColumn(type, type.kind == Kind::kJson || Chance(50), must_have_default);
    if (!free_names_.empty() && Chance(60)) {
      column.name = free_names_.back();
      free_names_.pop_back();
    }
    touched_.insert(column.logical);
    clauses_.push_back("ADD COLUMN " + column.Sql() + (Chance(30) ? " FIRST" : ""));
    change_.after.columns.push_back(column);
    return true;
  }

  bool DropColumn() {
    Column* column = Untouched();
    if (column == nullptr || change_.after.IsPrimary(column->logical)) return false;
    // MariaDB's JSON is a text with a CHECK constraint, which '' does not satisfy: `osc plan` says
    // that rows inserted since then would block a revert.
    if (column->type.kind == Kind::kJson && !column->nullable) return false;
    auto& unique = change_.after.unique;
    for (const UniqueKey& key : unique) {
      const bool has =
          std::find(key.columns.begin(), key.columns.end(), column->logical) != key.columns.end();
      // Rows that are inserted without it must not collide.
      if (has && (key.columns.size() > 1 || !column->nullable || column->standard)) return false;
    }
    std::erase_if(unique, [&](const UniqueKey& key) { return key.columns[0] == column->logical; });
    const int logical = column->logical;
    // A key that only the old table has would have to hold the column's default many times.
    if (change_.before.IsUnique(logical) && (!column->nullable || column->standard)) return false;
    clauses_.push_back("DROP COLUMN " + QuoteIdentifier(column->name));
    if (!change_.before.IsUnique(logical)) free_names_.push_back(column->name);
    touched_.insert(logical);
    std::erase_if(change_.after.columns,
                  [&](const Column& each) { return each.logical == logical; });
    return true;
  }

  bool Rename() {
    Column* column = Untouched();
    if (column == nullptr) return false;
    const std::string from = column->name;
    column->name = "r" + std::to_string(column->logical);
    if (Chance(40)) Remake(*column);
    touched_.insert(column->logical);
    if (!IsKeyed(*column)) free_names_.push_back(from);
    clauses_.push_back("CHANGE COLUMN " + QuoteIdentifier(from) + " " + column->Sql());
    return true;
  }

  bool ExchangeNames() {
    Column* one = Untouched();
    Column* other = Untouched();
    if (one == nullptr || other == nullptr || one == other) return false;
    for (Column* column : {one, other}) {
      if (Chance(30)) Remake(*column);
      touched_.insert(column->logical);
    }
    std::swap(one->name, other->name);
    clauses_.push_back("CHANGE COLUMN " + QuoteIdentifier(other->name) + " " + one->Sql());
    clauses_.push_back("CHANGE COLUMN " + QuoteIdentifier(one->name) + " " + other->Sql());
    return true;
  }

  bool Modify() {
    Column* column = Untouched();
    if (column == nullptr) return false;
    Remake(*column);
    touched_.insert(column->logical);
    clauses_.push_back("MODIFY COLUMN " + column->Sql());
    return true;
  }

  bool SetDefault() {
    Column* column = Untouched();
    if (column == nullptr || IsKeyed(*column) || !MayHaveDefault(column->type)) return false;
    column->standard = column->type.Any(random_);
    touched_.insert(column->logical);
    clauses_.push_back("ALTER COLUMN " + QuoteIdentifier(column->name) + " SET DEFAULT " +
                       column->DefaultSql());
    return true;
  }

  bool DropKey() {
    auto& unique = change_.after.unique;
    if (unique.empty()) return false;
    const size_t at = random_() % unique.size();
    if (unique[at].name[0] != 'u') return false;  // added by this very ALTER
    clauses_.push_back("DROP KEY " + QuoteIdentifier(unique[at].name));
    unique.erase(unique.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }

  bool AddUnique() {
    Column* column = Untouched();
    if (column == nullptr || column->standard) return false;
    const Type& type = column->type;
    if (!(type.kind == Kind::kInt && type.size >= kSmallInt) &&
        !(type.kind == Kind::kVarchar && type.size >= kShortText)) {
      return false;
    }
    touched_.insert(column->logical);
    const UniqueKey key{"a" + std::to_string(column->logical), {column->logical}};
    clauses_.push_back("ADD UNIQUE KEY " + key.name + " (" + QuoteIdentifier(column->name) + ")");
    change_.after.unique.push_back(key);
    return true;
  }

  Random& random_;
  RandomChange change_;
  std::vector<std::string> clauses_;
  std::set<int> touched_;
  // For an added column to take. Not those of key columns: the servers put a new column of that
  // name into the key (seen on all three).
  std::vector<std::string> free_names_;
};

}  // namespace

RandomChange MakeRandomChange(Random& random) { return ChangeMaker(random).Make(); }

}  // namespace osc::testing::model
