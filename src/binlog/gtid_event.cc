#include "src/binlog/gtid_event.h"

#include <utility>

#include "src/base/error.h"
#include "src/binlog/event.h"
#include "src/binlog/gtid_limits.h"

namespace osc::binlog {
namespace {

constexpr size_t kUuidSize = 16;

std::string UuidText(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<uint8_t>(bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// MySQL's variable-length integers: as many one bits at the end of the first byte as bytes follow;
// the bits that are left are the number, little endian.
uint64_t ReadVariableLength(ByteReader* reader) {
  const auto first = static_cast<uint8_t>(reader->Little(1));
  unsigned more = 0;
  while (more < 8 && (first & (1u << more)) != 0) ++more;
  const uint64_t rest = reader->Little(more);
  if (more >= 7) return rest;
  return rest << (7 - more) | first >> (more + 1);
}

[[noreturn]] void ThrowMalformed() {
  throw Error(ErrorCode::kDiverged, "a GTID in the binlog is malformed");
}

// One that a set could not hold would be lost with the position.
Gtid CheckedGtid(Gtid gtid) {
  if (gtid.number == 0 || gtid.number > kLastGtidNumber) ThrowMalformed();
  return gtid;
}

}  // namespace

Gtid ParseMySqlGtid(std::string_view body) {
  ByteReader reader(body);
  Gtid gtid;
  reader.Skip(1);  // flags
  gtid.source = UuidText(reader.Take(kUuidSize));
  gtid.number = reader.Little(8);
  return CheckedGtid(std::move(gtid));
}

// Seen on MySQL 9.7: format version, size, last field that must be understood, then pairs of field
// number and value. Each byte of the uuid is a number of its own.
Gtid ParseTaggedGtid(std::string_view body) {
  enum Field : uint64_t { kFlags = 0, kUuid = 1, kNumber = 2, kTag = 3 };
  ByteReader reader(body);
  const uint64_t version = ReadVariableLength(&reader);
  ReadVariableLength(&reader);
  ReadVariableLength(&reader);
  if (version != 1) {
    throw Error(ErrorCode::kDiverged,
                "a tagged GTID in the binlog has the unknown format " + std::to_string(version));
  }
  Gtid gtid;
  // The tag comes last of what is wanted, and is there even when it is empty.
  while (true) {
    switch (ReadVariableLength(&reader)) {
      case kFlags:
        ReadVariableLength(&reader);
        continue;
      case kUuid: {
        std::string uuid;
        for (size_t i = 0; i < kUuidSize; ++i) {
          uuid += static_cast<char>(ReadVariableLength(&reader));
        }
        gtid.source = UuidText(uuid);
        continue;
      }
      case kNumber:
        gtid.number = ReadVariableLength(&reader) >> 1;  // the sign is the lowest bit
        continue;
      case kTag: {
        const std::string_view tag = reader.Take(ReadVariableLength(&reader));
        if (gtid.source.empty() || (!tag.empty() && !IsGtidTag(tag))) break;
        if (!tag.empty()) gtid.source += ":" + std::string(tag);
        return CheckedGtid(std::move(gtid));
      }
      default:
        break;
    }
    ThrowMalformed();
  }
}

MariaDbGtid ParseMariaDbGtid(std::string_view body, uint32_t server_id) {
  constexpr uint64_t kStandalone = 0x01;
  ByteReader reader(body);
  MariaDbGtid parsed;
  parsed.gtid.family = mysql::Family::kMariaDb;
  parsed.gtid.number = reader.Little(8);
  parsed.gtid.domain = static_cast<uint32_t>(reader.Little(4));
  parsed.gtid.server_id = server_id;
  parsed.is_standalone = (reader.Little(1) & kStandalone) != 0;
  return parsed;
}

}  // namespace osc::binlog
