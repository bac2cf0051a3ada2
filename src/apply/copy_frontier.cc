#include "src/apply/copy_frontier.h"

namespace osc::apply {

bool CopyFrontier::Supports(const RowMapping& mapping) {
  return mapping.key.size() == 1 &&
         mapping.source_types[mapping.columns[mapping.key[0]].source].IsInteger();
}

bool CopyFrontier::IsBeyond(const RowMapping& mapping, const binlog::RowImage& image) const {
  if (finished_.load(std::memory_order_seq_cst) || !Supports(mapping)) return false;
  if (!started_.load(std::memory_order_seq_cst)) return true;
  const size_t column = mapping.columns[mapping.key[0]].source;
  const std::string_view bytes = image[column].bytes();
  const bool is_unsigned = mapping.source_types[column].is_unsigned;
  // Row images hold integers in little-endian order, in the type's own width.
  uint64_t bits = 0;
  for (size_t i = bytes.size(); i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  if (!is_unsigned && !bytes.empty() && (bytes.back() & 0x80) != 0 && bytes.size() < 8) {
    bits |= ~uint64_t{0} << (8 * bytes.size());
  }
  return Order(is_unsigned, bits) > reached_.load(std::memory_order_seq_cst);
}

}  // namespace osc::apply
