// The SQL by which two tables are compared through a projection: what stands in a range of keys on
// each side, as digests of the range or of its rows, and single rows column by column.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ddl/projection.h"
#include "shadow/chunker.h"
#include "shadow/row_digest.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::shadow {

// Whether a range of the source's keys is the same range, with the same literals, on the target.
bool HaveKeysSameOrder(const ddl::Projection& projection);

// A row by its key: a literal for each column of Projection::key, in the target's types.
using RowKey = std::vector<std::string>;

// Immutable. The names are those under which the projection's source and target stand now; either
// may be the live one.
class ComparisonSql {
 public:
  ComparisonSql(ddl::Projection projection, const mysql::TableName& source,
                const mysql::TableName& target, const mysql::ServerInfo& server);

  // Some value of the source has to be converted by the server: its rows are put into a temporary
  // table of the session first.
  bool converts() const { return converts_; }
  // A range of the source's keys is the same range on the target. Else the target's rows are looked
  // up by the keys that the source has, and those that only the target has are looked for by
  // Strays(). Only where converts().
  bool aligned() const { return aligned_; }
  const KeyRange& source_range() const { return source_range_; }
  // Along the target's own key.
  const KeyRange& target_range() const { return target_range_; }

  // The session's temporary table `converted`, empty; then with what the rows of the source that
  // meet the condition (on alias l) become. Strict: throws kUnprojectable where a value does not
  // fit. ignore: as the server coerces it.
  void CreateConverted(mysql::Connection& connection, const mysql::TableName& converted) const;
  void Convert(mysql::Connection& connection, const mysql::TableName& converted,
               const std::string& where, bool ignore) const;

  // Rows of one side within bounds: low exclusive, high inclusive. Where converts(), the source's
  // are those in `converted`.
  enum class Side { kSource, kTarget };
  struct Range {
    KeyLiterals low;
    KeyLiterals high;
    mysql::TableName converted;  // used if converts()
  };
  struct Digest {
    uint64_t rows = 0;
    std::string digest;
    friend bool operator==(const Digest&, const Digest&) = default;
  };
  Digest DigestOf(mysql::Connection& connection, Side side, const Range& range) const;
  struct RowDigest {
    RowKey key;
    std::optional<std::string> digest;  // nullopt: cannot be computed, equal to nothing
  };
  std::vector<RowDigest> RowsOf(mysql::Connection& connection, Side side, const Range& range) const;
  // Rows of the target in this range of target_range() that the source does not have.
  std::vector<RowKey> Strays(mysql::Connection& connection, const KeyLiterals& low,
                             const KeyLiterals& high) const;

  // A single row, value by value.
  struct Value {
    std::optional<std::string> digest;  // nullopt: NULL
    std::string shown;
  };
  using Row = std::vector<Value>;  // one for each of columns()
  // nullopt where there is none. `converted` is used, and left with that row, if converts(). Throws
  // kUnprojectable when the source's row cannot be converted.
  std::optional<Row> SourceRow(mysql::Connection& connection, const RowKey& key,
                               const mysql::TableName& converted) const;
  std::optional<Row> TargetRow(mysql::Connection& connection, const RowKey& key) const;

  // The source's row's key, in the source's types: what the inverse of this comparison knows it by.
  std::optional<RowKey> SourceKey(mysql::Connection& connection, const RowKey& key) const;

  struct Column {
    std::string source;  // names
    std::string target;
    bool converted = false;
  };
  const std::vector<Column>& columns() const { return columns_; }
  // "id=5" or "(a, b)=(1, 2)", by the names of that side.
  std::string Describe(const RowKey& key, Side names) const;
  // A condition that finds the row on that side. alias: "l." or empty.
  std::string IsRow(const RowKey& key, Side side, const std::string& alias) const;
  // What the target's row has to become: INSERT of it from the source, and DELETE.
  const ddl::Projection& projection() const { return projection_; }
  const mysql::TableName& target() const { return target_; }

 private:
  std::string SourceValue(size_t column, const std::string& alias) const;
  std::string TargetValue(size_t column, const std::string& alias) const;
  std::vector<DigestedValue> Values(Side side) const;
  std::string Identity(const std::string& alias, bool of_source_names) const;
  std::string From(Side side, const Range& range) const;
  std::string Alias(Side side) const;
  // unknown: the digest of a value of which none can be computed, another one on each side.
  std::optional<Row> ReadRow(mysql::Connection& connection, bool source_types, const char* unknown,
                             const std::string& from) const;
  const ddl::Column& SourceColumn(size_t column) const;
  const ddl::Column& TargetColumn(size_t column) const;

  const ddl::Projection projection_;
  const mysql::TableName source_;
  const mysql::TableName target_;
  const mysql::ServerInfo server_;
  bool converts_ = false;
  bool aligned_ = true;
  std::vector<Column> columns_;
  const KeyRange source_range_;
  const KeyRange target_range_;
};

}  // namespace osc::shadow
