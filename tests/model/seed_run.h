// One seed of the model test: a random table, a random ALTER of it, random writes, and the door
// turned at random, each step held to the model.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "src/mysql/connection.h"
#include "src/state/store.h"
#include "tests/model/model_table.h"
#include "tests/model/random_change.h"
#include "tests/model/random_dml.h"
#include "tests/support/osc_process.h"

namespace osc::testing::model {

// Belongs to one thread. Many may run side by side in one database and with one engine: the table
// is called after the seed.
class SeedRun {
 public:
  // What happened in it, to see that a run is not blind.
  struct Counts {
    int turns = 0;
    int blocked = 0;        // turns that were refused
    int accepted = 0;       // and done all the same
    int lossy = 0;          // looks at a table with made-up values
    int turned_within = 0;  // turns with writers at work
    int reseeded = 0;
    uint64_t statements = 0;
  };

  SeedRun(const TestServer& server, const std::string& database, Osc& osc, uint64_t seed);

  // Throws std::exception at the first thing that is not as modelled.
  void Run();
  const Counts& counts() const { return counts_; }
  // The seed, the change and the last statements, to find out why.
  std::string Describe() const;

 private:
  void TurnOften();
  // The command for the next turn, with writers at work where they can be.
  void Turn(const std::string& command);
  void TurnWithLoss(const std::string& command);
  // With writers at work.
  void Reseed();
  // Several sessions at a time, on rows of their own, until each has done so many statements and
  // `meanwhile` has returned.
  void WriteSideBySide(int statements, Values values, const std::function<void()>& meanwhile);
  // Until the stream has applied all that the binlog holds now.
  void WaitUntilCaughtUp();
  void ExpectAsModelled();
  void ExpectReadiness();
  void ExpectBlocked(const std::string& turn);
  std::map<Key, Row> Read(const std::string& table, const Definition& definition);
  std::string OffStageDifferences();

  const TestServer& server_;
  const std::string database_;
  const uint64_t seed_;
  Osc& osc_;
  mysql::Connection connection_;
  state::Store store_;
  Random random_;
  Random reseed_random_;  // of its own, so that it does not change what a seed does else
  RandomChange change_;
  ModelTable model_;
  RandomDml dml_;
  std::string id_;
  std::string off_stage_;
  std::string log_;  // of the sessions that wrote last side by side
  Counts counts_;
};

}  // namespace osc::testing::model
