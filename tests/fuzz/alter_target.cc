#include "ddl/alter_statement.h"
#include "ddl/trial_copy.h"
#include "src/base/error.h"
#include "src/mysql/sql_lexer.h"
#include "tests/fuzz/target.h"

namespace osc::fuzz {
namespace {

bool SameEffect(const ddl::AlterStatement& a, const ddl::AlterStatement& b) {
  const auto same_rename = [](const ddl::ColumnRename& x, const ddl::ColumnRename& y) {
    return x.from == y.from && x.to == y.to;
  };
  return std::equal(a.renames.begin(), a.renames.end(), b.renames.begin(), b.renames.end(),
                    same_rename) &&
         a.added_columns == b.added_columns && a.dropped_columns == b.dropped_columns &&
         a.partitions == b.partitions && a.engine == b.engine;
}

}  // namespace

void RunAlter(std::string_view input) {
  ddl::AlterStatement alter;
  try {
    alter = ddl::ParseAlter(input);
  } catch (const Error& error) {
    Require(error.code() == ErrorCode::kInvalidArgument || error.code() == ErrorCode::kRefused,
            "an ALTER is understood, refused or none: " + error.message());
    Require(!error.message().empty() && !error.hint().empty(), "a refusal says what to do");
    return;
  }
  Require(!alter.clauses.empty(), "an ALTER has clauses");
  // The engine keeps the clauses alone, and parses them again.
  try {
    const ddl::AlterStatement again = ddl::ParseAlter(alter.clauses);
    Require(again.table.empty() && again.clauses == alter.clauses, "clauses stay clauses");
    Require(SameEffect(alter, again), "clauses alone mean the same");
  } catch (const Error& error) {
    Require(false, "clauses alone are understood: " + error.message());
  }
  for (const bool mariadb : {false, true}) {
    const std::string fit = ddl::FitForTemporary(alter.clauses, mariadb);
    Require(mysql::Tokenize(fit).back().kind == mysql::TokenKind::kEnd,
            "what the trial runs has no open quote");
  }
}

}  // namespace osc::fuzz
