// Hashes that are equal whenever the server would hold two key values for equal, so that rows whose
// order matters meet in one lane or wait for each other.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/apply/row_mapping.h"

namespace osc::apply {

// The hash of the given columns of an image. nullopt when the server's notion of equality cannot be
// followed for this value (characters past ASCII under a collation, collations of one language,
// floating point): the caller must then treat the row as in conflict with every other.
std::optional<uint64_t> OrderHash(const RowMapping& mapping, const std::vector<size_t>& columns,
                                  const binlog::RowImage& image);

// Same, of the shared key.
std::optional<uint64_t> KeyHash(const RowMapping& mapping, const binlog::RowImage& image);

}  // namespace osc::apply
