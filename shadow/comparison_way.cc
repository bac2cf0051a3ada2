#include "shadow/comparison_way.h"

#include <algorithm>

#include "ddl/type_change.h"
#include "shadow/compared_column.h"
#include "shadow/comparison_sql.h"

namespace osc::shadow {
namespace {

// How many columns lose something on the way.
int Losses(const ddl::Projection& projection) {
  int losses = 0;
  for (const ddl::ColumnPair& pair : projection.columns) {
    const auto& from = projection.source.columns[pair.source].type;
    const auto& to = projection.target.columns[pair.target].type;
    if (IsDirectlyComparable(from, to)) continue;
    for (const auto& loss : ddl::LossesGoingBack(from, to)) losses += loss.blocks ? 0 : 1;
  }
  return losses;
}

// Only what both directions write: a generated column is nobody's to write after a swap.
void KeepCommonColumns(ddl::Projection* projection, const ddl::Projection& inverse) {
  auto& columns = projection->columns;
  columns.erase(std::remove_if(columns.begin(), columns.end(),
                               [&](const ddl::ColumnPair& pair) {
                                 return std::none_of(inverse.columns.begin(), inverse.columns.end(),
                                                     [&](const ddl::ColumnPair& other) {
                                                       return other.source == pair.target &&
                                                              other.target == pair.source;
                                                     });
                               }),
                columns.end());
}

}  // namespace

ComparisonWay WayToCompare(const ddl::Projection& forward, int swaps) {
  if (swaps == 0) return {forward, true};
  const ddl::Projection inverse = ddl::Invert(forward);
  ddl::Projection compared = forward;
  KeepCommonColumns(&compared, inverse);
  // A value that a swap has left where it was agrees with what became of it on the other side in
  // the direction that loses something.
  const int there = Losses(compared);
  const int back = Losses(inverse);
  const bool old_is_live = swaps % 2 == 0;
  const bool is_forward = there == back ? old_is_live : there > back;
  return {is_forward ? compared : inverse, is_forward};
}

bool CanUseChunks(const Tables& tables, int last, int now) {
  return HaveKeysSameOrder(tables.forward) || WayToCompare(tables.forward, last).is_forward ==
                                                  WayToCompare(tables.forward, now).is_forward;
}

}  // namespace osc::shadow
