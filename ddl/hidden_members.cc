#include "ddl/hidden_members.h"

#include <algorithm>
#include <utility>

#include "src/base/error.h"

namespace osc::ddl {
namespace {

using mysql::TypeKind;

bool MayHideMembers(const Column& column) {
  return std::any_of(
      column.type.members.begin(), column.type.members.end(),
      [](const std::string& member) { return member.find('?') != std::string::npos; });
}

// The members' values, read back from a table that has each of them once.
std::vector<std::string> AskForMembers(mysql::Connection& connection, const TableDefinition& table,
                                       const Column& column) {
  const std::string trial = mysql::Quote({table.name.database, "_osc_members"});
  const std::string drop = "DROP TEMPORARY TABLE IF EXISTS " + trial;
  connection.Execute(drop);
  connection.Execute("CREATE TEMPORARY TABLE " + trial + " AS SELECT " +
                     mysql::QuoteIdentifier(column.name) + " AS c FROM " +
                     mysql::Quote(table.name) + " LIMIT 0");
  std::string values;
  for (size_t i = 0; i < column.type.members.size(); ++i) {
    const uint64_t number = column.type.kind == TypeKind::kEnum ? i + 1 : uint64_t{1} << i;
    values += (i > 0 ? ",(" : "(") + std::to_string(number) + ")";
  }
  connection.Execute("INSERT INTO " + trial + " (c) VALUES " + values);
  std::vector<std::string> members;
  mysql::Result rows = connection.Query("SELECT CONVERT(c USING utf8mb4) FROM " + trial +
                                        " ORDER BY CAST(c+0 AS UNSIGNED)");
  while (rows.Next()) members.push_back(rows.Text(0));
  connection.Execute(drop);
  if (members.size() != column.type.members.size()) {
    throw Error(ErrorCode::kInternal, "the members of column '" + column.name + "' of " +
                                          mysql::Quote(table.name) + " cannot be read");
  }
  return members;
}

// As the servers print a type.
std::string TypeText(TypeKind kind, const std::vector<std::string>& members) {
  std::string text = kind == TypeKind::kEnum ? "enum(" : "set(";
  for (const std::string& member : members) {
    if (text.back() != '(') text += ',';
    text += '\'';
    for (const char c : member) {
      switch (c) {
        case '\'':
          text += "''";
          break;
        case '\\':
          text += "\\\\";
          break;
        case '\n':
          text += "\\n";
          break;
        case '\r':
          text += "\\r";
          break;
        case '\0':
          text += "\\0";
          break;
        default:
          text += c;
      }
    }
    text += '\'';
  }
  return text + ")";
}

}  // namespace

void ReadHiddenMembers(mysql::Connection& connection, TableDefinition* table) {
  for (Column& column : table->columns) {
    if (!MayHideMembers(column)) continue;
    column.type.members = AskForMembers(connection, *table, column);
    const std::string head = "\n  " + mysql::QuoteIdentifier(column.name) + " ";
    const size_t at = table->create_statement.find(head + column.type.text);
    const std::string shown =
        std::exchange(column.type.text, TypeText(column.type.kind, column.type.members));
    if (at == std::string::npos) continue;
    table->create_statement.replace(at + head.size(), shown.size(), column.type.text);
  }
}

}  // namespace osc::ddl
