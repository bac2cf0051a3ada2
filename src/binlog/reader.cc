#include "src/binlog/reader.h"

#include "src/base/error.h"
#include "src/binlog/dump_connection.h"
#include "src/binlog/event.h"
#include "src/binlog/transaction_builder.h"

namespace osc::binlog {

// Follows the file and its offset, strips checksums, and hands the rest to the builder.
class Reader::Impl {
 public:
  Impl(const mysql::ConnectionOptions& options, const Position& start, TableFilter filter,
       std::chrono::milliseconds heartbeat, RowMemory memory)
      : connection_(options, heartbeat),
        builder_(connection_.server().family, start.gtids.has_value(), std::move(filter),
                 std::move(memory)),
        has_checksums_(connection_.expects_checksums()) {
    if (!start.gtids) {
      file_ = start.file;
      skip_to_ = start.offset;
    }
    connection_.Request(start);
  }

  std::optional<Transaction> Next(const std::stop_token& stop) {
    while (true) {
      const std::optional<std::string_view> packet = connection_.Next(stop);
      if (!packet) return std::nullopt;
      Event event{ParseEventHeader(*packet), {}};
      if (event.header.type == kHeartbeatEvent || event.header.type == kHeartbeatV2Event) {
        return std::nullopt;
      }
      event.body = StripChecksum(*packet, event.header);
      if (event.header.type == kRotateEvent) {
        Rotate(event);
        continue;
      }
      Advance(event.header);
      if (event.header.type == kFormatDescriptionEvent) {
        DescribeFormat(event.body);
        continue;
      }
      if (offset_ <= skip_to_) continue;
      std::optional<Transaction> transaction = builder_.Add(event);
      if (!transaction) continue;
      transaction->file = file_;
      transaction->end_offset = offset_;
      return transaction;
    }
  }

  void LetGather(std::function<bool()> may_gather) { connection_.LetGather(std::move(may_gather)); }

 private:
  std::string_view StripChecksum(std::string_view packet, const EventHeader& header) {
    const std::string_view body = packet.substr(kEventHeaderSize);
    if (header.type == kFormatDescriptionEvent) return body;
    // What the server makes up on the way has a checksum or not by rules that differ between
    // versions.
    if (header.IsArtificial()) {
      return HasValidChecksum(packet) ? body.substr(0, body.size() - kChecksumSize) : body;
    }
    if (!has_checksums_) return body;
    if (!HasValidChecksum(packet)) {
      throw Error(ErrorCode::kConnectionLost, "a binlog event of type " +
                                                  EventTypeName(header.type) + " in " + file_ +
                                                  " has a wrong checksum");
    }
    return body.substr(0, body.size() - kChecksumSize);
  }

  // The end of a file, or the name of the one that follows.
  void Rotate(const Event& event) {
    ByteReader reader(event.body);
    const uint64_t offset = reader.Little(8);
    const std::string_view file = reader.Rest();
    if (file != file_) skip_to_ = 0;
    file_ = file;
    offset_ = offset;
    builder_.BeginFile();
  }

  // An event's header has 32 bits of the offset where it ends, and none inside of a group on
  // MariaDB 11.8. Events that are not sent make the offset jump.
  void Advance(const EventHeader& header) {
    const bool is_in_file = !header.IsArtificial() &&
                            !(header.type == kFormatDescriptionEvent && header.end_position == 0);
    uint64_t offset = offset_ + (is_in_file ? header.size : 0);
    if (header.end_position != 0) {
      const uint64_t low = header.end_position;
      uint64_t exact = (offset & ~uint64_t{UINT32_MAX}) | low;
      if (exact < offset) exact += uint64_t{1} << 32;
      offset = exact;
    }
    offset_ = offset;
  }

  void DescribeFormat(std::string_view body) {
    ByteReader reader(body);
    const uint64_t version = reader.Little(2);
    reader.Skip(50 + 4);  // server version, time
    const uint64_t header_size = reader.Little(1);
    if (version != 4 || header_size != kEventHeaderSize) {
      throw Error(ErrorCode::kDiverged,
                  "the binlog has format " + std::to_string(version) + ", which is not supported");
    }
    const std::string_view rest = reader.Rest();
    // The checksum's algorithm stands before its four bytes, which are there even without one.
    if (rest.size() <= kChecksumSize) {
      throw Error(ErrorCode::kDiverged, "the binlog is of a server before MySQL 5.6");
    }
    const auto algorithm = static_cast<uint8_t>(rest[rest.size() - kChecksumSize - 1]);
    if (algorithm > 1) {
      throw Error(ErrorCode::kDiverged,
                  "the binlog has checksum algorithm " + std::to_string(algorithm));
    }
    has_checksums_ = algorithm == 1;
    builder_.BeginFile();
  }

  DumpConnection connection_;
  TransactionBuilder builder_;
  bool has_checksums_;
  std::string file_;
  uint64_t offset_ = 0;
  // Without GTIDs: events up to this offset of the first file have been read before.
  uint64_t skip_to_ = 0;
};

Reader::Reader(const mysql::ConnectionOptions& options, const Position& start, TableFilter filter,
               std::chrono::milliseconds heartbeat, RowMemory memory)
    : impl_(std::make_unique<Impl>(options, start, std::move(filter), heartbeat,
                                   std::move(memory))) {}
Reader::~Reader() = default;

void Reader::LetGather(std::function<bool()> may_gather) {
  impl_->LetGather(std::move(may_gather));
}

std::optional<Transaction> Reader::Next(std::stop_token stop) { return impl_->Next(stop); }

bool HasGtids(mysql::Connection& connection) {
  if (connection.server().IsMariaDb()) return true;
  return connection.QueryValue("SELECT @@global.gtid_mode").value_or("OFF") == "ON";
}

Position CurrentPosition(mysql::Connection& connection) {
  Position position;
  mysql::Result status = connection.Query(connection.server().BinlogStatusStatement());
  if (!status.Next()) {
    throw Error(ErrorCode::kRefused,
                "the server at " + connection.options().Describe() + " writes no binlog",
                "start the server with log_bin");
  }
  position.file = status.Text(0);
  position.offset = status.Number(1);
  if (HasGtids(connection)) position.gtids = CurrentGtidPosition(connection).gtids;
  return position;
}

Position CurrentGtidPosition(mysql::Connection& connection) {
  if (!HasGtids(connection)) return CurrentPosition(connection);
  Position position;
  const std::string sql = "SELECT " + std::string(connection.server().ExecutedGtidVariable());
  position.gtids =
      GtidSet::Parse(connection.server().family, connection.QueryValue(sql).value_or(""));
  return position;
}

}  // namespace osc::binlog
