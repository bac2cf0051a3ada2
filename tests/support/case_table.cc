#include "tests/support/case_table.h"

#include <algorithm>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace osc::testing {
namespace {

std::string Exact(const std::string& column, const std::string& type) {
  if (type == "float" || type == "double") return column + "+0e0";
  if (type == "bit") return "CONV(" + column + "+0, 10, 16)";
  // Text hides the types inside; their sizes do not.
  if (type == "json") {
    return "CONCAT(" + column + ", ' ', JSON_STORAGE_SIZE(" + column + ")-JSON_STORAGE_FREE(" +
           column + "))";
  }
  const bool is_text = type.ends_with("char") || type.ends_with("text") || type.ends_with("blob") ||
                       type.ends_with("binary") || type == "enum" || type == "set";
  return is_text ? "HEX(" + column + ")" : column;
}

}  // namespace

CaseTable::CaseTable(const TestServer& server, const std::vector<std::string>& create)
    : database_(server), connection_(server.Connect(database_.name())) {
  Run(create);
  const auto tables = Tables();
  if (tables.size() != 1) throw std::runtime_error("create.sql of a case makes one table");
  name_ = tables[0];
}

void CaseTable::Run(const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) connection_.Execute(statement);
}

std::vector<std::string> CaseTable::Tables() {
  mysql::Result rows = connection_.Query("SHOW FULL TABLES WHERE Table_type<>'SEQUENCE'");
  std::vector<std::string> names;
  while (rows.Next()) names.push_back(rows.Text(0));
  return names;
}

std::string CaseTable::ShowCreate() {
  mysql::Result row = connection_.Query("SHOW CREATE TABLE " + quoted());
  row.Next();
  return row.Text(1);
}

std::string CaseTable::Definition() {
  const std::string text =
      std::regex_replace(ShowCreate(), std::regex(" AUTO_INCREMENT=[0-9]+"), "");
  if (connection_.server().IsMariaDb()) return text;
  std::istringstream lines(text);
  std::vector<std::string> checks;
  std::string others;
  static const std::regex kCheck("  CONSTRAINT `(?:[^`]|``)*` (CHECK .*?),?");
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, kCheck)) {
      checks.push_back(match[1]);
    } else {
      others += line + "\n";
    }
  }
  std::sort(checks.begin(), checks.end());
  for (const std::string& line : checks) others += line + "\n";
  return others;
}

uint64_t CaseTable::AutoIncrement() {
  const std::string text = ShowCreate();
  std::smatch match;
  return std::regex_search(text, match, std::regex(" AUTO_INCREMENT=([0-9]+)"))
             ? std::stoull(match[1])
             : 1;
}

std::vector<std::string> CaseTable::Rows() {
  mysql::Result columns = connection_.Query(
      "SELECT COLUMN_NAME, LOWER(DATA_TYPE) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=" +
      mysql::QuoteText(database()) + " AND TABLE_NAME=" + mysql::QuoteText(name_) +
      " ORDER BY ORDINAL_POSITION");
  std::string select;
  std::vector<std::string> names;
  while (columns.Next()) {
    const std::string column = mysql::QuoteIdentifier(columns.Text(0));
    select += (select.empty() ? "" : ", ") + Exact(column, columns.Text(1));
    names.push_back(columns.Text(0));
  }
  mysql::Result result = connection_.Query("SELECT " + select + " FROM " + quoted());
  std::vector<std::string> rows;
  while (result.Next()) {
    std::string row;
    for (size_t i = 0; i < names.size(); ++i) {
      row += names[i] + "=" + (result[i] ? std::string(*result[i]) : "NULL") + " ";
    }
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string CaseTable::Checksum() {
  mysql::Result row = connection_.Query("CHECKSUM TABLE " + quoted() + " EXTENDED");
  row.Next();
  return row.Text(1);
}

bool CaseTable::HasJson() {
  return connection_.QueryValue(
             "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE "
             "DATA_TYPE='json' AND TABLE_SCHEMA=" +
             mysql::QuoteText(database())) != "0";
}

}  // namespace osc::testing
