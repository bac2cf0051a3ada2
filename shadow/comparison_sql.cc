#include "shadow/comparison_sql.h"

#include <algorithm>

#include "shadow/compared_column.h"
#include "src/mysql/key_value.h"

namespace osc::shadow {
namespace {

std::string Named(const std::string& alias, const std::string& name) {
  return alias + mysql::QuoteIdentifier(name);
}

}  // namespace

bool HaveKeysSameOrder(const ddl::Projection& projection) {
  const ddl::Key& source = *projection.source.FindKey(projection.source_key);
  const ddl::Key& target = *projection.target.FindKey(projection.target_key);
  if (source.parts.size() != projection.key.size() || target.parts.size() != source.parts.size()) {
    return false;
  }
  for (size_t i = 0; i < projection.key.size(); ++i) {
    const ddl::ColumnPair& pair = projection.key[i];
    if (target.parts[i].column != pair.target ||
        !HasSameOrder(projection.source.columns[pair.source].type,
                      projection.target.columns[pair.target].type)) {
      return false;
    }
  }
  return true;
}

ComparisonSql::ComparisonSql(ddl::Projection projection, const mysql::TableName& source,
                             const mysql::TableName& target, const mysql::ServerInfo& server)
    : projection_(std::move(projection)),
      source_(source),
      target_(target),
      server_(server),
      source_range_(projection_, source),
      target_range_(ddl::Invert(projection_), target) {
  for (const ddl::ColumnPair& pair : projection_.columns) {
    const ddl::Column& from = projection_.source.columns[pair.source];
    const ddl::Column& to = projection_.target.columns[pair.target];
    const bool converted = !IsDirectlyComparable(from.type, to.type);
    columns_.push_back({from.name, to.name, converted});
    converts_ = converts_ || converted;
  }
  aligned_ = HaveKeysSameOrder(projection_);
  converts_ = converts_ || !aligned_;
}

const ddl::Column& ComparisonSql::SourceColumn(size_t column) const {
  return projection_.source.columns[projection_.columns[column].source];
}
const ddl::Column& ComparisonSql::TargetColumn(size_t column) const {
  return projection_.target.columns[projection_.columns[column].target];
}

std::string ComparisonSql::SourceValue(size_t column, const std::string& alias) const {
  const ddl::Column& from = SourceColumn(column);
  return ValueAs(from.type, TargetColumn(column).type, Named(alias, from.name));
}
std::string ComparisonSql::TargetValue(size_t column, const std::string& alias) const {
  return Named(alias, TargetColumn(column).name);
}

std::vector<DigestedValue> ComparisonSql::Values(Side side) const {
  const std::string alias = Alias(side);
  const bool direct_source = side == Side::kSource && !converts_;
  std::vector<DigestedValue> values;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const ddl::Column& source = SourceColumn(i);
    const ddl::Column& target = TargetColumn(i);
    DigestedValue value;
    value.type = direct_source && source.type.IsInteger() ? source.type : target.type;
    value.expression = direct_source ? SourceValue(i, alias) : TargetValue(i, alias);
    value.nullable = source.nullable || target.nullable;
    value.is_key = std::any_of(
        projection_.key.begin(), projection_.key.end(),
        [&](const ddl::ColumnPair& part) { return part.target == projection_.columns[i].target; });
    values.push_back(std::move(value));
  }
  return values;
}

std::string ComparisonSql::Identity(const std::string& alias, bool of_source_names) const {
  std::string list;
  for (const ddl::ColumnPair& pair : projection_.key) {
    const ddl::Column& column = of_source_names ? projection_.source.columns[pair.source]
                                                : projection_.target.columns[pair.target];
    list += (list.empty() ? "" : ",") +
            mysql::IdentityExpression(column.type, Named(alias, column.name));
  }
  return list;
}

void ComparisonSql::CreateConverted(mysql::Connection& connection,
                                    const mysql::TableName& converted) const {
  std::string list;
  for (size_t i = 0; i < columns_.size(); ++i) list += "," + TargetValue(i, "t.");
  // A key of its own, for servers that want every table to have one (sql_require_primary_key).
  connection.Execute("CREATE TEMPORARY TABLE " + mysql::Quote(converted) +
                     " (_osc_number BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB AS "
                     "SELECT " +
                     list.substr(1) + " FROM " + mysql::Quote(target_) + " t WHERE FALSE");
}

void ComparisonSql::Convert(mysql::Connection& connection, const mysql::TableName& converted,
                            const std::string& where, bool ignore) const {
  std::string targets;
  std::string sources;
  for (size_t i = 0; i < columns_.size(); ++i) {
    targets += "," + TargetValue(i, "");
    // From column to column MariaDB cuts what is too long for a shorter TEXT or BLOB (see
    // apply::SourceValue); from an expression it does not.
    const std::string column = Named("l.", SourceColumn(i).name);
    const mysql::ColumnType& type = SourceColumn(i).type;
    const bool is_string = type.IsText() || type.IsBinary();
    sources += is_string ? ",COALESCE(" + column + ")" : "," + column;
  }
  connection.Execute("DELETE FROM " + mysql::Quote(converted));
  connection.Execute(std::string("INSERT ") + (ignore ? "IGNORE " : "") + "INTO " +
                     mysql::Quote(converted) + " (" + targets.substr(1) + ") SELECT " +
                     sources.substr(1) + " FROM " + source_range_.table() + " WHERE " + where);
}

std::string ComparisonSql::Alias(Side side) const {
  if (side == Side::kTarget) return aligned_ ? "l." : "t.";
  return converts_ ? "s." : "l.";
}

std::string ComparisonSql::From(Side side, const Range& range) const {
  if (side == Side::kSource) {
    if (converts_) return " FROM " + mysql::Quote(range.converted) + " s";
    return " FROM " + source_range_.table() + " WHERE " +
           source_range_.Between("l.", range.low, range.high);
  }
  if (aligned_) {
    return " FROM " + target_range_.table() + " WHERE " +
           target_range_.Between("l.", range.low, range.high);
  }
  std::string join;
  for (const ddl::ColumnPair& pair : projection_.key) {
    const std::string& name = projection_.target.columns[pair.target].name;
    join += (join.empty() ? "" : " AND ") + Named("t.", name) + "=" + Named("s.", name);
  }
  return " FROM " + mysql::Quote(range.converted) + " s STRAIGHT_JOIN " + mysql::Quote(target_) +
         " t ON " + join;
}

ComparisonSql::Digest ComparisonSql::DigestOf(mysql::Connection& connection, Side side,
                                              const Range& range) const {
  auto row =
      connection.Query("SELECT COUNT(*)," + RangeDigest(Values(side), server_) + From(side, range));
  row.Next();
  return {row.Number(0), row.Text(1)};
}

std::vector<ComparisonSql::RowDigest> ComparisonSql::RowsOf(mysql::Connection& connection,
                                                            Side side, const Range& range) const {
  const bool source_names = side == Side::kSource && !converts_;
  auto rows = connection.Query("SELECT " + Identity(Alias(side), source_names) + "," +
                               shadow::RowDigest(Values(side), server_) + From(side, range));
  std::vector<RowDigest> list;
  const size_t parts = projection_.key.size();
  while (rows.Next()) {
    RowDigest row;
    for (size_t i = 0; i < parts; ++i) {
      const mysql::ColumnType& type = projection_.target.columns[projection_.key[i].target].type;
      row.key.push_back(mysql::IdentityLiteral(type, rows.Text(i)));
    }
    if (rows[parts]) row.digest = rows.Text(parts);
    list.push_back(std::move(row));
  }
  return list;
}

std::vector<RowKey> ComparisonSql::Strays(mysql::Connection& connection, const KeyLiterals& low,
                                          const KeyLiterals& high) const {
  std::string match;
  for (const ddl::ColumnPair& pair : projection_.key) {
    const ddl::Column& from = projection_.target.columns[pair.target];
    const ddl::Column& to = projection_.source.columns[pair.source];
    match += (match.empty() ? "" : " AND ") +
             mysql::EqualValue(from.type, to.type, Named("l.", from.name), Named("s.", to.name)) +
             mysql::EqualBytes(from.type, to.type, Named("l.", from.name), Named("s.", to.name));
  }
  auto rows = connection.Query(
      "SELECT " + Identity("l.", false) + " FROM " + target_range_.table() + " WHERE " +
      target_range_.Between("l.", low, high) + " AND NOT EXISTS (SELECT 1 FROM " +
      mysql::Quote(source_) + " s WHERE " + match + ")");
  std::vector<RowKey> keys;
  while (rows.Next()) {
    RowKey key;
    for (size_t i = 0; i < projection_.key.size(); ++i) {
      const mysql::ColumnType& type = projection_.target.columns[projection_.key[i].target].type;
      key.push_back(mysql::IdentityLiteral(type, rows.Text(i)));
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string ComparisonSql::IsRow(const RowKey& key, Side side, const std::string& alias) const {
  std::string condition;
  for (size_t i = 0; i < key.size(); ++i) {
    const ddl::Column& from = projection_.target.columns[projection_.key[i].target];
    if (i > 0) condition += " AND ";
    if (side == Side::kTarget) {
      condition += Named(alias, from.name) + "=" + key[i];
      continue;
    }
    const ddl::Column& to = projection_.source.columns[projection_.key[i].source];
    condition += mysql::EqualValue(from.type, to.type, key[i], Named(alias, to.name)) +
                 mysql::EqualBytes(from.type, to.type, key[i], Named(alias, to.name));
  }
  // A key that is only equal under its collation is another row's.
  for (size_t i = 0; i < key.size(); ++i) {
    const ddl::Column& target = projection_.target.columns[projection_.key[i].target];
    const ddl::Column& source = projection_.source.columns[projection_.key[i].source];
    const ddl::Column& column = side == Side::kTarget ? target : source;
    if (!column.type.IsText() ||
        (side == Side::kSource && mysql::ChangesCollation(target.type, source.type))) {
      continue;
    }
    condition +=
        " AND CAST(" + Named(alias, column.name) + " AS BINARY)=CAST(" + key[i] + " AS BINARY)";
  }
  return condition;
}

std::optional<ComparisonSql::Row> ComparisonSql::ReadRow(mysql::Connection& connection,
                                                         bool source_types, const char* unknown,
                                                         const std::string& from) const {
  std::string select;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const mysql::ColumnType& source = SourceColumn(i).type;
    const mysql::ColumnType& target = TargetColumn(i).type;
    const std::string value = source_types ? SourceValue(i, "l.") : TargetValue(i, "l.");
    const mysql::ColumnType& type = source_types && source.IsInteger() ? source : target;
    const std::string canonical = Canonical(type, value, server_);
    select += ",ISNULL(" + value + "),SHA2(" + canonical + ",256)," + ShownValue(type, value);
  }
  auto rows = connection.Query("SELECT " + select.substr(1) + from);
  if (!rows.Next()) return std::nullopt;
  Row row;
  for (size_t i = 0; i < columns_.size(); ++i) {
    Value value;
    const bool is_null = rows.Number(3 * i) != 0;
    value.shown = is_null ? "NULL" : rows.Text(3 * i + 2);
    // A digest that the server could not compute is no NULL of the value, and equal to nothing.
    if (!is_null) value.digest = rows[3 * i + 1] ? rows.Text(3 * i + 1) : unknown;
    row.push_back(std::move(value));
  }
  return row;
}

std::optional<ComparisonSql::Row> ComparisonSql::SourceRow(
    mysql::Connection& connection, const RowKey& key, const mysql::TableName& converted) const {
  const std::string where = IsRow(key, Side::kSource, "l.");
  if (!converts_)
    return ReadRow(connection, true, "?", " FROM " + source_range_.table() + " WHERE " + where);
  Convert(connection, converted, where, false);
  return ReadRow(connection, false, "?", " FROM " + mysql::Quote(converted) + " l");
}

std::optional<ComparisonSql::Row> ComparisonSql::TargetRow(mysql::Connection& connection,
                                                           const RowKey& key) const {
  return ReadRow(connection, false, "??",
                 " FROM " + target_range_.table() + " WHERE " + IsRow(key, Side::kTarget, "l."));
}

std::optional<RowKey> ComparisonSql::SourceKey(mysql::Connection& connection,
                                               const RowKey& key) const {
  auto rows = connection.Query("SELECT " + Identity("l.", true) + " FROM " + source_range_.table() +
                               " WHERE " + IsRow(key, Side::kSource, "l."));
  if (!rows.Next()) return std::nullopt;
  RowKey source_key;
  for (size_t i = 0; i < projection_.key.size(); ++i) {
    const mysql::ColumnType& type = projection_.source.columns[projection_.key[i].source].type;
    source_key.push_back(mysql::IdentityLiteral(type, rows.Text(i)));
  }
  return source_key;
}

namespace {

// X'6162' is more easily read as 'ab'.
std::string Readable(const std::string& literal) {
  const size_t at = literal.find("X'");
  if (at == std::string::npos || !literal.ends_with("'")) return literal;
  if (literal.rfind("_utf8mb4", 0) != 0 && literal.rfind("_utf8mb3", 0) != 0 &&
      literal.rfind("_latin1", 0) != 0 && literal.rfind("_ascii", 0) != 0) {
    return literal;
  }
  const bool is_utf8 = literal[1] == 'u';
  std::string text;
  for (size_t i = at + 2; i + 2 < literal.size(); i += 2) {
    const auto byte = static_cast<unsigned char>(std::stoi(literal.substr(i, 2), nullptr, 16));
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8)) return literal;
    text += static_cast<char>(byte);
  }
  return "'" + text + "'";
}

}  // namespace

std::string ComparisonSql::Describe(const RowKey& key, Side names) const {
  std::string list;
  std::string values;
  for (size_t i = 0; i < key.size(); ++i) {
    const ddl::ColumnPair& pair = projection_.key[i];
    const ddl::Column& target = projection_.target.columns[pair.target];
    list += (i > 0 ? ", " : "") +
            (names == Side::kSource ? projection_.source.columns[pair.source].name : target.name);
    values += (i > 0 ? ", " : "") + Readable(key[i]);
  }
  return key.size() == 1 ? list + "=" + values : "(" + list + ")=(" + values + ")";
}

}  // namespace osc::shadow
