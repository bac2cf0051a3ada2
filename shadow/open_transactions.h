// The transactions that are open on the server, of whichever user (needs PROCESS).
//
// MySQL tells them in performance_schema.events_transactions_current (on by default, needs SELECT
// there). Where that cannot be read, and on MariaDB, InnoDB does in innodb_trx: a list that is only
// made anew when nobody has looked at it for 100 ms, so that it stays as it is as long as several
// look often enough. Who needs to know that it is new begins a transaction before, and finds it in
// the list. On MySQL innodb_trx cannot be read while anybody runs a statement with characters
// outside utf8mb3 (error 3854 whatever the sql_mode). All seen on MySQL 9.7 and MariaDB 10.11.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "src/mysql/connection.h"

namespace osc::shadow {

struct OpenTransaction {
  std::string began;  // the same for as long as it is the same transaction of its connection
  uint64_t seconds = 0;
  // It is REPEATABLE READ and of several statements: what it reads is, or will be, as of its
  // beginning. The other levels read what is there, or lock it.
  bool keeps_snapshot = false;
};

// By the connection's id; nullopt when the server does not tell at this moment.
std::optional<std::map<uint64_t, OpenTransaction>> ListTransactions(mysql::Connection& connection);

}  // namespace osc::shadow
