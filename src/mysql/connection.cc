#include "src/mysql/connection.h"

#include <mysql.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
#include <fstream>

#include "src/base/authorities.h"
#include "src/mysql/connection_json.h"
#include "src/mysql/own_sessions.h"

namespace osc::mysql {
namespace {

// SQL is quoted in messages, but never whole statements with row data.
std::string Shorten(std::string_view sql) {
  constexpr size_t kMost = 160;
  std::string text(sql.substr(0, kMost));
  if (sql.size() > kMost) text += "...";
  return text;
}

std::optional<std::string> ReadPassword(const ConnectionOptions& options) {
  if (const char* environment = std::getenv("OSC_PASSWORD")) return environment;
  if (options.password_file.empty()) return std::nullopt;
  std::ifstream file(options.password_file);
  std::string password;
  if (!file || (!std::getline(file, password) && !file.eof())) {
    throw Error(ErrorCode::kInvalidArgument,
                "cannot read the password file " + options.password_file);
  }
  if (!password.empty() && password.back() == '\r') password.pop_back();
  return password;
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

// As with the servers' own clients: whoever names authorities wants them to be asked.
std::string TlsMode(const ConnectionOptions& options) {
  const bool is_default = options.ssl_mode == "preferred";
  return is_default && !options.ssl_ca.empty() ? "verify-ca" : options.ssl_mode;
}

void SetTls(MYSQL* mysql, const ConnectionOptions& options, bool use_tls) {
  my_bool yes = 1;
  my_bool no = 0;
  if (!use_tls) {
    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &no);
    return;
  }
  // libmariadb (3.3) verifies the chain whenever authorities are given, and with this option the
  // host's name too.
  const std::string mode = TlsMode(options);
  const bool verify = mode == "verify-identity" || (mode == "verify-ca" && options.ssl_ca.empty());
  const bool by_system = verify && options.ssl_ca.empty();
  const std::string file = by_system ? base::AuthoritiesFile() : options.ssl_ca;
  const std::string directories = by_system ? base::AuthoritiesDirectories() : "";
  mysql_ssl_set(mysql, OrNull(options.ssl_key), OrNull(options.ssl_cert), OrNull(file),
                OrNull(directories), nullptr);
  mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
  mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify ? &yes : &no);
}

// A server that vanishes without a word (its host, or the network between) would be waited for
// without end, or until the longest statement's time. Its kernel answers these probes however long
// the server works on a statement, so that only a dead peer is given up: within 14 s.
void NoticeDeadPeer(MYSQL* mysql) {
  const auto set = [socket = mysql_get_socket(mysql)](int level, int option, int value) {
    // Fails on a socket file, which needs none of it.
    (void)::setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 5);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 3);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 12000);
}

std::string LoginHint(unsigned server_errno, const ConnectionOptions& options) {
  if (server_errno == 1045 || server_errno == 1044 || server_errno == 1698) {
    return "check --user and the password (OSC_PASSWORD, --password-file, --ask-pass or the "
           "[client] section of " +
           (options.defaults_file.empty() ? std::string("~/.my.cnf") : options.defaults_file) + ")";
  }
  if (server_errno == 1049) return "check --database";
  if (server_errno == 1040) return "raise max_connections or try again later";
  if (server_errno == 2026) return "check --ssl-mode, --ssl-ca, --ssl-cert and --ssl-key";
  return "check that the server runs and that --host, --port or --socket are right";
}

// "No space left on device", under one of the numbers that stand for any failed write.
bool IsDiskFull(unsigned server_errno, std::string_view message) {
  const bool write_failed = server_errno == 3 || server_errno == 1026 || server_errno == 1030;
  return write_failed && message.find("No space left") != std::string_view::npos;
}

}  // namespace

std::string ConnectionOptions::Describe() const {
  const std::string who = user.empty() ? "" : user + "@";
  if (!socket.empty()) return who + socket;
  if (host.empty() && port == 0) {
    return who + "the server of " + (defaults_file.empty() ? "~/.my.cnf" : defaults_file);
  }
  return who + (host.empty() ? "localhost" : host) + ":" + std::to_string(port ? port : 3306);
}

ErrorCode ClassifyServerError(unsigned server_errno) {
  switch (server_errno) {
    case 1205:  // lock wait timeout
    case 1213:  // deadlock
    case 1317:  // somebody ended the statement
    case 1614:  // XA deadlock
    case 3572:  // NOWAIT
      return ErrorCode::kRetryable;
    case 1040:  // too many connections
    case 1203:  // user has too many connections
    case 1021:  // disk full
    case 1114:  // no room for the table
    case 1290:  // read_only (or another option, which no statement of ours meets)
    case 1836:  // InnoDB is read-only
      return ErrorCode::kBusy;
    case 1053:  // shutdown in progress
    case 1152:  // aborted connection
    case 1184:
    case 1927:  // connection was killed (MariaDB)
    case 2002:
    case 2003:
    case 2006:
    case 2013:
    case 2026:
    case 2055:
    case 3169:  // session was killed (MySQL)
    case 4031:  // it was idle for too long (MySQL)
      return ErrorCode::kConnectionLost;
    case 1049:  // unknown database
    case 1146:  // no such table
      return ErrorCode::kNotFound;
    case 1048:  // column cannot be null
    case 1062:  // duplicate
    case 1264:  // out of range
    case 1265:  // data truncated
    case 1292:  // truncated wrong value
    case 1364:  // no default
    case 1366:  // incorrect value
    case 1406:  // too long
    case 1416:  // not a geometry
    case 1526:  // no partition for the value
    case 3140:  // invalid JSON text
    case 3516:  // a geometry of another type (MySQL)
    case 3617:  // latitude out of range (MySQL)
    case 3618:  // longitude out of range (MySQL)
    case 3643:  // the SRID is not the column's (MySQL)
    case 6136:  // not a vector (MySQL)
    case 6138:  // a vector of another dimension (MySQL)
    case 3819:  // CHECK (MySQL)
    case 4025:  // CHECK (MariaDB)
      return ErrorCode::kUnprojectable;
    case 1044:
    case 1045:
    case 1142:
    case 1227:
      return ErrorCode::kRefused;
    case 1236:  // binlog position is gone
    case 1789:
      return ErrorCode::kPositionLost;
    default:
      return ErrorCode::kInternal;
  }
}

void Result::Free::operator()(st_mysql_res* result) const { mysql_free_result(result); }

Result::Result(st_mysql_res* result)
    : result_(result),
      row_count_(mysql_num_rows(result)),
      column_count_(mysql_num_fields(result)) {}

bool Result::Next() {
  row_ = mysql_fetch_row(result_.get());
  if (row_ == nullptr) return false;
  lengths_ = mysql_fetch_lengths(result_.get());
  return true;
}

Result::Cell Result::operator[](size_t column) const {
  if (row_[column] == nullptr) return std::nullopt;
  return std::string_view(row_[column], lengths_[column]);
}

Result::Cell Result::operator[](std::string_view column_name) const {
  const MYSQL_FIELD* fields = mysql_fetch_fields(result_.get());
  for (size_t i = 0; i < column_count_; ++i) {
    if (column_name == fields[i].name) return (*this)[i];
  }
  throw Error(ErrorCode::kInternal,
              "the server's answer has no column '" + std::string(column_name) + "'");
}

std::string Result::Text(size_t column) const { return std::string((*this)[column].value_or("")); }
std::string Result::Text(std::string_view column_name) const {
  return std::string((*this)[column_name].value_or(""));
}
uint64_t Result::Number(size_t column) const {
  return std::strtoull(Text(column).c_str(), nullptr, 10);
}

void Connection::Close::operator()(st_mysql* mysql) const {
  // Of one that never came to be there is no number.
  if (mysql_thread_id(mysql) != 0) RemoveOwnSession(mysql_thread_id(mysql));
  mysql_close(mysql);
}

Connection::Connection(std::unique_ptr<st_mysql, Close> mysql, ConnectionOptions options)
    : mysql_(std::move(mysql)), options_(std::move(options)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection Connection::Open(const ConnectionOptions& options) {
  const std::optional<std::string> password = ReadPassword(options);
  const auto attempt = [&](bool use_tls) {
    std::unique_ptr<st_mysql, Close> mysql(mysql_init(nullptr));
    if (mysql == nullptr) throw Error(ErrorCode::kInternal, "out of memory");
    if (!options.defaults_file.empty()) {
      mysql_optionsv(mysql.get(), MYSQL_READ_DEFAULT_FILE, options.defaults_file.c_str());
    }
    mysql_optionsv(mysql.get(), MYSQL_READ_DEFAULT_GROUP, "client");
    SetTls(mysql.get(), options, use_tls);
    const unsigned connect_seconds = static_cast<unsigned>(options.connect_timeout.count());
    mysql_optionsv(mysql.get(), MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    if (options.read_timeout.count() > 0) {
      const unsigned read_seconds = static_cast<unsigned>(options.read_timeout.count());
      mysql_optionsv(mysql.get(), MYSQL_OPT_READ_TIMEOUT, &read_seconds);
      mysql_optionsv(mysql.get(), MYSQL_OPT_WRITE_TIMEOUT, &read_seconds);
    }
    mysql_optionsv(mysql.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (options.port != 0 && options.socket.empty()) {
      // libmariadb takes "localhost", or no host at all, for the socket and would ignore the port.
      const unsigned protocol = MYSQL_PROTOCOL_TCP;
      mysql_optionsv(mysql.get(), MYSQL_OPT_PROTOCOL, &protocol);
    }
    mysql_real_connect(mysql.get(), OrNull(options.host), OrNull(options.user),
                       password ? password->c_str() : nullptr, OrNull(options.database),
                       options.port, OrNull(options.socket),
                       CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS);
    return mysql;
  };
  const bool local = !options.socket.empty();
  const std::string mode = TlsMode(options);
  const bool try_tls = mode != "disabled" && !(local && mode == "preferred");
  auto mysql = attempt(try_tls);
  // 2026: the server has no TLS or cannot agree; "preferred" then goes on without.
  if (mysql_errno(mysql.get()) == 2026 && mode == "preferred") mysql = attempt(false);
  if (const unsigned code = mysql_errno(mysql.get()); code != 0) {
    ErrorCode kind = ClassifyServerError(code);
    if (kind != ErrorCode::kBusy && kind != ErrorCode::kNotFound) kind = ErrorCode::kConnectionLost;
    throw Error(kind, "cannot connect to " + options.Describe() + ": " + mysql_error(mysql.get()),
                LoginHint(code, options), code);
  }
  NoticeDeadPeer(mysql.get());
  AddOwnSession(mysql_thread_id(mysql.get()));
  Connection connection(std::move(mysql), options);
  Result server = connection.Query("SELECT @@version, @@max_allowed_packet");
  server.Next();
  connection.server_ = ParseServerVersion(server.Text(0));
  connection.max_packet_bytes_ = server.Number(1);
  if (!options.expected_server.empty()) connection.RequireServer(options.expected_server);
  connection.Execute(
      "SET NAMES utf8mb4, time_zone='+00:00', autocommit=1, "
      "sql_mode='STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,"
      "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', sql_safe_updates=0, "
      "wait_timeout=" +
      std::to_string(options.idle_limit.count()) + ", innodb_lock_wait_timeout=5, " +
      std::string(connection.server_.IsolationVariable()) + "='READ-COMMITTED'");
  connection.Execute(connection.server_.IsMariaDb() ? "SET max_statement_time=0"
                                                    : "SET max_execution_time=0");
  if (connection.server_.HasGeneratedPrimaryKeys()) {
    connection.Execute("SET show_gipk_in_create_table_and_information_schema=ON");
  }
  return connection;
}

// An address may have moved to another server, which must not be given what was meant for the
// first.
void Connection::RequireServer(const std::string& expected) {
  const std::string identity = ServerIdentity(*this);
  if (identity == expected) return;
  throw Error(ErrorCode::kConnectionLost, "another server answers at " + options_.Describe() +
                                              ": it is " + identity + ", not " + expected);
}

void Connection::Throw(std::string_view sql) {
  const unsigned code = mysql_errno(mysql_.get());
  const std::string message = mysql_error(mysql_.get());
  throw Error(IsDiskFull(code, message) ? ErrorCode::kBusy : ClassifyServerError(code),
              message + " (error " + std::to_string(code) + ", in: " + Shorten(sql) + ")", "",
              code);
}

void Connection::CheckSize(std::string_view sql) const {
  // One byte of the packet is the command. Before it is known nothing large is sent.
  if (max_packet_bytes_ == 0 || sql.size() < max_packet_bytes_) return;
  throw Error(ErrorCode::kUnprojectable,
              "a statement of " + std::to_string(sql.size()) +
                  " bytes is more than the server's "
                  "max_allowed_packet of " +
                  std::to_string(max_packet_bytes_) + " (" + Shorten(sql) + ")",
              "raise max_allowed_packet on the server (and in its configuration)");
}

// Reads the rows of the present result, if it has any. An error may come only with them.
void Connection::Discard(std::string_view sql) {
  if (MYSQL_RES* result = mysql_store_result(mysql_.get())) {
    mysql_free_result(result);
  } else if (mysql_errno(mysql_.get()) != 0) {
    Throw(sql);
  }
}

void Connection::Drain() {
  while (mysql_more_results(mysql_.get())) {
    if (mysql_next_result(mysql_.get()) != 0) return;
    if (MYSQL_RES* rest = mysql_store_result(mysql_.get())) mysql_free_result(rest);
  }
}

Result Connection::Query(std::string_view sql) {
  CheckSize(sql);
  if (mysql_real_query(mysql_.get(), sql.data(), sql.size()) != 0) Throw(sql);
  MYSQL_RES* result = mysql_store_result(mysql_.get());
  if (result == nullptr) {
    if (mysql_errno(mysql_.get()) != 0) Throw(sql);
    throw Error(ErrorCode::kInternal, "the statement gave no rows: " + Shorten(sql));
  }
  Result rows(result);
  Drain();
  return rows;
}

uint64_t Connection::Execute(std::string_view sql) {
  CheckSize(sql);
  if (mysql_real_query(mysql_.get(), sql.data(), sql.size()) != 0) Throw(sql);
  Discard(sql);
  const uint64_t matched = mysql_affected_rows(mysql_.get());
  Drain();
  return matched;
}

void Connection::ExecuteMany(std::string_view sql, std::vector<uint64_t>* matched) {
  CheckSize(sql);
  if (mysql_real_query(mysql_.get(), sql.data(), sql.size()) != 0) Throw(sql);
  while (true) {
    Discard(sql);
    matched->push_back(mysql_affected_rows(mysql_.get()));
    const int more = mysql_next_result(mysql_.get());
    if (more < 0) return;
    if (more > 0) Throw(sql);
  }
}

std::optional<std::string> Connection::QueryValue(std::string_view sql) {
  Result result = Query(sql);
  if (!result.Next()) return std::nullopt;
  const auto cell = result[0];
  return cell ? std::optional<std::string>(*cell) : std::nullopt;
}

void Connection::Commit() {
  try {
    Execute("COMMIT");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConnectionLost) throw;
    throw Error(ErrorCode::kOutcomeUnknown, error.message(), error.hint(), error.server_errno());
  }
}

void Connection::Send(std::string_view sql) {
  if (mysql_send_query(mysql_.get(), sql.data(), sql.size()) != 0) Throw(sql);
}

bool Connection::IsReady(std::chrono::milliseconds wait) {
  pollfd entry{mysql_get_socket(mysql_.get()), POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(wait.count())) != 0;
}

void Connection::Finish() {
  if (mysql_read_query_result(mysql_.get()) != 0) Throw("(sent before)");
  Discard("(sent before)");
  Drain();
}

uint64_t Connection::thread_id() const { return mysql_thread_id(mysql_.get()); }

std::vector<Connection::Warning> Connection::Warnings() {
  std::vector<Warning> warnings;
  Result result = Query("SHOW WARNINGS");
  while (result.Next()) {
    warnings.push_back({result.Text(0), static_cast<unsigned>(result.Number(1)), result.Text(2)});
  }
  return warnings;
}

}  // namespace osc::mysql
