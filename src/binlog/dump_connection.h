// The protocol side of reading a binlog: asks a server for its events and hands on their raw bytes.
//
// libmariadb's own replication reader is passed by: it parses each event itself and fails on types
// that it does not know (MySQL's 40 to 42 among them), and it counts offsets in 32 bits. What is
// used of the library is the login, TLS and the reading of packets.
//
// Owned and used by one thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "src/binlog/position.h"
#include "src/mysql/connection.h"

namespace osc::binlog {

class DumpConnection {
 public:
  // Connects and prepares the session; Request() follows.
  DumpConnection(const mysql::ConnectionOptions& options, std::chrono::milliseconds heartbeat);

  // Asks for everything after `start`. Throws as Next() does, or kPositionLost when the server
  // family has changed. Gaps: MariaDB lets numbers be left out, and passes over commits that its
  // binlog has never had; kRefuse wants the very commit at `start` to be there if any follows it.
  enum class Gaps { kAllow, kRefuse };
  void Request(const Position& start, Gaps gaps = Gaps::kAllow);

  // The next event with its header, valid until the next call. nullopt when a stop was asked for;
  // calling again goes on. Throws kConnectionLost (also when nothing came for long),
  // kPositionLost (the server no longer has the position), kRefused (missing privilege).
  std::optional<std::string_view> Next(const std::stop_token& stop);

  // While this says so, events are let gather for a few milliseconds before they are read: to be
  // woken for each costs more than to read it. Asked by the thread that calls Next().
  void LetGather(std::function<bool()> may_gather) { may_gather_ = std::move(may_gather); }

  // Whether the server's events end in a CRC32, as its settings say now.
  bool expects_checksums() const { return expects_checksums_; }
  const mysql::ServerInfo& server() const { return connection_.server(); }

 private:
  uint32_t ChooseServerId();
  void Send(uint8_t command, const std::string& argument);
  bool WaitForBytes(const std::stop_token& stop);
  [[noreturn]] void ThrowServerError();

  mysql::Connection connection_;
  uint32_t server_id_ = 0;
  bool expects_checksums_ = false;
  bool last_packet_was_large_ = false;
  bool has_answered_ = false;
  std::function<bool()> may_gather_;
};

}  // namespace osc::binlog
