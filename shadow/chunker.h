// Cuts the live table into ranges of the shared key, one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ddl/projection.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

// A key as SQL literals, one for each column of the shared key.
using KeyLiterals = std::vector<std::string>;

// As the store keeps them: a JSON array; empty for no bound.
std::string SaveKey(const KeyLiterals& key);
KeyLiterals LoadKey(const std::string& text);

// SQL over the shared key of a projection's source. Keys hold all columns of the shared key; order
// and bounds look at those of the source's own key, which is unique by them. Immutable.
class KeyRange {
 public:
  KeyRange(const ddl::Projection& projection, const mysql::TableName& live);

  // Conditions on the live table: above `low` (all rows when empty) up to and including `high` (no
  // end when empty). Spelt out column by column, because the servers do not use an index for row
  // comparisons. alias: "l." or empty.
  std::string Between(const std::string& alias, const KeyLiterals& low,
                      const KeyLiterals& high) const;
  // The live table, read along the shared key.
  const std::string& table() const { return table_; }
  // The key `rows` rows above `low`; nullopt when fewer are left, up to `high`.
  std::optional<KeyLiterals> Step(mysql::Connection& connection, const KeyLiterals& low,
                                  uint64_t rows, const KeyLiterals& high = {}) const;
  // First or last key of the table; nullopt when it is empty.
  std::optional<KeyLiterals> End(mysql::Connection& connection, bool last) const;
  // Every key of the rows that meet the condition (on alias l), in order.
  std::vector<KeyLiterals> Keys(mysql::Connection& connection, const std::string& where) const;
  // "id=5" or "(a, b)=(1, 2)", for messages.
  std::string Describe(const KeyLiterals& key) const;
  // True when the key is a single integer column; then OrderOf gives its place among all of them.
  bool IsInteger() const;
  uint64_t OrderOf(const KeyLiterals& key) const;
  KeyLiterals KeyAt(uint64_t order) const;

 private:
  // alias.column OP literal. ENUM and SET become the list of numbers that it is true for, because
  // the servers read them by range only where they are named one by one.
  std::string Compare(const std::string& alias, size_t column, const char* op,
                      const std::string& literal) const;
  std::vector<KeyLiterals> Select(mysql::Connection& connection, const std::string& tail) const;
  std::string Bound(const std::string& alias, const KeyLiterals& key, const char* beyond,
                    const char* at_end) const;

  std::vector<mysql::ColumnType> types_;
  std::vector<std::string> names_;    // unquoted
  std::vector<std::string> columns_;  // quoted
  size_t ordered_;                    // how many of them the source is read along, from the first
  std::string order_;                 // those, for ORDER BY
  std::string table_;
};

}  // namespace osc::shadow
