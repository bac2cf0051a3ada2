// The events that begin a transaction with its GTID, taken apart. Each throws Error kDiverged when
// the event cannot be understood. body: after the header, without checksum.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/binlog/gtid_set.h"

namespace osc::binlog {

// MySQL's GTID event (33).
Gtid ParseMySqlGtid(std::string_view body);
// MySQL's GTID_TAGGED event (42), since 8.3.
Gtid ParseTaggedGtid(std::string_view body);

struct MariaDbGtid {
  Gtid gtid;
  bool is_standalone = false;  // one statement follows, and no COMMIT
};
// MariaDB's GTID event (162); the server id is the one in the event's header.
MariaDbGtid ParseMariaDbGtid(std::string_view body, uint32_t server_id);

}  // namespace osc::binlog
