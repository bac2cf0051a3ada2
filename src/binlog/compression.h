// The two compressions of binlog events.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace osc::binlog {

// MariaDB's compressed events (log_bin_compress): a head with the size, then zlib. Appends what was
// compressed to `out`; throws Error kDiverged when it cannot be taken apart.
void AppendMariaDbUncompressed(std::string* out, std::string_view compressed);

// A value of one of MariaDB's COMPRESSED columns, as row images hold it. Throws Error kDiverged
// when it cannot be unpacked.
std::string UncompressedColumn(std::string_view stored);

// MySQL's TRANSACTION_PAYLOAD events: calls `consume` with each event in turn, header and body (no
// checksum; valid during the call). Events are taken out as they come, so that a large transaction
// is never unpacked as a whole. Throws Error kDiverged when it cannot be taken apart.
void ForEachPayloadEvent(std::string_view body,
                         const std::function<void(std::string_view event)>& consume);

}  // namespace osc::binlog
