#include "shadow/chunk_queue.h"

#include <algorithm>
#include <set>

namespace osc::shadow {

ChunkQueue::ChunkQueue(const ComparisonSql& sql, ChangedChunks& changed, std::string id)
    : sql_(sql),
      changed_(changed),
      id_(std::move(id)),
      forwards_{.watermark = "", .steps = KeySteps(sql.source_range())},
      backwards_{.watermark = "", .steps = KeySteps(sql.target_range())} {}

void ChunkQueue::Restore(state::Store& store) {
  const std::lock_guard lock(mutex_);
  const std::vector<state::VerifyChunk> chunks = store.VerifyChunks(id_);
  if (chunks.empty()) changed_.Forget();
  std::set<std::pair<bool, std::string>> lows;
  for (const state::VerifyChunk& chunk : chunks) {
    if (!chunk.done) again_.push_back(chunk);
    next_number_ = std::max(next_number_, chunk.number + 1);
    lows.emplace(chunk.backwards, chunk.low);
  }
  // They follow one another, so that one alone ends where no other begins.
  for (const state::VerifyChunk& chunk : chunks) {
    if (!chunk.high.empty() && lows.contains({chunk.backwards, chunk.high})) continue;
    Way& way = chunk.backwards ? backwards_ : forwards_;
    way.watermark = chunk.high;
    way.all_handed_out = chunk.high.empty();
  }
  if (sql_.aligned()) backwards_.all_handed_out = true;
}

bool ChunkQueue::IsEmpty() {
  const std::lock_guard lock(mutex_);
  return again_.empty() && forwards_.all_handed_out && backwards_.all_handed_out;
}

std::optional<state::VerifyChunk> ChunkQueue::Next(mysql::Connection& connection,
                                                   state::Store& store, uint64_t rows) {
  const std::lock_guard lock(mutex_);
  if (!again_.empty()) return Again(connection, store, rows);
  Way& way = forwards_.all_handed_out ? backwards_ : forwards_;
  if (way.all_handed_out) return std::nullopt;
  state::VerifyChunk chunk;
  chunk.backwards = &way == &backwards_;
  chunk.number = next_number_;
  chunk.low = way.watermark;
  const auto high = way.steps.Next(connection, LoadKey(chunk.low), rows);
  if (high) chunk.high = SaveKey(*high);
  store.HandOutVerifyChunk(id_, chunk);
  changed_.Watch(chunk);
  ++next_number_;
  way.watermark = chunk.high;
  way.all_handed_out = !high;
  return chunk;
}

// What has grown since it was compared last, like the end of a table that is always inserted to, is
// compared in pieces.
state::VerifyChunk ChunkQueue::Again(mysql::Connection& connection, state::Store& store,
                                     uint64_t rows) {
  state::VerifyChunk chunk = again_.front();
  const uint64_t usual = std::max(chunk.rows, rows);
  const KeyRange& range = chunk.backwards ? sql_.target_range() : sql_.source_range();
  const KeyLiterals low = LoadKey(chunk.low);
  const KeyLiterals high = LoadKey(chunk.high);
  std::optional<KeyLiterals> middle;
  if (range.Step(connection, low, 2 * usual, high)) {
    middle = range.Step(connection, low, usual, high);
  }
  if (middle) {
    state::VerifyChunk upper;
    upper.backwards = chunk.backwards;
    upper.number = next_number_;
    upper.low = SaveKey(*middle);
    upper.high = chunk.high;
    chunk.high = upper.low;
    store.SplitVerifyChunk(id_, chunk, upper);
    ++next_number_;
    again_.push_back(upper);
  } else {
    store.HandOutVerifyChunk(id_, chunk);
  }
  changed_.Watch(chunk);
  again_.pop_front();
  return chunk;
}

}  // namespace osc::shadow
