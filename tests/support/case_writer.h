// An application that writes to the table of any case at random and always leaves it as it was:
// what a row is to be, it takes from a twin, a copy of the table that nobody else writes to.
#pragma once

#include <atomic>
#include <cstdint>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/case_table.h"

namespace osc::testing {

// Each transaction does one of these to rows that it picks: delete a row and insert it again; give
// a row the values of another and take them back; delete a row, let another take its key and go
// back to its own, and insert it again. What the table refuses (a duplicate) is rolled back. A
// table without rows or without a unique key is left alone.
class CaseWriter {
 public:
  // twin: rows and definition as the table's, and both stay so while this one runs.
  CaseWriter(const TestServer& server, CaseTable& table, CaseTable& twin, uint64_t seed);

  // Starts a thread that writes until Stop().
  void Start();
  // Waits for the thread and reports its error, other than a refused write, to the test. Returns
  // how many transactions were committed.
  int Stop();
  // So many transactions, in the caller's thread. Throws osc::Error.
  void Write(int transactions);

 private:
  void WriteOne();
  void Delete(const std::string& row);
  void InsertFromTwin(const std::string& row);
  // The columns of `row` become what they are in the twin's row `as`.
  void Update(const std::string& row, const std::string& as,
              const std::vector<std::string>& columns);
  std::string Row(uint64_t number) const;
  std::string Join(const std::string& left, const std::string& right) const;

  mysql::Connection connection_;
  const std::string table_;
  const std::string twin_;
  std::vector<std::string> key_;      // quoted
  std::vector<std::string> columns_;  // all that can be written
  std::vector<std::string> others_;   // those outside the key
  uint64_t rows_ = 0;
  std::mt19937_64 random_;
  int committed_ = 0;
  std::string error_;
  std::jthread thread_;
};

}  // namespace osc::testing
