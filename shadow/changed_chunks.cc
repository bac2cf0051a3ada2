#include "shadow/changed_chunks.h"

#include <charconv>
#include <limits>

#include "shadow/chunker.h"
#include "shadow/comparison_sql.h"
#include "src/base/fault_point.h"
#include "src/base/log.h"
#include "src/base/retry.h"

namespace osc::shadow {

ChangedChunks::ChangedChunks(std::filesystem::path state_directory, std::string id,
                             const ddl::Projection& forward, state::Store& store)
    : state_directory_(std::move(state_directory)), id_(std::move(id)) {
  if (HaveKeysSameOrder(forward)) {
    for (const ddl::ColumnPair& part : forward.key) {
      if (!forward.source.columns[part.source].type.IsInteger() ||
          !forward.target.columns[part.target].type.IsInteger()) {
        break;
      }
      ++leading_;
    }
    is_whole_ = leading_ == forward.key.size();
  }
  for (const state::VerifyChunk& chunk : store.VerifyChunks(id_)) {
    Insert(chunk, chunk.dirty || !chunk.done);
  }
}

// Bounds are literals of integers: -5.
ChangedChunks::Place ChangedChunks::PlaceOf(const std::string& bound) const {
  Place place;
  if (bound.empty()) return place;
  const KeyLiterals literals = LoadKey(bound);
  for (size_t i = 0; i < leading_; ++i) {
    const std::string& text = literals.at(i);
    Number number{text.starts_with('-'), 0};
    const char* const end = text.data() + text.size();
    int64_t negative = 0;
    const auto read = number.negative ? std::from_chars(text.data(), end, negative)
                                      : std::from_chars(text.data(), end, number.bits);
    if (read.ec != std::errc() || read.ptr != end) {
      throw Error(ErrorCode::kInternal, "'" + text + "' is no integer in the bounds of a chunk");
    }
    if (number.negative) number.bits = static_cast<uint64_t>(negative);
    place.push_back(number);
  }
  return place;
}

ChangedChunks::Place ChangedChunks::PlaceOf(const apply::RowMapping& mapping,
                                            const binlog::RowImage& image) const {
  Place place;
  for (size_t i = 0; i < leading_; ++i) {
    const size_t column = mapping.columns[mapping.key[i]].source;
    const bool is_unsigned = mapping.source_types[column].is_unsigned;
    const uint64_t bits = binlog::IntegerBits(image[column], is_unsigned);
    place.push_back({!is_unsigned && static_cast<int64_t>(bits) < 0, bits});
  }
  return place;
}

void ChangedChunks::Insert(const state::VerifyChunk& chunk, bool marked) {
  const auto known = by_number_.find(chunk.number);
  if (known != by_number_.end()) {
    if (!known->second->second.marked) --unmarked_;
    chunks_.erase(known->second);
  }
  if (!marked) ++unmarked_;
  Chunk entry{chunk.number, std::nullopt, marked, ++watches_};
  if (!chunk.high.empty()) entry.high = PlaceOf(chunk.high);
  by_number_[chunk.number] = chunks_.emplace(PlaceOf(chunk.low), std::move(entry));
}

void ChangedChunks::Watch(const state::VerifyChunk& chunk) {
  const std::lock_guard lock(mutex_);
  Insert(chunk, false);
}

void ChangedChunks::Forget() {
  const std::lock_guard lock(mutex_);
  chunks_.clear();
  by_number_.clear();
  unmarked_ = 0;
}

// Of chunks that follow one another; a row on a bound that is not told exactly lies in both.
void ChangedChunks::FindUnmarked(const Place& place, std::vector<Unmarked>* found) {
  auto chunk = is_whole_ ? chunks_.lower_bound(place) : chunks_.upper_bound(place);
  while (chunk != chunks_.begin()) {
    --chunk;
    if (leading_ > 0 && chunk->second.high && *chunk->second.high < place) return;
    if (!chunk->second.marked) found->push_back({chunk->second.number, chunk->second.watched});
  }
}

void ChangedChunks::Note(std::stop_token stop, const apply::RowMapping& mapping,
                         const std::vector<const binlog::RowImage*>& images) {
  std::vector<Unmarked> found;
  {
    const std::lock_guard lock(mutex_);
    if (unmarked_ == 0) return;
    for (const binlog::RowImage* image : images) {
      FindUnmarked(PlaceOf(mapping, *image), &found);
      if (leading_ == 0) break;  // that was all of them
    }
  }
  Mark(stop, found);
}

void ChangedChunks::NoteAll(std::stop_token stop) {
  std::vector<Unmarked> found;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [low, chunk] : chunks_) {
      if (!chunk.marked) found.push_back({chunk.number, chunk.watched});
    }
  }
  Mark(stop, found);
}

// In memory only when it is on disk; and not if the chunk is being compared anew, because its mark
// may have been taken away on disk before.
void ChangedChunks::Mark(std::stop_token stop, const std::vector<Unmarked>& chunks) {
  if (chunks.empty()) return;
  std::vector<uint64_t> numbers;
  for (const Unmarked& chunk : chunks) numbers.push_back(chunk.number);
  OSC_FAULT_POINT("verify.change_seen");
  base::Retry(
      stop, {.attempts = std::numeric_limits<int>::max()},
      [&] {
        if (!store_) store_.emplace(state::Store::Open(state_directory_));
        store_->MarkVerifyChunks(id_, numbers);
      },
      [&](const Error& error) {
        spdlog::warn("{} cannot note what the stream changes: {}", id_, error.message());
      });
  OSC_FAULT_POINT("verify.change_noted");
  const std::lock_guard lock(mutex_);
  for (const Unmarked& chunk : chunks) {
    const auto known = by_number_.find(chunk.number);
    if (known == by_number_.end()) continue;
    Chunk& now = known->second->second;
    if (now.watched != chunk.watched || now.marked) continue;
    now.marked = true;
    --unmarked_;
  }
}

}  // namespace osc::shadow
