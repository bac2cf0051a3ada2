#include "src/apply/unfit_row.h"

#include <optional>

#include "src/mysql/server_message.h"

namespace osc::apply {
namespace {

constexpr size_t kExcerptCharacters = 60;
constexpr size_t kExcerptBytes = 30;
// A value of more is not sent to the server to have it read; nobody would read it here.
constexpr size_t kLargeValue = 256 * 1024;

bool IsBytes(const mysql::ColumnType& type) {
  return type.IsBinary() || type.kind == mysql::TypeKind::kBit ||
         type.kind == mysql::TypeKind::kOther;
}

bool IsNumber(const mysql::ColumnType& type) {
  return type.IsInteger() || type.kind == mysql::TypeKind::kDecimal ||
         type.kind == mysql::TypeKind::kFloat || type.kind == mysql::TypeKind::kDouble;
}

// How the value reads, NULL for NULL. Long ones are shortened.
std::string TextSql(const mysql::ColumnType& type, const std::string& value) {
  if (IsNumber(type)) return value;
  const bool bytes = IsBytes(type);
  const std::string text = bytes ? value : "CONVERT(" + value + " USING utf8mb4)";
  const std::string kept = std::to_string(bytes ? kExcerptBytes : kExcerptCharacters);
  const std::string length = (bytes ? "LENGTH(" : "CHAR_LENGTH(") + text + ")";
  const std::string begin = "LEFT(" + text + "," + kept + ")";
  return "CONCAT(" + (bytes ? "'x\\'',HEX(" + begin + ")" : "'\\''," + begin) + ",IF(" + length +
         ">" + kept + ",CONCAT('...\\' ('," + length + ",' " + (bytes ? "bytes" : "characters") +
         ")'),'\\''))";
}

// How each of the columns (indexes into RowMapping::columns) reads; nothing when the row has gone.
std::vector<std::string> Read(mysql::Connection& connection, const RowMapping& mapping,
                              const RowValues& values, const std::vector<size_t>& columns) {
  std::string select = "SELECT ";
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) select += ',';
    const mysql::ColumnType& type = mapping.source_types[mapping.columns[columns[i]].source];
    select += TextSql(type, values.expression(columns[i]));
  }
  mysql::Result row = connection.Query(select + values.from);
  std::vector<std::string> texts;
  if (!row.Next()) return texts;
  for (size_t i = 0; i < columns.size(); ++i) {
    texts.push_back(row[i] ? row.Text(i) : "NULL");
  }
  return texts;
}

// The written column that the server complains of. MySQL 9.7 says 'name', or 'table.name' of JSON;
// MariaDB 10.11 and 11.8 say 'name' or `database`.`table`.`name`.
std::optional<size_t> NamedColumn(const RowMapping& mapping, const std::string& message) {
  for (size_t i = 0; i < mapping.columns.size(); ++i) {
    const std::string& name = mapping.columns[i].target;
    for (const std::string& way :
         {" column '" + name + "' ", "Column '" + name + "' ", ".`" + name + "` at row",
          " column '" + mapping.target.name + "." + name + "'", " column '" + name + "'."}) {
      if (message.find(way) != std::string::npos) return i;
    }
    // A JSON column of MariaDB is a text with a CHECK constraint of the column's name.
    if (message.starts_with("CONSTRAINT `" + mapping.target.name + "." + name + "` failed")) {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace

RowValues ValuesOfChange(const RowMapping& mapping, const Change& change) {
  return {[&mapping, &change](size_t column) {
            const size_t source = mapping.columns[column].source;
            const auto& image =
                change.kind == binlog::ChangeKind::kDelete ? change.before : change.after;
            if (image[source].is_null) return std::string("NULL");
            std::string literal;
            binlog::AppendLiteral(literal, change.map->columns[source],
                                  mapping.source_types[source], image[source]);
            return literal;
          },
          "",
          [&mapping, &change](size_t column) -> size_t {
            const auto& image =
                change.kind == binlog::ChangeKind::kDelete ? change.before : change.after;
            const size_t size = image[mapping.columns[column].source].size;
            return size > kLargeValue ? size : 0;
          }};
}

RowValues ValuesOfKey(const RowMapping& mapping, const std::vector<std::string>& key) {
  return {[&mapping, key](size_t column) {
            for (size_t i = 0; i < key.size(); ++i) {
              if (mapping.key[i] == column) return key[i];
            }
            return std::string("NULL");
          },
          ""};
}

namespace {

// What stands before the values of a key: "id=5", "(a, b)=(1, 'x')".
std::string KeyHead(const RowMapping& mapping) {
  std::string names;
  for (const size_t part : mapping.key) {
    names += (names.empty() ? "" : ", ") + mapping.source_names[mapping.columns[part].source];
  }
  return mapping.key.size() == 1 ? names + "=" : "(" + names + ")=(";
}

std::string KeyTail(const RowMapping& mapping) { return mapping.key.size() == 1 ? "" : ")"; }

// Nothing when the row has gone.
std::string NameKey(mysql::Connection& connection, const RowMapping& mapping,
                    const RowValues& values) {
  std::string key;
  for (const std::string& text : Read(connection, mapping, values, mapping.key)) {
    key += (key.empty() ? KeyHead(mapping) : ", ") + text;
  }
  return key.empty() ? "" : key + KeyTail(mapping);
}

std::string NameRow(const RowMapping& mapping, const std::string& key) {
  return (key.empty() ? "a row that has gone meanwhile" : "row " + key) + " of " +
         mysql::Quote(mapping.source);
}

}  // namespace

std::string NameRow(mysql::Connection& connection, const RowMapping& mapping,
                    const RowValues& values) {
  return NameRow(mapping, NameKey(connection, mapping, values));
}

std::string KeyTextSql(const RowMapping& mapping, const RowValues& values) {
  std::string parts;
  for (const size_t part : mapping.key) {
    const mysql::ColumnType& type = mapping.source_types[mapping.columns[part].source];
    parts += mysql::QuoteText(parts.empty() ? KeyHead(mapping) : ", ") + "," +
             TextSql(type, values.expression(part)) + ",";
  }
  return "CONCAT(" + parts + mysql::QuoteText(KeyTail(mapping)) + ")";
}

UnfitRow DescribeUnfit(mysql::Connection& connection, const RowMapping& mapping,
                       const RowValues& values, const Error& error) {
  UnfitRow row;
  row.key = NameKey(connection, mapping, values);
  if (const auto column = NamedColumn(mapping, error.message())) {
    const size_t large = values.large_bytes ? values.large_bytes(*column) : 0;
    const auto texts = large > 0 ? std::vector{"of " + std::to_string(large) + " bytes"}
                                 : Read(connection, mapping, values, {*column});
    row.column = mapping.source_names[mapping.columns[*column].source];
    if (!texts.empty()) row.value = texts[0];
  }
  row.reason = mysql::ServerMessage(error, mapping.target.name, mapping.source.name);
  return row;
}

Error ExplainUnfit(mysql::Connection& connection, const RowMapping& mapping,
                   const RowValues& values, const std::string& other, const Error& error) {
  const UnfitRow row = DescribeUnfit(connection, mapping, values, error);
  std::string message = NameRow(mapping, row.key) + " does not fit " + other + ": ";
  if (!row.column.empty()) {
    message += "column " + mysql::QuoteIdentifier(row.column) +
               (row.value.empty() ? "" : ", value " + row.value) + ": ";
  }
  return Error(error.code(), message + row.reason, error.hint(), error.server_errno());
}

Error WithRivals(mysql::Connection& connection, const RowMapping& mapping,
                 const std::vector<std::vector<std::string>>& rivals, const Error& error) {
  constexpr size_t kMostNamed = 5;
  std::string names;
  for (size_t i = 0; i < rivals.size() && i < kMostNamed; ++i) {
    names += (i > 0 ? ", " : "") + NameRow(connection, mapping, ValuesOfKey(mapping, rivals[i]));
  }
  return rivals.empty() ? error : error.Within("it collides with " + names);
}

}  // namespace osc::apply
