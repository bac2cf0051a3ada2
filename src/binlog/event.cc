#include "src/binlog/event.h"

#include <zlib.h>

#include "src/base/error.h"

namespace osc::binlog {
namespace {

const char* KnownName(uint8_t type) {
  switch (type) {
    case kQueryEvent:
      return "QUERY";
    case kStopEvent:
      return "STOP";
    case kRotateEvent:
      return "ROTATE";
    case kFormatDescriptionEvent:
      return "FORMAT_DESCRIPTION";
    case kXidEvent:
      return "XID";
    case kTableMapEvent:
      return "TABLE_MAP";
    case kWriteRowsEventV1:
      return "WRITE_ROWS_V1";
    case kUpdateRowsEventV1:
      return "UPDATE_ROWS_V1";
    case kDeleteRowsEventV1:
      return "DELETE_ROWS_V1";
    case kIncidentEvent:
      return "INCIDENT";
    case kWriteRowsEvent:
      return "WRITE_ROWS";
    case kUpdateRowsEvent:
      return "UPDATE_ROWS";
    case kDeleteRowsEvent:
      return "DELETE_ROWS";
    case kGtidEvent:
      return "GTID";
    case kAnonymousGtidEvent:
      return "ANONYMOUS_GTID";
    case kXaPrepareEvent:
      return "XA_PREPARE";
    case kPartialUpdateRowsEvent:
      return "PARTIAL_UPDATE_ROWS";
    case kTransactionPayloadEvent:
      return "TRANSACTION_PAYLOAD";
    case kTaggedGtidEvent:
      return "GTID_TAGGED";
    case kMariaDbGtidEvent:
      return "MariaDB GTID";
    default:
      return nullptr;
  }
}

}  // namespace

std::string EventTypeName(uint8_t type) {
  const char* name = KnownName(type);
  return std::string(name == nullptr ? "unknown" : name) + " (" + std::to_string(type) + ")";
}

std::string_view ByteReader::Take(size_t count) {
  if (count > remaining()) {
    throw Error(ErrorCode::kDiverged, "a binlog event ends too early: " + std::to_string(count) +
                                          " bytes wanted, " + std::to_string(remaining()) +
                                          " left");
  }
  const std::string_view taken = bytes_.substr(at_, count);
  at_ += count;
  return taken;
}

uint64_t ByteReader::Little(size_t size) {
  const std::string_view bytes = Take(size);
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

uint64_t ByteReader::Big(size_t size) {
  uint64_t value = 0;
  for (const char byte : Take(size)) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

uint64_t ByteReader::PackedLength() {
  const uint64_t first = Little(1);
  switch (first) {
    case 252:
      return Little(2);
    case 253:
      return Little(3);
    case 254:
      return Little(8);
    case 251:
    case 255:
      throw Error(ErrorCode::kDiverged, "a binlog event has a malformed length");
    default:
      return first;
  }
}

EventHeader ParseEventHeader(std::string_view bytes) {
  ByteReader reader(bytes.substr(0, kEventHeaderSize));
  EventHeader header;
  header.timestamp = static_cast<uint32_t>(reader.Little(4));
  header.type = static_cast<uint8_t>(reader.Little(1));
  header.server_id = static_cast<uint32_t>(reader.Little(4));
  header.size = static_cast<uint32_t>(reader.Little(4));
  header.end_position = static_cast<uint32_t>(reader.Little(4));
  header.flags = static_cast<uint16_t>(reader.Little(2));
  return header;
}

bool HasValidChecksum(std::string_view event) {
  if (event.size() < kChecksumSize) return false;
  const size_t covered = event.size() - kChecksumSize;
  const uLong sum = crc32_z(0, reinterpret_cast<const Bytef*>(event.data()), covered);
  return ByteReader(event.substr(covered)).Little(4) == sum;
}

}  // namespace osc::binlog
