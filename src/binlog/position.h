// A place in a server's binlog: what has been read or applied up to here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/binlog/gtid_set.h"

namespace osc::binlog {

// With GTIDs the set decides and file and offset are only for people; without (MySQL with
// gtid_mode=OFF) file and offset decide. Offsets count in 64 bits, past the 32 of an event's
// header.
struct Position {
  std::optional<GtidSet> gtids;
  std::string file;
  uint64_t offset = 0;

  // True when everything up to `other` lies within this position.
  bool Covers(const Position& other) const;
  // One line: the GTID set, or "file:offset".
  std::string ToString() const;
  // All three parts, for storing; Decode(Encode()) gives the same position. Decode throws
  // Error kInvalidArgument.
  std::string Encode() const;
  static Position Decode(mysql::Family family, const std::string& text);
};

}  // namespace osc::binlog
