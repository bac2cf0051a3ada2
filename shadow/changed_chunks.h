// Which of the ranges that a verification has compared have been changed off stage since, so that
// the next one can leave out the others.
//
// Chunks are found by the leading integer columns of the key, whose order is surely the server's.
// A key that begins with anything else cannot be placed: then every change marks every chunk.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ddl/projection.h"
#include "src/apply/change_observer.h"
#include "src/state/store.h"

namespace osc::shadow {

// Shared by the stream, whose dispatcher notes changes, and the verifier's threads.
//
// A mark is on disk before the change can be applied. A chunk that is not done needs no mark: it is
// compared anyway.
class ChangedChunks final : public apply::ChangeObserver {
 public:
  // Goes on with the chunks that the store has. Before the stream starts.
  ChangedChunks(std::filesystem::path state_directory, std::string id,
                const ddl::Projection& forward, state::Store& store);

  // The chunk is about to be compared: what changes from now on marks it. The store has it, not
  // done and without a mark. Changes that were noted before have to be applied before it is read
  // (Stream::WaitForNoted).
  void Watch(const state::VerifyChunk& chunk);
  // There are no chunks any more.
  void Forget();

  void Note(std::stop_token stop, const apply::RowMapping& mapping,
            const std::vector<const binlog::RowImage*>& images) override;
  void NoteAll(std::stop_token stop) override;

 private:
  // An integer of any type.
  struct Number {
    bool negative = false;
    uint64_t bits = 0;  // two's complement
    std::strong_ordering operator<=>(const Number& other) const {
      if (negative != other.negative) return other.negative <=> negative;
      return bits <=> other.bits;
    }
    bool operator==(const Number& other) const = default;
  };
  using Place = std::vector<Number>;  // of the leading columns; empty: before everything
  struct Chunk {
    uint64_t number = 0;
    std::optional<Place> high;  // nullopt: no end
    bool marked = false;
    uint64_t watched = 0;  // counts Watch(), so that a mark of before does not seem to be one after
  };
  struct Unmarked {
    uint64_t number;
    uint64_t watched;
  };

  Place PlaceOf(const std::string& bound) const;
  Place PlaceOf(const apply::RowMapping& mapping, const binlog::RowImage& image) const;
  void Insert(const state::VerifyChunk& chunk, bool marked);
  void FindUnmarked(const Place& place, std::vector<Unmarked>* found);
  void Mark(std::stop_token stop, const std::vector<Unmarked>& chunks);

  const std::filesystem::path state_directory_;
  const std::string id_;
  size_t leading_ = 0;     // columns that chunks are found by; 0: none
  bool is_whole_ = false;  // these are all that a chunk's bounds look at

  std::mutex mutex_;                    // guards what follows
  std::multimap<Place, Chunk> chunks_;  // by their lower bounds
  std::unordered_map<uint64_t, std::multimap<Place, Chunk>::iterator> by_number_;
  uint64_t watches_ = 0;
  size_t unmarked_ = 0;

  std::optional<state::Store> store_;  // the dispatcher's own
};

}  // namespace osc::shadow
