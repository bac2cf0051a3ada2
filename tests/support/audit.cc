#include "tests/support/audit.h"

#include <gtest/gtest.h>

#include "src/mysql/quote.h"

namespace osc::testing {

void CreateAudit(mysql::Connection& connection, const std::string& table) {
  const std::string name = mysql::QuoteIdentifier(table);
  connection.Execute(
      "CREATE TABLE audit (n BIGINT AUTO_INCREMENT PRIMARY KEY, r BIGINT, amount BIGINT, "
      "tokens BIGINT, updates BIGINT) ENGINE=InnoDB");
  connection.Execute("LOCK TABLES " + name + " WRITE, audit WRITE");
  connection.Execute(
      "INSERT INTO audit (r, amount, tokens, updates) SELECT COUNT(*), COALESCE(SUM(amount), 0), "
      "COALESCE(SUM(token), 0), 0 FROM " +
      name);
  const auto create = [&](const std::string& trigger, const std::string& when,
                          const std::string& body) {
    connection.Execute("CREATE TRIGGER " + trigger + " " + when + " ON " + name + " FOR EACH ROW " +
                       body);
  };
  const std::string insert = "INSERT INTO audit (r, amount, tokens, updates) VALUES ";
  create("first_in", "BEFORE INSERT", "SET NEW.stamp=3");
  create("then_in", "BEFORE INSERT", "SET NEW.stamp=NEW.stamp*10+4");
  create("first_up", "BEFORE UPDATE", "SET NEW.stamp=1");
  create("then_up", "BEFORE UPDATE", "SET NEW.stamp=NEW.stamp*10+2");
  create("after_in", "AFTER INSERT", insert + "(1, NEW.amount, NEW.token, 0)");
  create("after_up", "AFTER UPDATE",
         "BEGIN " + insert + "(0, NEW.amount-OLD.amount, NEW.token-OLD.token, 1); END");
  create("after_up_2", "AFTER UPDATE", insert + "(0, 0, 0, -1)");
  create("after_out", "AFTER DELETE", insert + "(-1, -OLD.amount, -OLD.token, 0)");
  connection.Execute("UNLOCK TABLES");
}

void DropAudit(mysql::Connection& connection, const std::string& table) {
  mysql::Result rows = connection.Query(
      "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA=DATABASE() "
      "AND EVENT_OBJECT_TABLE=" +
      mysql::QuoteText(table));
  while (rows.Next()) {
    connection.Execute("DROP TRIGGER " + mysql::QuoteIdentifier(rows.Text(0)));
  }
  connection.Execute("DROP TABLE IF EXISTS audit");
}

void ExpectAudited(mysql::Connection& connection, const std::string& table,
                   const std::string& off_stage) {
  const std::string name = mysql::QuoteIdentifier(table);
  mysql::Result row = connection.Query(
      "SELECT t.r, a.r, t.amount, a.amount, t.tokens, a.tokens, 0, a.updates FROM (SELECT COUNT(*) "
      "AS r, COALESCE(SUM(amount), 0) AS amount, COALESCE(SUM(token), 0) AS tokens FROM " +
      name +
      ") AS t, (SELECT SUM(r) AS r, SUM(amount) AS amount, SUM(tokens) AS tokens, SUM(updates) AS "
      "updates FROM audit) AS a");
  ASSERT_TRUE(row.Next());
  EXPECT_EQ(row.Text(0), row.Text(1)) << "rows, and what triggers have counted";
  EXPECT_EQ(row.Text(2), row.Text(3)) << "amount, and what triggers have counted";
  EXPECT_EQ(row.Text(4), row.Text(5)) << "tokens, and what triggers have counted";
  EXPECT_EQ(row.Text(6), row.Text(7)) << "one of two triggers after an update did not fire";
  EXPECT_EQ(connection.QueryValue("SELECT COUNT(*) FROM " + name + " WHERE stamp NOT IN (0,12,34)"),
            "0")
      << "triggers were carried out in another order";
  if (!off_stage.empty()) {
    EXPECT_EQ(TriggersOf(connection, off_stage), "");
  }
}

std::string TriggersOf(mysql::Connection& connection, const std::string& table) {
  mysql::Result rows = connection.Query(
      "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER FROM "
      "information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA=DATABASE() AND EVENT_OBJECT_TABLE=" +
      mysql::QuoteText(table) + " ORDER BY EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER");
  std::string all;
  while (rows.Next()) {
    all += (all.empty() ? "" : ", ") + rows.Text(0) + " " + rows.Text(1) + " " + rows.Text(2) +
           " " + rows.Text(3);
  }
  return all;
}

}  // namespace osc::testing
