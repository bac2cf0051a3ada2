// The triggers of a table: read, created once more on another table, dropped.
#pragma once

#include <string>
#include <vector>

#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::mysql {

struct Trigger {
  std::string name;
  std::string timing;  // "BEFORE", "AFTER"
  std::string event;   // "INSERT", "UPDATE", "DELETE"
  // The session's settings when it was created, with which it runs for ever.
  std::string sql_mode;
  std::string charset;    // character_set_client, of the text
  std::string collation;  // collation_connection
  std::string definer;    // "CREATE DEFINER=... ", in the charset's bytes
  std::string body;       // what stands behind FOR EACH ROW, the same
  friend bool operator==(const Trigger&, const Trigger&) = default;
};

// The names alone.
std::vector<std::string> TriggerNames(Connection& connection, const TableName& table);
// Of all tables of the database. On MariaDB the server opens each of them.
std::vector<std::string> TriggerNamesOf(Connection& connection, const std::string& database);

// In the order in which they have to be created to be carried out in the same one. Throws kRefused
// for one whose text is not understood.
std::vector<Trigger> ReadTriggers(Connection& connection, const TableName& table);

// The same trigger under another name on another table. The marker goes into a comment by which the
// statement is known in the binlog: behind ON, where it outlives neither the server's own rewriting
// of the text (MySQL 9.7) nor a RENAME of the table (MariaDB 10.11 and 11.8). Throws the server's
// Error.
void CreateTrigger(Connection& connection, const Trigger& trigger, const std::string& name,
                   const TableName& table, const std::string& marker);

// All that the table has, if it is there. True when there were any. A RENAME that stands in the
// binlog may not be committed yet, and what is listed before that are the triggers of the table
// that goes (seen on MySQL 9.7): so the table is read first, which waits for its end. Waits at most
// 5 s for sessions that use the table (kRetryable).
bool DropTriggers(Connection& connection, const TableName& table, const std::string& marker);

}  // namespace osc::mysql
