// How far the copy has come, for the stream: an event of a row that no chunk has reached or is
// reaching yet need not be applied, because the chunk's locking read will see its result.
#pragma once

#include <atomic>
#include <cstdint>

#include "src/apply/row_mapping.h"

namespace osc::apply {

// Shared by the copy, which advances it before a chunk's read begins, and the stream, which asks.
// Works for tables whose shared key is one integer column: only there is the server's order surely
// ours. For all other keys nothing is ever beyond the frontier.
class CopyFrontier {
 public:
  // Everything is still to be copied.
  static constexpr uint64_t kNothing = 0;

  // Numbers of any integer type in one unsigned order.
  static uint64_t Order(bool is_unsigned, uint64_t bits_sign_extended) {
    return is_unsigned ? bits_sign_extended : bits_sign_extended ^ (uint64_t{1} << 63);
  }

  // Chunks up to and including `order` have been handed out. Call before they are read.
  void Advance(uint64_t order) {
    reached_.store(order, std::memory_order_seq_cst);
    started_.store(true, std::memory_order_seq_cst);
  }
  // From now on every row may have been read.
  void Finish() { finished_.store(true, std::memory_order_seq_cst); }

  bool IsBeyond(const RowMapping& mapping, const binlog::RowImage& image) const;

  // True when `mapping` has a key that the frontier works for.
  static bool Supports(const RowMapping& mapping);

 private:
  std::atomic<bool> finished_{false};
  std::atomic<bool> started_{false};
  std::atomic<uint64_t> reached_{kNothing};
};

}  // namespace osc::apply
