// Gathers statements into multi-statement packets, so that a round trip carries many of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/mysql/connection.h"

namespace osc::apply {

// Used by one thread. Nothing is sent before the packet is full or Flush() is called.
class Packet {
 public:
  explicit Packet(mysql::Connection& connection) : connection_(connection) {}

  // expected: the number of rows that the statement must match; a different number makes the next
  // flush throw kDiverged.
  void Add(const std::string& statement, std::optional<uint64_t> expected = std::nullopt);
  void Flush();

 private:
  mysql::Connection& connection_;
  std::string text_;
  std::vector<std::optional<uint64_t>> expected_;
  std::vector<uint64_t> matched_;
};

}  // namespace osc::apply
