#include "src/binlog/dump_connection.h"

#include <mysql.h>
#include <poll.h>
// Needs what mysql.h declares.
#include <ma_pvio.h>

#include <algorithm>
#include <random>
#include <set>

#include "src/base/wait.h"

namespace osc::binlog {
namespace {

constexpr uint8_t kBinlogDumpCommand = 18;
constexpr uint8_t kBinlogDumpGtidCommand = 30;
constexpr unsigned long kPacketError = static_cast<unsigned int>(-1);

constexpr std::chrono::milliseconds kGather{5};
// A server that says nothing for this long, heartbeats included, counts as dead. Finding the start
// in a large file comes before the first event and may take longer.
constexpr std::chrono::seconds kLongestSilence{15};
constexpr std::chrono::seconds kLongestFirstSilence{120};
// How soon a stop is seen while nothing comes.
constexpr std::chrono::milliseconds kStopPoll{50};
// libmariadb reads ahead this many bytes; a TLS record is no larger.
constexpr size_t kReadAhead = 16384;

void AppendLittle(std::string* out, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

std::string RandomUuid(std::mt19937_64& random) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string uuid = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  for (char& c : uuid) {
    if (c == 'x') c = kDigits[random() % 16];
  }
  return uuid;
}

mysql::ConnectionOptions ForDump(mysql::ConnectionOptions options) {
  options.database.clear();
  options.read_timeout = kLongestSilence;
  return options;
}

std::string_view ErrorHint(unsigned code, ErrorCode kind) {
  if (code == 1227 || code == 1142 || code == 1045) {
    return "grant REPLICATION SLAVE to the user";
  }
  if (kind == ErrorCode::kPositionLost) {
    return "the changes since then cannot be read any more; keep binlogs for longer "
           "(binlog_expire_logs_seconds)";
  }
  return "";
}

}  // namespace

DumpConnection::DumpConnection(const mysql::ConnectionOptions& options,
                               std::chrono::milliseconds heartbeat)
    : connection_(mysql::Connection::Open(ForDump(options))) {
  const std::string period =
      std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(heartbeat).count());
  expects_checksums_ =
      connection_.QueryValue("SELECT @@global.binlog_checksum").value_or("NONE") == "CRC32";
  server_id_ = ChooseServerId();
  // Both names: MySQL calls a master a source since 8.0.26 and understands the old name until some
  // later version; a user variable that a server does not look at is harmless.
  connection_.Execute("SET @master_heartbeat_period=" + period +
                      ", @source_heartbeat_period=" + period +
                      ", @master_binlog_checksum=@@global.binlog_checksum, "
                      "@source_binlog_checksum=@@global.binlog_checksum");
  if (server().IsMariaDb()) {
    connection_.Execute("SET @mariadb_slave_capability=4");
  } else {
    // A new dump ends an older one with the same uuid, so that each reader needs its own.
    std::random_device seed;
    std::mt19937_64 random(uint64_t{seed()} << 32 | seed());
    const std::string uuid = RandomUuid(random);
    connection_.Execute("SET @slave_uuid='" + uuid + "', @replica_uuid='" + uuid + "'");
  }
}

// Random in the upper half, where people do not choose ids, and none that the server or one of its
// registered replicas has: a dump ends an older one with its server id.
uint32_t DumpConnection::ChooseServerId() {
  std::set<uint64_t> used;
  mysql::Result own = connection_.Query("SELECT @@global.server_id");
  if (own.Next()) used.insert(own.Number(0));
  try {
    // SHOW REPLICAS came with MySQL 8.0.22; 8.4 dropped the old name, which MariaDB still has.
    const bool is_new = !server().IsMariaDb() && server().AtLeast(8, 0, 22);
    mysql::Result replicas = connection_.Query(is_new ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS");
    while (replicas.Next()) used.insert(replicas.Number(0));
  } catch (const Error& error) {
    // MariaDB wants REPLICATION MASTER ADMIN for it, which reading does not need. Chance has to do.
    if (error.code() != ErrorCode::kRefused) throw;
  }
  std::random_device random;
  while (true) {
    const uint32_t id = (random() & 0x7fffffff) | 0x80000000;
    if (id != 0xffffffff && used.count(id) == 0) return id;
  }
}

void DumpConnection::Request(const Position& start, Gaps gaps) {
  std::string argument;
  if (start.gtids && start.gtids->family() != server().family) {
    throw Error(ErrorCode::kPositionLost,
                "the position " + start.ToString() + " is not one of " + server().Name(),
                "another server answers at this address");
  }
  if (start.gtids && !server().IsMariaDb()) {
    const std::string set = start.gtids->EncodeForDump();
    AppendLittle(&argument, 0, 2);  // flags
    AppendLittle(&argument, server_id_, 4);
    AppendLittle(&argument, 0, 4);  // no file name
    AppendLittle(&argument, 4, 8);  // offset
    AppendLittle(&argument, set.size(), 4);
    Send(kBinlogDumpGtidCommand, argument + set);
    return;
  }
  if (start.gtids) {
    connection_.Execute("SET @slave_connect_state='" + start.gtids->ToString() +
                        "', @slave_gtid_strict_mode=" + (gaps == Gaps::kRefuse ? "1" : "0") +
                        ", @slave_gtid_ignore_duplicates=0");
    AppendLittle(&argument, 4, 4);
    AppendLittle(&argument, 0, 2);
    AppendLittle(&argument, server_id_, 4);
    Send(kBinlogDumpCommand, argument);
    return;
  }
  // The command has 32 bits for the offset. A start past them is read from the file's beginning;
  // the reader drops what lies before.
  AppendLittle(&argument, start.offset > UINT32_MAX ? 4 : std::max<uint64_t>(start.offset, 4), 4);
  AppendLittle(&argument, 0, 2);
  AppendLittle(&argument, server_id_, 4);
  Send(kBinlogDumpCommand, argument + start.file);
}

void DumpConnection::Send(uint8_t command, const std::string& argument) {
  MYSQL* mysql = connection_.handle();
  // The library's own enumeration ends before the GTID command; it goes to the server as a byte.
  const auto code = static_cast<enum_server_command>(command);
  if (mysql->methods->db_command(mysql, code, argument.data(), argument.size(), 1, nullptr) != 0) {
    ThrowServerError();
  }
}

// False when a stop was asked for first.
bool DumpConnection::WaitForBytes(const std::stop_token& stop) {
  MYSQL* mysql = connection_.handle();
  const MARIADB_PVIO* pvio = mysql->net.pvio;
  if (pvio == nullptr) ThrowServerError();
  const auto started = base::Clock::now();
  const auto longest = has_answered_ ? kLongestSilence : kLongestFirstSilence;
  while (!stop.stop_requested()) {
    // Bytes that the library, or the TLS layer below it, holds already do not wake poll(). Below
    // the read-ahead the library empties a TLS record at once; past it, reading blocks until the
    // next heartbeat at most.
    if (pvio->cache != nullptr && pvio->cache + pvio->cache_size > pvio->cache_pos) return true;
    if (mysql->net.compress || (pvio->ctls != nullptr && last_packet_was_large_)) return true;
    pollfd entry{mysql_get_socket(mysql), POLLIN, 0};
    if (poll(&entry, 1, 0) > 0) return true;
    if (may_gather_ && may_gather_()) base::SleepFor(stop, kGather);
    if (poll(&entry, 1, static_cast<int>(kStopPoll.count())) > 0) return true;
    if (base::Clock::now() - started > longest) {
      throw Error(ErrorCode::kConnectionLost, "the server at " + connection_.options().Describe() +
                                                  " sent neither events nor heartbeats for " +
                                                  std::to_string(longest.count()) + " s");
    }
  }
  return false;
}

std::optional<std::string_view> DumpConnection::Next(const std::stop_token& stop) {
  if (!WaitForBytes(stop)) return std::nullopt;
  MYSQL* mysql = connection_.handle();
  const unsigned long size = mysql_net_read_packet(mysql);
  if (size == kPacketError || size == 0) ThrowServerError();
  last_packet_was_large_ = size + 4 >= kReadAhead;
  has_answered_ = true;
  const auto* bytes = reinterpret_cast<const char*>(mysql->net.read_pos);
  if (bytes[0] != 0) {
    throw Error(ErrorCode::kConnectionLost,
                "the server at " + connection_.options().Describe() + " ended the binlog stream");
  }
  return std::string_view(bytes + 1, size - 1);
}

void DumpConnection::ThrowServerError() {
  MYSQL* mysql = connection_.handle();
  const unsigned code = mysql_errno(mysql);
  const std::string text = mysql_error(mysql);
  ErrorCode kind = code == 0 ? ErrorCode::kConnectionLost : mysql::ClassifyServerError(code);
  // 1236 is every error of a dump, and its text the only difference. A second reader with the same
  // id, or a shutdown, is nothing that a new connection could not mend.
  if (code == 1236 && (text.find("same server_uuid/server_id") != std::string::npos ||
                       text.find("same server_id") != std::string::npos)) {
    kind = ErrorCode::kConnectionLost;
  }
  throw Error(kind,
              "reading the binlog of " + connection_.options().Describe() + ": " + text +
                  " (error " + std::to_string(code) + ")",
              std::string(ErrorHint(code, kind)), code);
}

}  // namespace osc::binlog
