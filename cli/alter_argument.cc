#include "cli/alter_argument.h"

#include <utility>

#include "src/base/error.h"

namespace osc::cli {
namespace {

[[noreturn]] void BadTable(std::string_view text) {
  throw Error(ErrorCode::kInvalidArgument, "'" + std::string(text) + "' is not the name of a table",
              "write t or d.t; a name with a dot in it goes in backticks: `d`.`t.2021`");
}

// Takes one name off the front of `rest`.
std::string TakeName(std::string_view& rest, std::string_view whole) {
  std::string name;
  if (!rest.starts_with('`')) {
    const size_t dot = rest.find('.');
    name = rest.substr(0, dot);
    rest.remove_prefix(name.size());
  } else {
    rest.remove_prefix(1);
    while (true) {
      const size_t tick = rest.find('`');
      if (tick == std::string_view::npos) BadTable(whole);
      name += rest.substr(0, tick);
      rest.remove_prefix(tick + 1);
      if (!rest.starts_with('`')) break;
      name += '`';
      rest.remove_prefix(1);
    }
  }
  if (name.empty()) BadTable(whole);
  return name;
}

}  // namespace

mysql::TableName ParseTableArgument(std::string_view text) {
  std::string_view rest = text;
  mysql::TableName table;
  table.name = TakeName(rest, text);
  if (rest.empty()) return table;
  if (!rest.starts_with('.')) BadTable(text);
  rest.remove_prefix(1);
  table.database = std::exchange(table.name, TakeName(rest, text));
  if (!rest.empty()) BadTable(text);
  return table;
}

Change ReadChange(const Options& options) {
  const std::string hint = "osc " + options.command + " --table T --alter \"SPEC\", or osc " +
                           options.command + " \"ALTER TABLE t SPEC\"";
  if (!options.statement.empty() && !options.alter.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the change is given twice, by --alter and as a statement", hint);
  }
  const std::string& text = options.alter.empty() ? options.statement : options.alter;
  if (text.empty()) throw Error(ErrorCode::kInvalidArgument, "no change was given", hint);

  Change change;
  change.alter = ddl::ParseAlter(text);
  const mysql::TableName in_text{change.alter.database, change.alter.table};
  if (options.table.empty()) {
    change.table = in_text;
    if (in_text.name.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "no table was given", hint);
    }
  } else {
    change.table = ParseTableArgument(options.table);
    const bool same =
        in_text.name.empty() || (in_text.name == change.table.name &&
                                 (in_text.database.empty() || change.table.database.empty() ||
                                  in_text.database == change.table.database));
    if (!same) {
      throw Error(ErrorCode::kInvalidArgument,
                  "--table names " + options.table + ", the statement another table: " +
                      (in_text.database.empty() ? "" : in_text.database + ".") + in_text.name,
                  hint);
    }
    if (change.table.database.empty()) change.table.database = in_text.database;
  }
  if (change.table.database.empty()) change.table.database = options.connection.database;
  return change;
}

}  // namespace osc::cli
