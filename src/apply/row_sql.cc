#include "src/apply/row_sql.h"

#include <cstdint>

#include "src/binlog/json_expression.h"
#include "src/mysql/key_value.h"

namespace osc::apply {
namespace {

// A row of more than this has its values from kLargeValue on sent ahead, so that what is left of
// the statement stays far below the smallest max_allowed_packet in use (4 MiB).
constexpr size_t kLargeRow = 512 * 1024;
constexpr size_t kLargeValue = 1024;
// Twice this as a literal.
constexpr size_t kPieceBytes = 1 << 20;

std::string Variable(size_t source) { return "@osc_" + std::to_string(source); }

bool SameCell(const binlog::Cell& a, const binlog::Cell& b) {
  return a.is_null == b.is_null && (a.is_null || a.bytes() == b.bytes());
}

}  // namespace

std::string SourceValue(const RowMapping& mapping, const RowMapping::Column& column,
                        const std::string& alias) {
  const std::string name = alias + mysql::QuoteIdentifier(mapping.source_names[column.source]);
  return column.is_shorter_lob ? "COALESCE(" + name + ")" : name;
}

bool MovesKey(const RowMapping& mapping, const Change& change) {
  if (change.kind != binlog::ChangeKind::kUpdate) return false;
  for (const size_t part : mapping.key) {
    const size_t source = mapping.columns[part].source;
    if (!SameCell(change.before[source], change.after[source])) return true;
  }
  return false;
}

std::string DescribeKey(const RowMapping& mapping, const Change& change) {
  const auto& image = change.kind == binlog::ChangeKind::kInsert ? change.after : change.before;
  std::string names;
  std::string values;
  for (const size_t part : mapping.key) {
    const size_t source = mapping.columns[part].source;
    if (!names.empty()) {
      names += ", ";
      values += ", ";
    }
    names += mapping.source_names[source];
    binlog::AppendLiteral(values, change.map->columns[source], mapping.source_types[source],
                          image[source]);
  }
  return mapping.key.size() == 1 ? names + "=" + values : "(" + names + ")=(" + values + ")";
}

RowSql::RowSql(const RowMapping& mapping) : mapping_(mapping) {
  const std::string table = mysql::Quote(mapping.target);
  std::string names;
  for (const auto& column : mapping.columns) {
    quoted_.push_back(mysql::QuoteIdentifier(column.target));
    if (quoted_.size() > 1) names += ',';
    names += quoted_.back();
  }
  for (const auto& fill : mapping.fills) {
    names += "," + mysql::QuoteIdentifier(fill.target);
    fill_values_ += "," + fill.literal;
  }
  insert_head_ = "INSERT INTO " + table + " (" + names + ") VALUES ";
  replace_head_ = "REPLACE INTO " + table + " (" + names + ") VALUES ";
  delete_head_ = "DELETE FROM " + table + " WHERE ";
  const std::string by_key =
      table + " FORCE INDEX (" + mysql::QuoteIdentifier(mapping.target_key) + ") WHERE ";
  delete_any_head_ = "DELETE FROM " + table + " USING " + by_key;
  count_any_head_ = "SELECT COUNT(*) FROM " + by_key;
  update_head_ = "UPDATE " + table + " SET ";
  for (const std::string& name : mapping.preserved_temporal) {
    const std::string quoted = mysql::QuoteIdentifier(name);
    preserved_tail_ += "," + quoted + "=" + quoted;
  }
}

void RowSql::AppendCell(std::string& out, const Change& change, const binlog::RowImage& image,
                        const RowMapping::Column& column, size_t large_from) const {
  const size_t source = column.source;
  if (image[source].is_null) {
    out += "NULL";
    return;
  }
  if (IsLarge(image, source, large_from)) {
    const mysql::ColumnType& type = mapping_.source_types[source];
    out += type.kind == mysql::TypeKind::kJson
               ? "CAST(CONVERT(" + Variable(source) + " USING utf8mb4) AS JSON)"
           : type.IsText() ? "CONVERT(" + Variable(source) + " USING " + type.charset + ")"
                           : Variable(source);
    return;
  }
  binlog::AppendLiteralFor(column.type, out, change.map->columns[source],
                           mapping_.source_types[source], image[source]);
}

void RowSql::AppendValues(std::string& out, const Change& change,
                          const binlog::RowImage& image) const {
  const size_t large_from = LargeFrom(image);
  char separator = '(';
  for (const auto& column : mapping_.columns) {
    out += separator;
    separator = ',';
    AppendCell(out, change, image, column, large_from);
  }
  out += fill_values_;
  out += ')';
}

void RowSql::AppendAssignments(std::string& out, const Change& change,
                               const binlog::RowImage& image) const {
  const size_t large_from = LargeFrom(image);
  for (size_t i = 0; i < mapping_.columns.size(); ++i) {
    out += (i > 0 ? "," : "") + quoted_[i] + "=";
    AppendCell(out, change, image, mapping_.columns[i], large_from);
  }
  out += preserved_tail_;
}

void RowSql::AppendKey(std::string& out, const Change& change,
                       const binlog::RowImage& image) const {
  bool first = true;
  for (const size_t part : mapping_.key) {
    if (!first) out += " AND ";
    first = false;
    const RowMapping::Column& column = mapping_.columns[part];
    out += quoted_[part];
    out += '=';
    const size_t literal = out.size();
    AppendCell(out, change, image, column, SIZE_MAX);
    const mysql::ColumnType& source = mapping_.source_types[column.source];
    if (!mysql::ChangesCollation(source, column.type)) continue;
    out += mysql::EqualBytes(source, column.type, out.substr(literal), quoted_[part]);
  }
}

std::string RowSql::Key(const Change& change, const binlog::RowImage& image) const {
  std::string key;
  AppendKey(key, change, image);
  return key;
}

bool RowSql::HasIntegerKey() const {
  if (mapping_.key.size() != 1) return false;
  const RowMapping::Column& column = mapping_.columns[mapping_.key[0]];
  return mapping_.source_types[column.source].IsInteger() && column.type.IsInteger();
}

// An IN list of integers is searched; in a chain of OR every row is compared with every key.
size_t RowSql::most_keys() const { return HasIntegerKey() ? 500 : 50; }

void RowSql::AppendAnyKey(std::string& out, const std::vector<const std::string*>& keys) const {
  if (HasIntegerKey()) {
    const std::string& name = quoted_[mapping_.key[0]];
    out += name;
    char separator = '(';
    out += " IN ";
    for (const std::string* key : keys) {
      out += separator;
      separator = ',';
      out.append(*key, name.size() + 1);
    }
    out += ')';
    return;
  }
  const char* separator = "(";
  for (const std::string* key : keys) {
    out += separator;
    separator = ") OR (";
    out += *key;
  }
  out += ')';
}

std::string RowSql::ChangedColumns(const Change& change, const binlog::RowImage& before) const {
  std::string columns;
  bool differs = false;
  for (const auto& column : mapping_.columns) {
    const bool same = SameCell(before[column.source], change.after[column.source]);
    if (!same) differs = true;
    columns += same && !column.is_temporal ? '0' : '1';
  }
  return differs ? columns : "";
}

std::string RowSql::UpdateTail(const mysql::ServerInfo& server, const std::string& columns) const {
  const std::string target = mysql::Quote(mapping_.target) + ".";
  // MySQL warns of VALUES() since 8.0.20; the row's alias came with 8.0.19.
  const bool has_alias = !server.IsMariaDb() && server.AtLeast(8, 0, 19);
  const auto value = [&](size_t i) {
    return has_alias ? "osc_new." + quoted_[i] : "VALUES(" + quoted_[i] + ")";
  };
  std::string tail = has_alias ? " AS osc_new" : "";
  const char* separator = " ON DUPLICATE KEY UPDATE ";
  const auto assign = [&](const std::string& name, const std::string& to) {
    tail += separator + name + "=" + to;
    separator = ",";
  };
  if (mapping_.has_other_unique) {
    std::string is_same;
    for (const size_t i : mapping_.key) {
      is_same += (is_same.empty() ? "" : " AND ") + target + quoted_[i] + "=" + value(i);
    }
    const std::string& name = quoted_[mapping_.key.front()];
    assign(name, "IF(" + is_same + "," + target + name + ",NULL)");
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] != '0') assign(quoted_[i], value(i));
  }
  for (const std::string& name : mapping_.preserved_temporal) {
    const std::string quoted = mysql::QuoteIdentifier(name);
    assign(quoted, target + quoted);
  }
  return tail;
}

bool RowSql::AppendUpdate(std::string& out, const Change& change,
                          const binlog::RowImage& before) const {
  const std::string columns = ChangedColumns(change, before);
  if (columns.empty()) return false;
  out += update_head_;
  const size_t large_from = LargeFrom(change.after);
  bool first = true;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == '0') continue;
    if (!first) out += ',';
    first = false;
    out += quoted_[i];
    out += '=';
    AppendCell(out, change, change.after, mapping_.columns[i], large_from);
  }
  out += preserved_tail_;
  out += " WHERE ";
  AppendKey(out, change, before);
  return true;
}

size_t RowSql::LargeFrom(const binlog::RowImage& image) const {
  size_t bytes = 0;
  for (const binlog::Cell& cell : image) bytes += cell.size;
  return bytes > kLargeRow ? kLargeValue : SIZE_MAX;
}

bool RowSql::IsLarge(const binlog::RowImage& image, size_t source, size_t large_from) const {
  const mysql::ColumnType& type = mapping_.source_types[source];
  if (image[source].size < large_from) return false;
  if (type.kind == mysql::TypeKind::kJson) {
    return binlog::JsonAsText(image[source].bytes()).has_value();
  }
  // BINARY(n) comes without its zeros at the end, but is never this long.
  return (type.IsText() || type.IsBinary()) && type.kind != mysql::TypeKind::kBinary;
}

bool RowSql::HasLargeValues(const Change& change) const {
  return !change.after.empty() && LargeFrom(change.after) != SIZE_MAX;
}

void RowSql::SendLargeValues(mysql::Connection& connection, const Change& change,
                             bool only_changed) const {
  const size_t large_from = LargeFrom(change.after);
  for (const auto& column : mapping_.columns) {
    const binlog::Cell& cell = change.after[column.source];
    if (!IsLarge(change.after, column.source, large_from)) continue;
    if (only_changed && SameCell(change.before[column.source], cell)) continue;
    const bool is_json = mapping_.source_types[column.source].kind == mysql::TypeKind::kJson;
    const std::string text = is_json ? *binlog::JsonAsText(cell.bytes()) : "";
    const std::string_view bytes = is_json ? text : cell.bytes();
    // A string function gives NULL instead of a longer result, with a warning only.
    if (bytes.size() > connection.max_packet_bytes()) {
      throw Error(ErrorCode::kUnprojectable,
                  "column " + mysql::QuoteIdentifier(mapping_.source_names[column.source]) +
                      ": value too large: " + std::to_string(bytes.size()) +
                      " bytes, the server's max_allowed_packet is " +
                      std::to_string(connection.max_packet_bytes()),
                  "raise max_allowed_packet on the server to more than " +
                      std::to_string(bytes.size()) + " (and in its configuration)");
    }
    const std::string variable = Variable(column.source);
    for (size_t at = 0; at < bytes.size(); at += kPieceBytes) {
      std::string set = "SET " + variable + "=";
      if (at > 0) set += "CONCAT(" + variable + ",";
      mysql::AppendStringLiteral(set, "binary", bytes.substr(at, kPieceBytes));
      if (at > 0) set += ')';
      connection.Execute(set);
    }
  }
}

void RowSql::ForgetLargeValues(mysql::Connection& connection, const Change& change) const {
  const size_t large_from = LargeFrom(change.after);
  std::string set;
  for (const auto& column : mapping_.columns) {
    if (!IsLarge(change.after, column.source, large_from)) continue;
    set += (set.empty() ? "SET " : ",") + Variable(column.source) + "=NULL";
  }
  if (!set.empty()) connection.Execute(set);
}

}  // namespace osc::apply
