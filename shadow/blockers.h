// Who keeps the lock of a swap from being given, and, if the operator says so, the end of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/mysql/connection.h"
#include "src/mysql/quote.h"
#include "src/mysql/session_list.h"

namespace osc::shadow {

struct Blocker {
  uint64_t id = 0;            // of the connection
  std::string user;           // user@host
  std::string what;           // the statement that it runs, or that it is idle
  uint64_t seconds = 0;       // age of its transaction, or of its statement where it has none
  bool is_idle = false;       // between the statements of its transaction
  bool may_be_killed = true;  // false for replication and other sessions of the server itself
  std::string Describe() const;
};

struct Blockers {
  std::vector<Blocker> sessions;
  // False where the server does not tell who has a lock on a table: only sessions whose running
  // statement names the table are listed then, none that is idle within a transaction.
  bool complete = true;
  std::string Describe() const;  // "; held by connection 7 (...)", or empty
};

// Replication's, the event scheduler's.
bool IsOfServer(const mysql::Session& session);

// Sessions of others, the oldest transaction first.
std::vector<Blocker> FindSessions(mysql::Connection& connection,
                                  const std::function<bool(const mysql::Session&)>& wanted);

// To be called while an exclusive lock on the table is waited for: whoever has it then had it
// before, and everybody else waits behind. MySQL tells it in performance_schema.metadata_locks (on
// by default, needs SELECT there); MariaDB there too with performance_schema=ON and the instrument
// wait/lock/metadata/sql/mdl (off by default), or in information_schema.METADATA_LOCK_INFO when the
// plugin metadata_lock_info is installed. osc's own sessions are not listed.
Blockers FindBlockers(mysql::Connection& connection, const mysql::TableName& table);

// Ends those that may be killed, of the idle or of the running ones, and tells of each. Returns how
// many there were. The idle ones are the first to go: what runs may only be waiting for them.
// Throws kBusy when the privilege is missing (CONNECTION_ADMIN, on MariaDB CONNECTION ADMIN; SUPER
// on both).
int KillBlockers(mysql::Connection& connection, const Blockers& blockers, bool idle,
                 const std::function<void(const Blocker&)>& tell);

// Who keeps the lock from us, for people: "; held by ..."; where the server does not say, whoever
// may; or empty. As FindBlockers.
std::string DescribeBlockers(mysql::Connection& connection, const mysql::TableName& table);

// EndBlockers takes so long at most.
inline constexpr std::chrono::milliseconds kEndBlockersTime{2250};
// waiter has been sent a statement that needs the table for itself, and has waited long enough:
// where may_kill says so, ends those that keep it, and tells of each. True when the waiter has its
// reply then. may_kill may be empty.
bool EndBlockers(mysql::Connection& waiter, mysql::Connection& control,
                 const mysql::TableName& table, const std::function<bool()>& may_kill,
                 const std::function<void(const Blocker&)>& killed);
// The same for one that is seen otherwise to have the table: has_it waits so long for that.
bool EndBlockers(const std::function<bool(std::chrono::milliseconds)>& has_it,
                 mysql::Connection& control, const mysql::TableName& table,
                 const std::function<bool()>& may_kill,
                 const std::function<void(const Blocker&)>& killed);

}  // namespace osc::shadow
