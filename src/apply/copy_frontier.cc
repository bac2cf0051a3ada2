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
  const bool is_unsigned = mapping.source_types[column].is_unsigned;
  return Order(is_unsigned, binlog::IntegerBits(image[column], is_unsigned)) >
         reached_.load(std::memory_order_seq_cst);
}

}  // namespace osc::apply
