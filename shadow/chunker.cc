#include "shadow/chunker.h"

#include <nlohmann/json.hpp>

#include "src/apply/copy_frontier.h"
#include "src/mysql/key_value.h"

namespace osc::shadow {

std::string SaveKey(const KeyLiterals& key) {
  return key.empty() ? "" : nlohmann::json(key).dump();
}

KeyLiterals LoadKey(const std::string& text) {
  return text.empty() ? KeyLiterals() : nlohmann::json::parse(text).get<KeyLiterals>();
}

KeyRange::KeyRange(const ddl::Projection& projection, const mysql::TableName& live)
    : ordered_(projection.ordered_key_columns()) {
  for (const ddl::ColumnPair& part : projection.key) {
    const ddl::Column& column = projection.source.columns[part.source];
    types_.push_back(column.type);
    names_.push_back(column.name);
    columns_.push_back(mysql::QuoteIdentifier(column.name));
  }
  for (size_t i = 0; i < ordered_; ++i) order_ += (i > 0 ? ",l." : "l.") + columns_[i];
  table_ =
      mysql::Quote(live) + " l FORCE INDEX (" + mysql::QuoteIdentifier(projection.source_key) + ")";
}

std::string KeyRange::Compare(const std::string& alias, size_t column, const char* op,
                              const std::string& literal) const {
  const mysql::ColumnType& type = types_[column];
  const bool is_enum = type.kind == mysql::TypeKind::kEnum;
  if (!is_enum && type.kind != mysql::TypeKind::kSet) {
    return alias + columns_[column] + op + literal;
  }
  const uint64_t most = is_enum ? type.members.size() : (uint64_t{1} << type.members.size()) - 1;
  const uint64_t bound = std::stoull(literal);
  const bool above = op[0] == '>';
  const uint64_t first = above ? bound + 1 : 0;
  const uint64_t end = above ? most + 1 : std::string_view(op) == "<=" ? bound + 1 : bound;
  if (first >= end) return "FALSE";
  std::string list;
  for (uint64_t number = first; number < end; ++number) {
    list += (list.empty() ? "" : ",") + std::to_string(number);
  }
  return alias + columns_[column] + " IN (" + list + ")";
}

// (a > 1) OR (a = 1 AND b > 2), with `at_end` for the last column.
std::string KeyRange::Bound(const std::string& alias, const KeyLiterals& key, const char* beyond,
                            const char* at_end) const {
  std::string text = "(";
  for (size_t i = 0; i < ordered_; ++i) {
    if (i > 0) text += " OR ";
    text += '(';
    for (size_t j = 0; j < i; ++j) text += alias + columns_[j] + "=" + key[j] + " AND ";
    text += Compare(alias, i, i + 1 == ordered_ ? at_end : beyond, key[i]) + ")";
  }
  return text + ")";
}

std::string KeyRange::Between(const std::string& alias, const KeyLiterals& low,
                              const KeyLiterals& high) const {
  std::string text;
  if (!low.empty()) text = Bound(alias, low, ">", ">");
  if (!high.empty()) text += (text.empty() ? "" : " AND ") + Bound(alias, high, "<", "<=");
  return text.empty() ? "1=1" : text;
}

std::vector<KeyLiterals> KeyRange::Select(mysql::Connection& connection,
                                          const std::string& tail) const {
  std::string select = "SELECT ";
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) select += ',';
    select += mysql::KeyExpression(types_[i], "l." + columns_[i]);
  }
  auto rows = connection.Query(select + " FROM " + table_ + tail);
  std::vector<KeyLiterals> keys;
  while (rows.Next()) {
    KeyLiterals key;
    for (size_t i = 0; i < columns_.size(); ++i) {
      key.push_back(mysql::KeyLiteral(types_[i], rows.Text(i)));
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::optional<KeyLiterals> KeyRange::Step(mysql::Connection& connection, const KeyLiterals& low,
                                          uint64_t rows, const KeyLiterals& high) const {
  auto keys = Select(connection, " WHERE " + Between("l.", low, high) + " ORDER BY " + order_ +
                                     " LIMIT " + std::to_string(rows - 1) + ",1");
  return keys.empty() ? std::nullopt : std::optional(std::move(keys[0]));
}

std::optional<KeyLiterals> KeyRange::End(mysql::Connection& connection, bool last) const {
  std::string order;
  for (size_t i = 0; i < ordered_; ++i) {
    order += (i > 0 ? ",l." : "l.") + columns_[i] + (last ? " DESC" : "");
  }
  auto keys = Select(connection, " ORDER BY " + order + " LIMIT 1");
  return keys.empty() ? std::nullopt : std::optional(std::move(keys[0]));
}

std::vector<KeyLiterals> KeyRange::Keys(mysql::Connection& connection,
                                        const std::string& where) const {
  return Select(connection, " WHERE " + where + " ORDER BY " + order_);
}

std::string KeyRange::Describe(const KeyLiterals& key) const {
  std::string names;
  std::string values;
  for (size_t i = 0; i < key.size(); ++i) {
    names += (i > 0 ? ", " : "") + names_[i];
    values += (i > 0 ? ", " : "") + key[i];
  }
  return key.size() == 1 ? names + "=" + values : "(" + names + ")=(" + values + ")";
}

bool KeyRange::IsInteger() const { return types_.size() == 1 && types_[0].IsInteger(); }

uint64_t KeyRange::OrderOf(const KeyLiterals& key) const {
  const bool is_unsigned = types_[0].is_unsigned;
  const uint64_t bits =
      is_unsigned ? std::stoull(key[0]) : static_cast<uint64_t>(std::stoll(key[0]));
  return apply::CopyFrontier::Order(is_unsigned, bits);
}

KeyLiterals KeyRange::KeyAt(uint64_t order) const {
  const bool is_unsigned = types_[0].is_unsigned;
  const uint64_t bits = apply::CopyFrontier::Order(is_unsigned, order);  // its own inverse
  return {is_unsigned ? std::to_string(bits) : std::to_string(static_cast<int64_t>(bits))};
}

}  // namespace osc::shadow
