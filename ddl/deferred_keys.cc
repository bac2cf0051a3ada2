#include "ddl/deferred_keys.h"

#include <algorithm>
#include <set>

#include "src/base/error.h"
#include "src/mysql/quote.h"

namespace osc::ddl {
namespace {

bool IsPlain(const TableDefinition& table, const Key& key) {
  return key.type == "BTREE" && !key.IsPrimary() &&
         std::none_of(key.parts.begin(), key.parts.end(), [&](const KeyPart& part) {
           return part.expression || table.columns[part.column].generated;
         });
}

bool CarriesAutoIncrement(const TableDefinition& table, const Key& key) {
  return std::any_of(key.parts.begin(), key.parts.end(), [&](const KeyPart& part) {
    return !part.expression && table.columns[part.column].auto_increment;
  });
}

bool IsSamePart(const Projection& forward, const KeyPart& from, const KeyPart& to) {
  if (from.expression || to.expression || from.prefix_length != to.prefix_length) return false;
  const auto& source = forward.source.columns[from.column].type;
  const auto& target = forward.target.columns[to.column].type;
  return source.text == target.text && source.collation == target.collation &&
         std::any_of(forward.columns.begin(), forward.columns.end(), [&](const ColumnPair& pair) {
           return pair.source == from.column && pair.target == to.column;
         });
}

bool IsUniqueInSource(const Projection& forward, const Key& key) {
  return std::any_of(
      forward.source.keys.begin(), forward.source.keys.end(), [&](const Key& candidate) {
        return candidate.unique && candidate.parts.size() == key.parts.size() &&
               std::equal(candidate.parts.begin(), candidate.parts.end(), key.parts.begin(),
                          [&](const KeyPart& from, const KeyPart& to) {
                            return IsSamePart(forward, from, to);
                          });
      });
}

bool IsDeferrable(const Projection& forward, const Key& key) {
  const TableDefinition& table = forward.target;
  return IsPlain(table, key) && key.name != forward.target_key &&
         !CarriesAutoIncrement(table, key) && (!key.unique || IsUniqueInSource(forward, key));
}

// Both families keep unique keys first, FULLTEXT ones last, and what is built later behind the
// others of its kind. Where SHOW CREATE TABLE has unique keys without NULL before the others InnoDB
// has not: see KeepKeysInOrder in shadow/off_stage.cc.
int Group(const Key& key) {
  if (key.type == "FULLTEXT") return 2;
  return key.unique ? 0 : 1;
}

}  // namespace

std::vector<std::string> DeferrableKeys(const Projection& forward) {
  const TableDefinition& table = forward.target;
  std::vector<std::string> names;
  if (table.create_statement.find("FOREIGN KEY") != std::string::npos) return names;
  std::set<int> kept;  // groups with a key further back that stays
  for (auto key = table.keys.rbegin(); key != table.keys.rend(); ++key) {
    const int group = Group(*key);
    if (kept.count(group) == 0 && IsDeferrable(forward, *key)) {
      names.insert(names.begin(), key->name);
    } else {
      kept.insert(group);
    }
  }
  return names;
}

std::string KeyClause(const TableDefinition& table, std::string_view key) {
  const std::string name = "KEY " + mysql::QuoteIdentifier(std::string(key)) + " ";
  const std::string& text = table.create_statement;
  for (const std::string& start : {"\n  " + name, "\n  UNIQUE " + name}) {
    const size_t at = text.find(start);
    if (at == std::string::npos) continue;
    const size_t begin = at + 3;
    size_t end = text.find('\n', begin);
    if (end == std::string::npos) end = text.size();
    if (text[end - 1] == ',') --end;
    return text.substr(begin, end - begin);
  }
  throw Error(ErrorCode::kInternal,
              "there is no key " + std::string(key) + " in the definition: " + text);
}

}  // namespace osc::ddl
