// An application that never stops writing: threads on connections of their own, each keeping
// account of exactly what it has committed, so that a lost or invented write shows in the table's
// totals.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/server.h"

namespace osc::testing {

// The columns that writers use; a test's table may have more, with defaults.
//   id      BIGINT, AUTO_INCREMENT, primary key; a moved key is -id
//   token   BIGINT, given once in a row's life and never again: a row that is deleted and inserted
//           again has another one
//   email   unique, exchanged between rows
//   amount  BIGINT, what is summed up
struct Totals {
  int64_t rows = 0;
  int64_t amount = 0;
  int64_t tokens = 0;
  Totals& operator+=(const Totals& other);
  friend bool operator==(const Totals&, const Totals&) = default;
};
void PrintTo(const Totals& totals, std::ostream* out);

Totals ReadTotals(mysql::Connection& connection, const std::string& table);

// Columns of the table beside those of writers, as in "title VARCHAR(40)", go into `more`; rows
// get ids and tokens from 1 to `rows`. Values of other columns are the test's business.
void CreateWritersTable(mysql::Connection& connection, const std::string& table, int rows,
                        const std::string& more);

// Starts at once. Errors other than deadlocks and lock waits, which are retried, fail the test.
class Writers {
 public:
  Writers(const TestServer& server, const std::string& database, const std::string& table,
          int threads = 4);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  // Until so many more transactions have been committed; throws std::runtime_error.
  void WaitForTransactions(int64_t more);
  // Waits for the threads and reports their errors to the test.
  void Stop();
  // What the table held before the writers, and what they did to it. After Stop().
  Totals expected() const;
  // The longest that one statement took, errors and waiting for a swap included. After Stop().
  std::chrono::milliseconds longest_statement() const;

 private:
  class Thread;

  Totals before_;
  uint64_t seed_;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace osc::testing
