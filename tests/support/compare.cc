#include "tests/support/compare.h"

#include <gtest/gtest.h>

#include "src/mysql/quote.h"

namespace osc::testing {
namespace {

// Byte for byte and NULL for NULL.
std::string Equal(const ComparedColumn& column) {
  return "CAST(l." + mysql::QuoteIdentifier(column.live) + " AS BINARY) <=> CAST(o." +
         mysql::QuoteIdentifier(column.off_stage) + " AS BINARY)";
}

std::string SameKey(const std::vector<ComparedColumn>& key) {
  std::string sql;
  for (const ComparedColumn& column : key) {
    sql += (sql.empty() ? "l." : " AND l.") + mysql::QuoteIdentifier(column.live) + "=o." +
           mysql::QuoteIdentifier(column.off_stage);
  }
  return sql;
}

std::string KeyList(const std::string& alias, const std::vector<ComparedColumn>& key, bool live) {
  std::string sql;
  for (const ComparedColumn& column : key) {
    sql += (sql.empty() ? "" : ", ',', ") + alias + "." +
           mysql::QuoteIdentifier(live ? column.live : column.off_stage);
  }
  return "CONCAT(" + sql + ")";
}

// Up to a few rows that the query returns, as a failure.
void ExpectNone(mysql::Connection& connection, const std::string& what, const std::string& sql) {
  mysql::Result rows = connection.Query(sql + " LIMIT 10");
  if (rows.row_count() == 0) return;
  std::string list;
  while (rows.Next()) {
    list += "\n  ";
    for (size_t i = 0; i < rows.column_count(); ++i) list += (i == 0 ? "" : " | ") + rows.Text(i);
  }
  ADD_FAILURE() << what << ", for example" << list;
}

}  // namespace

void ExpectSameRows(const TestServer& server, Osc& osc, const std::string& id,
                    const std::vector<ComparedColumn>& key,
                    const std::vector<ComparedColumn>& columns) {
  const nlohmann::json migration = osc.Show(id);
  const std::string database = migration["database"];
  const std::string live = mysql::Quote({database, migration["table"]});
  const std::string off_stage = mysql::Quote({database, migration["off_stage_table"]});
  mysql::Connection holder = server.Connect(database);
  holder.Execute("LOCK TABLES " + live + " READ");
  osc.WaitUntilCaughtUp(id);

  mysql::Connection connection = server.Connect(database);
  const std::string joined = " ON " + SameKey(key);
  ExpectNone(connection, "rows that the off-stage table lacks",
             "SELECT " + KeyList("l", key, true) + " FROM " + live + " l LEFT JOIN " + off_stage +
                 " o" + joined + " WHERE o." + mysql::QuoteIdentifier(key[0].off_stage) +
                 " IS NULL");
  ExpectNone(connection, "rows that only the off-stage table has",
             "SELECT " + KeyList("o", key, false) + " FROM " + off_stage + " o LEFT JOIN " + live +
                 " l" + joined + " WHERE l." + mysql::QuoteIdentifier(key[0].live) + " IS NULL");
  std::string equal = "TRUE";
  std::string shown = KeyList("l", key, true);
  for (const ComparedColumn& column : columns) {
    equal += " AND " + Equal(column);
    shown += ", l." + mysql::QuoteIdentifier(column.live) + ", o." +
             mysql::QuoteIdentifier(column.off_stage);
  }
  ExpectNone(connection, "rows that differ (key, live and off-stage value of each column)",
             "SELECT " + shown + " FROM " + live + " l JOIN " + off_stage + " o" + joined +
                 " WHERE NOT (" + equal + ")");
  const std::string count = "SELECT COUNT(*) FROM ";
  EXPECT_EQ(connection.QueryValue(count + live), connection.QueryValue(count + off_stage));
  holder.Execute("UNLOCK TABLES");
}

void ExpectSameRows(const TestServer& server, Osc& osc, const std::string& id,
                    const std::vector<std::string>& key, const std::vector<std::string>& columns) {
  const auto both = [](const std::vector<std::string>& names) {
    std::vector<ComparedColumn> list;
    for (const std::string& name : names) list.push_back({name, name});
    return list;
  };
  ExpectSameRows(server, osc, id, both(key), both(columns));
}

}  // namespace osc::testing
