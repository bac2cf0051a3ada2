// What a table should hold, kept in memory while a migration turns it round: one row with the
// values of both definitions. The live table has the columns that its definition names; what only
// the other definition has waits in the row, as it must wait in the off-stage table.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace osc::testing::model {

using Random = std::mt19937_64;
// As the server writes it in a result; nullopt is NULL.
using Value = std::optional<std::string>;
struct Row {
  std::vector<Value> values;  // by logical column: a column's number, whatever it is called
  bool is_new = false;        // inserted since the last turn

  explicit Row(size_t columns = 0) : values(columns) {}
  Value& operator[](int logical) { return values[logical]; }
  const Value& operator[](int logical) const { return values[logical]; }
};
// The values of a row's primary key, in lower case: text keys are in a collation that ignores it.
using Key = std::vector<std::string>;

struct Type {
  enum class Kind { kInt, kVarchar, kChar, kDecimal, kDatetime, kEnum, kBlob, kBit, kJson };
  Kind kind = Kind::kInt;
  // Bytes of an INT, characters of a VARCHAR or CHAR, digits before the point of a DECIMAL, of the
  // seconds' fraction of a DATETIME, members of an ENUM, bits of a BIT; TINYBLOB is 1, BLOB 2,
  // MEDIUMBLOB 3. But for DATETIME, a type of the same kind and a larger size holds all values of a
  // smaller one, in the same words.
  int size = 4;
  // Of a CHAR: compared byte by byte. Of an ENUM: its members in the other order.
  bool other = false;

  std::string Sql() const;
  bool Fits(const std::string& value) const;
  bool AreEqual(const std::string& one, const std::string& other) const;  // in a unique key
  std::string Any(Random& random) const;
  // What a NOT NULL column without default gets where nobody gives it a value.
  std::string ImplicitDefault() const;
  // What the server makes of it where strictness is off. nullopt: who knows.
  Value Coerced(const std::string& value) const;
  std::string Literal(const std::string& value) const;  // SQL
  std::string Read(const std::string& name) const;      // SQL that gives the value
};

struct Column {
  int logical = 0;
  std::string name;
  Type type;
  bool nullable = false;
  Value standard;  // its DEFAULT; nullopt: none, which is NULL for a nullable column

  std::string Sql() const;         // with its name
  std::string DefaultSql() const;  // of one that has a default
  bool Fits(const Value& value) const;
  std::string Literal(const Value& value) const { return value ? type.Literal(*value) : "NULL"; }
  bool auto_increment = false;
  bool NeedsValue() const { return !nullable && !standard && !auto_increment; }
  Value Absent() const;  // of a row that was inserted without it
  // What becomes of it where it has to fit; false when only the server knows.
  bool Coerce(Value* value) const;
};

struct UniqueKey {
  std::string name;
  std::vector<int> columns;  // logical ones
};

struct Definition {
  std::vector<Column> columns;
  std::vector<int> primary;
  std::vector<UniqueKey> unique;

  std::string CreateSql(const std::string& table) const;
  const Column* Find(int logical) const;  // nullptr: not in this definition
  bool IsPrimary(int logical) const;
  bool IsUnique(int logical) const;  // in a unique key
  // Every value has a place in such a table; other rows do not count.
  bool Fits(const Row& row) const;
};

// The two definitions have the same logical columns as primary key.
class ModelTable {
 public:
  ModelTable(std::string name, Definition before, Definition after, int logical_columns);

  const std::string& name() const { return name_; }
  int logical_columns() const { return logical_columns_; }
  const Definition& live() const { return live_is_new_ ? after_ : before_; }
  const Definition& off_stage() const { return live_is_new_ ? before_ : after_; }
  void Turn();
  // The off-stage table was filled anew from the live one.
  void Reseed();

  std::map<Key, Row>& rows() { return rows_; }
  const std::map<Key, Row>& rows() const { return rows_; }
  Key KeyOf(const Row& row) const;
  // Any of the definition's unique keys has the same value in both rows.
  static bool Collide(const Definition& definition, const Row& one, const Row& other);
  // The off-stage table cannot hold all rows.
  bool IsBlocked() const;
  // Rows off stage have made-up values in columns that only that table has, if they are new.
  bool HasDefaulted() const;
  size_t NewRows() const;
  // It has lost what only it had.
  bool HasLostColumns() const;

  // Empty, or what the tables have that they should not, and what they lack. Rows are by key, with
  // the values of the table's own columns.
  std::string LiveDifferences(const std::map<Key, Row>& found) const;
  // Of rows that collide it takes any choice that leaves out no row without need.
  std::string OffStageDifferences(const std::map<Key, Row>& found) const;
  // The off-stage table, with these rows, has become the live one although not all rows fit: takes
  // over what became of them. Empty, or what should not have become. settled: the rows of the table
  // that was live, which tells whose place it was where several rows could have had it.
  std::string AcceptLoss(const std::map<Key, Row>& found, const std::map<Key, Row>& settled,
                         size_t* left_out);

 private:
  const std::string name_;
  const Definition before_;
  const Definition after_;
  const int logical_columns_;
  bool live_is_new_ = false;
  bool is_reseeded_ = false;  // since the last turn
  std::map<Key, Row> rows_;
};

std::string Folded(std::string text);

}  // namespace osc::testing::model
