// Binlog events as bytes: types, the common header, checksums, and a reader that never runs past
// the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace osc::binlog {

// Event types that this program knows. Every other one is an error, unless the server marked it as
// ignorable.
enum EventType : uint8_t {
  kQueryEvent = 2,
  kStopEvent = 3,
  kRotateEvent = 4,
  kIntvarEvent = 5,
  kAppendBlockEvent = 9,
  kDeleteFileEvent = 11,
  kRandEvent = 13,
  kUserVarEvent = 14,
  kFormatDescriptionEvent = 15,
  kXidEvent = 16,
  kBeginLoadQueryEvent = 17,
  kExecuteLoadQueryEvent = 18,
  kTableMapEvent = 19,
  kWriteRowsEventV1 = 23,
  kUpdateRowsEventV1 = 24,
  kDeleteRowsEventV1 = 25,
  kIncidentEvent = 26,
  kHeartbeatEvent = 27,
  kIgnorableEvent = 28,
  kRowsQueryEvent = 29,
  kWriteRowsEvent = 30,
  kUpdateRowsEvent = 31,
  kDeleteRowsEvent = 32,
  kGtidEvent = 33,
  kAnonymousGtidEvent = 34,
  kPreviousGtidsEvent = 35,
  kTransactionContextEvent = 36,
  kViewChangeEvent = 37,
  kXaPrepareEvent = 38,
  kPartialUpdateRowsEvent = 39,
  kTransactionPayloadEvent = 40,
  kHeartbeatV2Event = 41,
  kTaggedGtidEvent = 42,
  kMariaDbAnnotateRowsEvent = 160,
  kMariaDbBinlogCheckpointEvent = 161,
  kMariaDbGtidEvent = 162,
  kMariaDbGtidListEvent = 163,
  kMariaDbStartEncryptionEvent = 164,
  kMariaDbQueryCompressedEvent = 165,
  kMariaDbWriteRowsCompressedEventV1 = 166,
  kMariaDbUpdateRowsCompressedEventV1 = 167,
  kMariaDbDeleteRowsCompressedEventV1 = 168,
  kMariaDbWriteRowsCompressedEvent = 169,
  kMariaDbUpdateRowsCompressedEvent = 170,
  kMariaDbDeleteRowsCompressedEvent = 171,
};

// "PARTIAL_UPDATE_ROWS (39)", "unknown (77)".
std::string EventTypeName(uint8_t type);

inline constexpr size_t kEventHeaderSize = 19;
inline constexpr size_t kChecksumSize = 4;
inline constexpr uint16_t kArtificialFlag = 0x20;  // made for this reader, not in the file
inline constexpr uint16_t kIgnorableFlag = 0x80;

struct EventHeader {
  uint32_t timestamp = 0;
  uint8_t type = 0;
  uint32_t server_id = 0;
  uint32_t size = 0;          // with header and checksum
  uint32_t end_position = 0;  // low 32 bits of the offset where it ends in the file; may be 0
  uint16_t flags = 0;

  bool IsArtificial() const { return (flags & kArtificialFlag) != 0; }
};

struct Event {
  EventHeader header;
  std::string_view body;  // after the header, without checksum
};

// Reads numbers and strings from an event's bytes; throws Error kDiverged when they end too early.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  size_t position() const { return at_; }
  size_t remaining() const { return bytes_.size() - at_; }
  bool AtEnd() const { return at_ == bytes_.size(); }

  std::string_view Take(size_t count);
  std::string_view Rest() { return Take(remaining()); }
  void Skip(size_t count) { Take(count); }
  uint64_t Little(size_t size);  // little endian, up to 8 bytes
  uint64_t Big(size_t size);     // big endian, up to 8 bytes
  uint64_t PackedLength();       // length-encoded integer of the protocol

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

// The header of an event that begins with `bytes`; throws Error kDiverged when it is too short.
EventHeader ParseEventHeader(std::string_view bytes);
// True when the last four bytes are the CRC32 of those before.
bool HasValidChecksum(std::string_view event);

}  // namespace osc::binlog
