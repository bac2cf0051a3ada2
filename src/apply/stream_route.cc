// The part of Stream that decides which lane applies which row, and what has to wait for what.
//
// Rows of one key always meet in one lane. Rows of different keys may go their own ways unless they
// touch the same value of another unique key: then the later one waits until the earlier one's lane
// has committed it. What cannot be ordered that way (a moved key, values that cannot be hashed, two
// lanes within one transaction) is a barrier: it is applied alone, all lanes standing still. What
// comes while it is being applied does not wait for it but goes the same way, one behind the other,
// many in one commit: where barriers are frequent, a commit each would be all that the stream does.
#include <algorithm>

#include "src/apply/order_hash.h"
#include "src/apply/stream.h"
#include "src/base/retry.h"

namespace osc::apply {

using binlog::ChangeKind;

constexpr size_t kMostValueHolders = 200000;
// So many go behind a barrier before it is better to wait for it and use the lanes again.
constexpr int kMostBehindBarrier = 200;

void Stream::FillRoute(Route* route) {
  const binlog::TableMap* checked = nullptr;  // a table map serves several events in a row
  for (const binlog::RowsEvent& event : route->part->events) {
    const bool handed_over = event.map().table == options_.handed_over.name;
    if (&event.map() != checked) {
      binlog::CheckTableMap(event.map(), direction().mapping->source_types);
      checked = &event.map();
    }
    route->bytes += event.byte_size();
    binlog::RowReader reader(event);
    binlog::RowImage before;
    binlog::RowImage after;
    for (; reader.Next(&before, &after); ++route->next_row) {
      if (!handed_over) {
        AddRow(event, before, after, route);
      } else if (IsSeeded() && event.kind() != ChangeKind::kDelete) {
        AddChange(
            {ChangeKind::kInsert, &event.map(), {}, std::move(after), route->part->transaction},
            false, route);
      }
    }
  }
  const size_t cells = direction().mapping->source_types.size();
  route->bytes += route->rows.size() * (sizeof(Change) + 2 * cells * sizeof(binlog::Cell));
  if (!route->barrier) FindConflictsWithin(route);
}

void Stream::AddRow(const binlog::RowsEvent& event, binlog::RowImage before, binlog::RowImage after,
                    Route* route) {
  const RowMapping& mapping = *direction().mapping;
  Change change;
  change.kind = event.kind();
  change.map = &event.map();
  change.transaction = route->part->transaction;
  if (event.kind() != ChangeKind::kInsert) change.before = std::move(before);
  if (event.kind() != ChangeKind::kDelete) change.after = std::move(after);
  const bool moved = MovesKey(mapping, change);
  if (!IsSeeded()) return AddChange(std::move(change), moved, route);
  // While a copy fills the table nothing is preserved, so that a row that moves is a row that goes
  // and a new one, each in its own lane. A restart may find either done and the other not: the
  // frontier may have kept one of them from its lane the first time.
  if (moved) {
    Change gone{ChangeKind::kDelete, change.map, std::move(change.before), {}, change.transaction};
    change.kind = ChangeKind::kInsert;
    change.before.clear();
    if (!IsBeyondFrontier(gone.before)) AddChange(std::move(gone), false, route);
  }
  // What lies beyond must not come to the off-stage table before its chunk, or later events of it
  // would be left out.
  if (IsBeyondFrontier(change.after.empty() ? change.before : change.after)) return;
  AddChange(std::move(change), false, route);
}

bool Stream::IsBeyondFrontier(const binlog::RowImage& image) const {
  return frontier_ && frontier_->IsBeyond(*direction().mapping, image);
}

void Stream::AddChange(Change change, bool moved, Route* route) {
  const RowMapping& mapping = *direction().mapping;
  Routed row;
  row.change = std::move(change);
  row.row = route->next_row;
  row.moved = moved;
  if (mapping.can_use_lanes && lanes_.size() > 1) {
    const auto hash =
        KeyHash(mapping, row.change.before.empty() ? row.change.after : row.change.before);
    if (!hash || moved) route->barrier = true;
    row.lane = hash ? static_cast<int>(*hash % lanes_.size()) : 0;
    AddValues(mapping, row.change, &row, &route->barrier);
  }
  route->rows.push_back(std::move(row));
}

void Stream::AddValues(const RowMapping& mapping, const Change& change, Routed* row,
                       bool* barrier) const {
  uint64_t salt = 0;
  for (const auto& columns : mapping.ordered_values) {
    ++salt;
    bool same = change.kind == ChangeKind::kUpdate;
    for (const size_t column : columns) {
      if (!same) break;
      same = change.before[column].is_null == change.after[column].is_null &&
             change.before[column].bytes() == change.after[column].bytes();
    }
    if (same) continue;
    for (const binlog::RowImage* image : {&change.before, &change.after}) {
      if (image->empty()) continue;
      const bool has_null = std::any_of(columns.begin(), columns.end(),
                                        [&](size_t column) { return (*image)[column].is_null; });
      if (has_null) continue;  // NULL collides with nothing
      const auto hash = OrderHash(mapping, columns, *image);
      if (hash) {
        row->values.push_back(*hash ^ (salt * 0x9e3779b97f4a7c15ull));
      } else {
        *barrier = true;
      }
    }
  }
}

void Stream::FindConflictsWithin(Route* route) const {
  if (route->rows.size() < 2) return;
  std::unordered_map<uint64_t, int> lanes;
  for (const Routed& row : route->rows) {
    for (const uint64_t value : row.values) {
      const auto [holder, added] = lanes.try_emplace(value, row.lane);
      if (!added && holder->second != row.lane) {
        route->barrier = true;
        return;
      }
    }
  }
}

// What a lane had applied before a restart is read again and left out, row by row: whether a
// transaction goes to the lanes or is a barrier may differ from the first time, because the copy's
// frontier has moved.
void Stream::DropApplied(Route* route) const {
  if (lane_start_.empty()) return;
  std::erase_if(route->rows, [&](const Routed& row) {
    return LaneCovers(row.lane, *route->transaction, row.row);
  });
}

// parts: how many lanes have rows of it.
void Stream::BeginRoute(const Route& route, int parts) {
  if (route.is_last) {
    tracker_->Begin(route.number, *route.transaction, parts);
  } else if (parts > 0) {
    tracker_->BeginWithin(route.number, parts);
  }
}

void Stream::WaitForRivals(std::stop_token stop, const Route& route) {
  for (const Routed& row : route.rows) {
    for (const uint64_t value : row.values) {
      const auto holder = value_holders_.find(value);
      if (holder == value_holders_.end() || holder->second.lane == row.lane) continue;
      lanes_[holder->second.lane]->WaitUntilDone(stop, holder->second.number);
    }
  }
}

void Stream::SendToLanes(std::stop_token stop, Route route) {
  alone_->WaitUntilIdle(stop);
  WaitForRivals(stop, route);
  if (value_holders_.size() > kMostValueHolders) {
    WaitForAllLanes(stop);
    value_holders_.clear();
  }
  std::vector<LaneItem> items(lanes_.size());
  const auto position = std::make_shared<const std::string>(std::move(route.position));
  const size_t row_bytes = route.bytes / route.rows.size();
  int parts = 0;
  for (Routed& row : route.rows) {
    LaneItem& item = items[row.lane];
    if (item.changes.empty()) {
      ++parts;
      item.number = route.number;
      item.part = route.part;
      item.checkpoints = {row.lane};
      item.position = position;
      item.writer = &direction().writer;
    }
    item.bytes += row_bytes;
    item.in_order = item.in_order || row.moved;
    for (const uint64_t value : row.values) value_holders_[value] = {row.lane, route.number};
    item.changes.push_back(std::move(row.change));
  }
  BeginRoute(route, parts);
  for (size_t lane = 0; lane < items.size(); ++lane) {
    if (items[lane].changes.empty()) continue;
    lanes_[lane]->Push(stop, std::move(items[lane]));
  }
}

bool Stream::GoesAlone(const Route& route) {
  if (route.barrier) routes_since_barrier_ = 0;
  return route.barrier || (!alone_->IsIdle() && ++routes_since_barrier_ < kMostBehindBarrier);
}

void Stream::ApplyAlone(std::stop_token stop, Route route) {
  if (alone_->IsIdle()) {  // else the lanes have had nothing since
    WaitForAllLanes(stop);
    value_holders_.clear();
  }
  BeginRoute(route, 1);
  LaneItem item;
  item.number = route.number;
  item.part = route.part;
  // After a restart a lane may be ahead of this transaction; its position must not go back.
  for (int lane = 0; lane < static_cast<int>(lanes_.size()); ++lane) {
    if (!LaneCovers(lane, *route.transaction, route.next_row - 1)) item.checkpoints.push_back(lane);
  }
  item.position = std::make_shared<const std::string>(std::move(route.position));
  item.writer = &direction().writer;
  // Rows that are replaced are first taken away, all of them: then no value is in the way.
  item.in_order = route.barrier && !IsSeeded();
  item.bytes = route.bytes;
  for (Routed& row : route.rows) item.changes.push_back(std::move(row.change));
  alone_->Push(stop, std::move(item));
}

}  // namespace osc::apply
