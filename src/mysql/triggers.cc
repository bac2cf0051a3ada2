#include "src/mysql/triggers.h"

#include "src/mysql/sql_lexer.h"

namespace osc::mysql {
namespace {

// Both families list a trigger with the table's name as it is, and MariaDB compares it without
// case, also where case counts.
std::string OfTable(const TableName& table) {
  const std::string name = QuoteText(table.name);
  return " FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA=" +
         QuoteText(table.database) + " AND EVENT_OBJECT_TABLE=" + name +
         " AND (@@lower_case_table_names>0 OR CAST(EVENT_OBJECT_TABLE AS BINARY)=CAST(" + name +
         " AS BINARY))";
}

std::vector<std::string> ReadNames(Connection& connection, const std::string& sql) {
  std::vector<std::string> names;
  Result rows = connection.Query(sql);
  while (rows.Next()) names.push_back(rows.Text(0));
  return names;
}

// While it lives the session gets text as it is stored.
class Unconverted {
 public:
  explicit Unconverted(Connection& connection) : connection_(connection) {
    connection_.Execute("SET character_set_results=NULL");
  }
  ~Unconverted() {
    try {
      connection_.Execute("SET character_set_results=utf8mb4");
    } catch (const Error&) {
      // The session is gone.
    }
  }
  Unconverted(const Unconverted&) = delete;
  Unconverted& operator=(const Unconverted&) = delete;

 private:
  Connection& connection_;
};

// While it lives the session is one as the trigger was created in.
class AsThen {
 public:
  AsThen(Connection& connection, const Trigger& trigger) : connection_(connection) {
    connection_.Execute("SET @osc_sql_mode=@@sql_mode, @osc_collation=@@collation_connection");
    connection_.Execute("SET sql_mode=" + QuoteText(trigger.sql_mode) + ", character_set_client=" +
                        trigger.charset + ", collation_connection=" + trigger.collation);
  }
  ~AsThen() {
    try {
      connection_.Execute(
          "SET character_set_client=utf8mb4, collation_connection=@osc_collation, "
          "sql_mode=@osc_sql_mode");
    } catch (const Error&) {
      // The session is gone.
    }
  }
  AsThen(const AsThen&) = delete;
  AsThen& operator=(const AsThen&) = delete;

 private:
  Connection& connection_;
};

bool IsUtf8(const std::string& charset) { return charset.starts_with("utf8"); }

// CREATE DEFINER=... TRIGGER ... FOR EACH ROW [FOLLOWS | PRECEDES other] body. False where it is
// something else.
bool TakeApart(const std::string& sql, Trigger* trigger) {
  SqlLexer lexer(sql);
  const auto next = [&lexer] {
    SqlToken token = lexer.Next();
    while (token.kind == TokenKind::kComment) token = lexer.Next();
    return token;
  };
  const auto at_end = [](const SqlToken& token) {
    return token.kind == TokenKind::kEnd || token.kind == TokenKind::kUnterminated;
  };
  SqlToken token = next();
  if (!token.Is("CREATE")) return false;
  while (!at_end(token) && !token.Is("TRIGGER")) token = next();
  trigger->definer = sql.substr(0, token.begin);
  while (!at_end(token) && !token.Is("FOR")) token = next();
  if (!next().Is("EACH")) return false;
  token = next();
  if (!token.Is("ROW")) return false;
  size_t body = token.end;
  token = next();
  if (token.Is("FOLLOWS") || token.Is("PRECEDES")) {
    const SqlToken other = next();
    if (!other.Is(':')) body = other.end;  // a label that is called so
  }
  trigger->body = sql.substr(body);
  return !at_end(token);
}

}  // namespace

std::vector<std::string> TriggerNames(Connection& connection, const TableName& table) {
  return ReadNames(connection, "SELECT TRIGGER_NAME" + OfTable(table));
}

std::vector<std::string> TriggerNamesOf(Connection& connection, const std::string& database) {
  return ReadNames(connection,
                   "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=" +
                       QuoteText(database));
}

std::vector<Trigger> ReadTriggers(Connection& connection, const TableName& table) {
  std::vector<Trigger> triggers;
  Result rows = connection.Query(
      "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, SQL_MODE, CHARACTER_SET_CLIENT, "
      "COLLATION_CONNECTION" +
      OfTable(table) + " ORDER BY EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER");
  while (rows.Next()) {
    triggers.push_back({rows.Text(0), rows.Text(1), rows.Text(2), rows.Text(3), rows.Text(4),
                        rows.Text(5), "", ""});
  }
  if (triggers.empty()) return triggers;
  const Unconverted unconverted(connection);
  for (Trigger& trigger : triggers) {
    // information_schema has the text in utf8, whatever that makes of its literals.
    Result row = connection.Query("SHOW CREATE TRIGGER " + Quote({table.database, trigger.name}));
    if (row.Next() && TakeApart(row.Text(2), &trigger)) continue;
    throw Error(ErrorCode::kRefused,
                "the text of trigger " + QuoteIdentifier(trigger.name) + " of table " +
                    Quote(table) + " is not understood",
                "drop it, and create it again after the migration");
  }
  return triggers;
}

void CreateTrigger(Connection& connection, const Trigger& trigger, const std::string& name,
                   const TableName& table, const std::string& marker) {
  std::string head = "TRIGGER " + Quote({table.database, name}) + " " + trigger.timing + " " +
                     trigger.event + " ON /* " + marker + " */ " + Quote(table) + " FOR EACH ROW ";
  if (!IsUtf8(trigger.charset)) {
    const Unconverted unconverted(connection);
    head = connection
               .QueryValue("SELECT CONVERT(" + QuoteText(head) + " USING " + trigger.charset + ")")
               .value_or("");
  }
  const AsThen as_then(connection, trigger);
  connection.Execute(trigger.definer + head + trigger.body);
}

bool DropTriggers(Connection& connection, const TableName& table, const std::string& marker) {
  constexpr unsigned kNoSuchTable = 1146;
  try {
    connection.Query("SELECT 1 FROM " + Quote(table) + " LIMIT 0");
  } catch (const Error& error) {
    if (error.server_errno() != kNoSuchTable) throw;
    return false;
  }
  const std::vector<std::string> names = TriggerNames(connection, table);
  if (names.empty()) return false;
  connection.Execute("SET @osc_lock_wait=@@lock_wait_timeout, lock_wait_timeout=5");
  for (const std::string& name : names) {
    connection.Execute("DROP TRIGGER IF EXISTS /* " + marker + " */ " +
                       Quote({table.database, name}));
  }
  connection.Execute("SET lock_wait_timeout=@osc_lock_wait");
  return true;
}

}  // namespace osc::mysql
