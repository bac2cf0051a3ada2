// The ranges that a verification compares, one after the other: those that an earlier run has left,
// then new ones along the key.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "shadow/changed_chunks.h"
#include "shadow/comparison_sql.h"
#include "shadow/key_steps.h"
#include "src/mysql/connection.h"
#include "src/state/store.h"

namespace osc::shadow {

// Shared by the threads that compare; each brings its own connection and store. Keeps references.
class ChunkQueue {
 public:
  ChunkQueue(const ComparisonSql& sql, ChangedChunks& changed, std::string id);

  // What the store has of this verification. Once, first.
  void Restore(state::Store& store);
  // Nothing is left to hand out.
  bool IsEmpty();
  // The next chunk, of about so many rows; nullopt when there is none. It is in the store, and
  // changes mark it from now on. After an error nothing is handed out.
  std::optional<state::VerifyChunk> Next(mysql::Connection& connection, state::Store& store,
                                         uint64_t rows);

 private:
  // Of each direction: forwards along the source, backwards along the target.
  struct Way {
    std::string watermark;
    bool all_handed_out = false;
    KeySteps steps;
  };
  state::VerifyChunk Again(mysql::Connection& connection, state::Store& store, uint64_t rows);

  const ComparisonSql& sql_;
  ChangedChunks& changed_;
  const std::string id_;

  std::mutex
      mutex_;  // guards what follows, also while a bound is looked for: the next one is above
  std::deque<state::VerifyChunk> again_;
  uint64_t next_number_ = 1;
  Way forwards_;
  Way backwards_;
};

}  // namespace osc::shadow
