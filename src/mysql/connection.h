// A connection to a server, through libmariadb.
//
// A Connection belongs to one thread at a time. Each method either succeeds or throws osc::Error;
// after kConnectionLost or kOutcomeUnknown the connection is of no more use (open a new one), after
// every other error it can be used on.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/mysql/server_info.h"

struct st_mysql;
struct st_mysql_res;

namespace osc::mysql {

// How to reach a server. It holds no password: that is read when a connection is opened, from
// OSC_PASSWORD, else password_file, else the [client] section of the defaults file.
struct ConnectionOptions {
  std::string host;  // one, or several in mysql/host_list.h, which chooses among them
  unsigned port = 0;
  std::string socket;
  std::string user;
  std::string database;
  std::string defaults_file;  // empty: the usual files, ~/.my.cnf among them
  std::string password_file;
  std::string ssl_mode = "preferred";  // disabled|preferred|required|verify-ca|verify-identity
  std::string ssl_ca;                  // with "preferred", makes it verify-ca
  std::string ssl_cert;
  std::string ssl_key;
  // Only the server with this identity (ServerIdentity) will do; empty: any. Not for storing.
  std::string expected_server;
  std::chrono::seconds connect_timeout{10};
  // Longest silence within one statement before the connection counts as lost; 0 waits for ever.
  std::chrono::seconds read_timeout{0};
  // Idle for longer, the server ends the session (wait_timeout), and with it the locks that nobody
  // would release once the network has lost us.
  std::chrono::seconds idle_limit{86400};

  std::string Describe() const;  // "user@host:port", for messages; never a secret
};

// The rows of a SELECT, all in memory. Cells stay valid as long as the Result.
class Result {
 public:
  using Cell = std::optional<std::string_view>;  // nullopt is NULL

  explicit Result(st_mysql_res* result);
  size_t row_count() const { return row_count_; }
  size_t column_count() const { return column_count_; }
  // Moves to the next row; false at the end. Call it before the first row too.
  bool Next();
  Cell operator[](size_t column) const;
  Cell operator[](std::string_view column_name) const;  // kInternal when there is no such column
  std::string Text(size_t column) const;                // NULL is ""
  std::string Text(std::string_view column_name) const;
  uint64_t Number(size_t column) const;  // NULL is 0

 private:
  struct Free {
    void operator()(st_mysql_res* result) const;
  };
  std::unique_ptr<st_mysql_res, Free> result_;
  size_t row_count_;
  size_t column_count_;
  char** row_ = nullptr;
  unsigned long* lengths_ = nullptr;
};

class Connection {
 public:
  // Connects and sets the session up for exact work: utf8mb4, UTC, strict mode without the
  // zero-date rules (existing zero dates must survive), NO_AUTO_VALUE_ON_ZERO, READ COMMITTED,
  // autocommit, no statement time limits. Throws kConnectionLost (cannot be reached, login
  // refused; the hint says what to check; another server answers than the expected one, and nothing
  // has been written there) or kBusy (too many connections).
  static Connection Open(const ConnectionOptions& options);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  Result Query(std::string_view sql);
  // Runs a statement without rows; returns the number of rows that matched (not only changed).
  uint64_t Execute(std::string_view sql);
  // Runs several statements of one packet, separated by ';', and appends each one's matched rows.
  // Stops at the first that fails: `matched` then has the number of those before it.
  void ExecuteMany(std::string_view sql, std::vector<uint64_t>* matched);
  // The first cell of the first row; nullopt when there is no row or it is NULL.
  std::optional<std::string> QueryValue(std::string_view sql);

  // COMMIT whose lost reply is kOutcomeUnknown.
  void Commit();

  // Sends without waiting; exactly one Finish() follows. IsReady polls for the reply.
  void Send(std::string_view sql);
  bool IsReady(std::chrono::milliseconds wait);
  void Finish();

  uint64_t thread_id() const;
  const ServerInfo& server() const { return server_; }
  // The server's max_allowed_packet. No statement may be larger (kUnprojectable, without sending
  // it: the server would cut the connection), nor the result of a string function.
  size_t max_packet_bytes() const { return max_packet_bytes_; }
  const ConnectionOptions& options() const { return options_; }
  st_mysql* handle() { return mysql_.get(); }

  // Errors of the last statement as the server worded them, for messages.
  struct Warning {
    std::string level;
    unsigned code;
    std::string message;
  };
  std::vector<Warning> Warnings();

 private:
  struct Close {
    void operator()(st_mysql* mysql) const;
  };
  Connection(std::unique_ptr<st_mysql, Close> mysql, ConnectionOptions options);
  void RequireServer(const std::string& expected);
  [[noreturn]] void Throw(std::string_view sql);
  void CheckSize(std::string_view sql) const;
  void Discard(std::string_view sql);
  void Drain();

  std::unique_ptr<st_mysql, Close> mysql_;
  ConnectionOptions options_;
  ServerInfo server_;
  size_t max_packet_bytes_ = 0;
};

// The class of a server error number, as Connection throws it.
ErrorCode ClassifyServerError(unsigned server_errno);

}  // namespace osc::mysql
