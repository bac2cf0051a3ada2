#include "ddl/alter_join.h"

#include <algorithm>
#include <utility>

#include "ddl/name.h"
#include "src/base/error.h"
#include "src/mysql/sql_lexer.h"

namespace osc::ddl {
namespace {

using Names = std::vector<std::string>;

[[noreturn]] void Refuse(const std::string& why) {
  throw Error(ErrorCode::kRefused, why,
              "write one ALTER TABLE that says what the table is to become");
}

bool Has(const Names& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return SameName(name, other); });
}

void RefuseShared(const std::string& what, const Names& first, const Names& second) {
  for (const std::string& name : first) {
    if (Has(second, name)) Refuse("both statements act on " + what + " " + name);
  }
}

Names KeysBut(const AlterStatement& alter, const Names& left_out) {
  Names keys = alter.changed_keys;
  if (&left_out != &alter.added_keys) {
    keys.insert(keys.end(), alter.added_keys.begin(), alter.added_keys.end());
  }
  if (&left_out != &alter.dropped_keys) {
    keys.insert(keys.end(), alter.dropped_keys.begin(), alter.dropped_keys.end());
  }
  return keys;
}

// A name anywhere in the clauses, in an expression or the columns of a key.
void RefuseRenamed(const AlterStatement& renaming, const AlterStatement& other) {
  if (renaming.renames.empty()) return;
  for (const mysql::SqlToken& token : mysql::Tokenize(other.clauses)) {
    const bool name =
        token.kind == mysql::TokenKind::kWord || token.kind == mysql::TokenKind::kIdentifier;
    if (!name) continue;
    for (const ColumnRename& rename : renaming.renames) {
      if (SameName(token.text, rename.from) || SameName(token.text, rename.to)) {
        Refuse("one statement renames column " + rename.from + " to " + rename.to +
               ", the other names " + token.text);
      }
    }
  }
}

}  // namespace

AlterStatement JoinAlters(const AlterStatement& first, const AlterStatement& second) {
  RefuseShared("column", first.columns, second.columns);
  const Names none;
  RefuseShared("key", first.dropped_keys, KeysBut(second, second.added_keys));
  RefuseShared("key", KeysBut(first, first.dropped_keys), KeysBut(second, none));
  RefuseRenamed(first, second);
  RefuseRenamed(second, first);
  if (first.character_set || second.character_set) {
    Refuse("a statement that sets the table's character set would act on the other's columns too");
  }
  if (first.partitions || second.partitions) {
    Refuse("a change of the partitions cannot stand beside another statement");
  }
  AlterStatement joined = ParseAlter(first.clauses + ", " + second.clauses);
  joined.database = first.database;
  joined.table = first.table;
  return joined;
}

}  // namespace osc::ddl
