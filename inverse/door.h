// The revolving door: swings the two tables in either direction and keeps the store's account of
// it. Cutover, revert and reapply are the same swing; only the words differ.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "shadow/swap.h"
#include "shadow/tables.h"
#include "src/apply/stream.h"
#include "src/state/store.h"

namespace osc::inverse {

class Door {
 public:
  // How the tables of one swap change places: shadow::Swap, or together with others.
  using SwapTables = std::function<shadow::SwapResult(std::stop_token, const shadow::SwapMember&)>;

  // Used by one thread; keeps references.
  Door(state::Store& store, const shadow::Tables& tables) : store_(store), tables_(tables) {}

  // One attempt at the next swap: to the new table after an even number of swaps, else back to the
  // old one. On success the store says live/reverted. On kBusy or kRetryable nothing has changed
  // and the store has the state that it had before. kOutcomeUnknown: call Settle until it answers.
  // loss_report: accepts that rows without a place in the other table are changed or left out, and
  // writes them to this file before; an empty one refuses that (kBusy).
  // stream: null with an object, to which no stream belongs.
  void Swing(std::stop_token stop, apply::Stream* stream, const SwapTables& swap_tables,
             const std::filesystem::path& loss_report = {});

  // Finds out what became of a swap that was begun and not accounted for; true when there was one
  // that happened. Throws kConnectionLost when the server cannot be asked yet.
  bool Settle(std::stop_token stop);

  // For a store that was restored from a backup, or a server that has lost its latest commits,
  // while no stream runs: accounts for the swaps that only the server knows of and takes back those
  // that only the store knows of. How many it has added; below 0: taken back.
  int AgreeWithServer(std::stop_token stop);

 private:
  shadow::SwapPlan Plan(int number) const;
  void Account(const state::Swap& swap);
  void NoteCommits();
  // What became of a swap that nobody saw to its end.
  bool DidHappen(std::stop_token stop, const state::Swap& swap);
  int AgreeOnObject(std::stop_token stop);
  void TakeBack(int swaps_left);
  void Rest();

  state::Store& store_;
  const shadow::Tables& tables_;
};

// What the swap number (from 1) is called: cutover, revert, reapply, revert, ...
std::string SwapDirection(int number);

}  // namespace osc::inverse
