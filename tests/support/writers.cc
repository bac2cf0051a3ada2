#include "tests/support/writers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <ostream>

#include "src/base/wait.h"
#include "src/mysql/quote.h"
#include "tests/support/osc_process.h"

namespace osc::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between two transactions: an application that leaves the other tests on the machine some room.
constexpr milliseconds kPause{4};
// Beside the engine of a sanitizer's or valgrind's build, which must be able to keep up.
constexpr milliseconds kPauseBesideSlowEngine{60};
constexpr unsigned kDeadlock = 1213;
constexpr unsigned kLockWait = 1205;

std::string Text(int64_t number) { return std::to_string(number); }

}  // namespace

Totals& Totals::operator+=(const Totals& other) {
  rows += other.rows;
  amount += other.amount;
  tokens += other.tokens;
  return *this;
}

void PrintTo(const Totals& totals, std::ostream* out) {
  *out << totals.rows << " rows, amount " << totals.amount << ", tokens " << totals.tokens;
}

Totals ReadTotals(mysql::Connection& connection, const std::string& table) {
  mysql::Result row =
      connection.Query("SELECT COUNT(*), COALESCE(SUM(amount), 0), COALESCE(SUM(token), 0) FROM " +
                       mysql::QuoteIdentifier(table));
  row.Next();
  return {std::stoll(row.Text(0)), std::stoll(row.Text(1)), std::stoll(row.Text(2))};
}

void CreateWritersTable(mysql::Connection& connection, const std::string& table, int rows,
                        const std::string& more) {
  const std::string name = mysql::QuoteIdentifier(table);
  connection.Execute("CREATE TABLE " + name +
                     " (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, token BIGINT NOT NULL, "
                     "email VARCHAR(80) NOT NULL, amount BIGINT NOT NULL DEFAULT 0" +
                     (more.empty() ? "" : ", " + more) +
                     ", UNIQUE KEY email (email), KEY token (token)) ENGINE=InnoDB "
                     "DEFAULT CHARSET=utf8mb4");
  for (int next = 1; next <= rows;) {
    std::string sql = "INSERT INTO " + name + " (id, token, email, amount) VALUES ";
    for (int i = 0; i < 1000 && next <= rows; ++i, ++next) {
      sql += (i == 0 ? "(" : ", (") + Text(next) + ", " + Text(next) + ", 'first" + Text(next) +
             "@example.com', " + Text(next % 100) + ")";
    }
    connection.Execute(sql);
  }
}

// One session of the application.
class Writers::Thread {
 public:
  Thread(const TestServer& server, const std::string& database, const std::string& table,
         int number, int64_t first_rows, uint64_t seed)
      : connection_(server.Connect(database)),
        table_(mysql::QuoteIdentifier(table)),
        number_(number),
        first_rows_(first_rows),
        random_(seed) {
    // As applications have it, not as osc's own sessions.
    connection_.Execute("SET SESSION sql_mode=DEFAULT, time_zone=DEFAULT, lock_wait_timeout=60");
    connection_.Execute(number % 2 == 0 ? "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
                                        : "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }

  void RequestStop() { thread_.request_stop(); }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  int64_t transactions() const { return transactions_; }
  bool ended() const { return ended_; }
  // After Join().
  const Totals& committed() const { return committed_; }
  const std::string& error() const { return error_; }
  milliseconds longest() const { return longest_; }
  int64_t retries() const { return retries_; }

 private:
  using Work = void (Thread::*)();

  void Run(std::stop_token stop) {
    static constexpr std::array<Work, 11> kWork{
        &Thread::InsertOne,   &Thread::InsertOne,      &Thread::InsertSeveral,
        &Thread::UpdateOne,   &Thread::UpdateSeveral,  &Thread::DeleteOne,
        &Thread::MoveKey,     &Thread::ExchangeEmails, &Thread::MoveAmount,
        &Thread::InsertAgain, &Thread::RollBack,
    };
    const milliseconds pause =
        std::getenv("OSC_TEST_ENGINE") != nullptr ? kPauseBesideSlowEngine : kPause;
    try {
      while (!stop.stop_requested()) {
        DoWithRetries(kWork[random_() % kWork.size()]);
        base::SleepFor(stop, pause);
      }
    } catch (const std::exception& error) {
      error_ = "writer " + std::to_string(number_) + ": " + error.what() + " in " + statement_;
    }
    ended_ = true;
  }

  void DoWithRetries(Work work) {
    while (true) {
      change_ = {};
      try {
        (this->*work)();
        committed_ += change_;
        ++transactions_;
        return;
      } catch (const Error& error) {
        if (error.server_errno() != kDeadlock && error.server_errno() != kLockWait) throw;
        ++retries_;
        connection_.Execute("ROLLBACK");
      }
    }
  }

  uint64_t Execute(const std::string& sql) {
    statement_ = sql;
    const auto start = Clock::now();
    const uint64_t matched = connection_.Execute(sql);
    longest_ = std::max(longest_, std::chrono::ceil<milliseconds>(Clock::now() - start));
    return matched;
  }

  // The row's email, amount and token, locked; none when there is no such row.
  struct Row {
    std::string email;
    int64_t amount = 0;
    int64_t token = 0;
  };
  std::optional<Row> LockRow(int64_t id) {
    statement_ =
        "SELECT email, amount, token FROM " + table_ + " WHERE id=" + Text(id) + " FOR UPDATE";
    mysql::Result row = connection_.Query(statement_);
    if (!row.Next()) return std::nullopt;
    return Row{row.Text(0), std::stoll(row.Text(1)), std::stoll(row.Text(2))};
  }

  int64_t Below(int64_t limit) { return static_cast<int64_t>(random_() % limit); }

  // Of a first row or of one that this session has made; moved ones have the other sign.
  int64_t SomeId() {
    const bool own = !ids_.empty() && Below(2) == 0;
    const int64_t id = own ? ids_[Below(static_cast<int64_t>(ids_.size()))]
                           : Below(std::max<int64_t>(1, first_rows_)) + 1;
    return Below(5) == 0 ? -id : id;
  }

  int64_t NewToken(int64_t serial) const { return 1'000'000'000 + serial * 1000 + number_; }

  // Values for (token, email, amount), counted as inserted.
  std::string NewRow() {
    const int64_t serial = ++serial_;
    const int64_t token = NewToken(serial);
    const int64_t amount = Below(1000);
    change_ += {1, amount, token};
    return Text(token) + ", 'w" + Text(number_) + "." + Text(serial) + "@example.com', " +
           Text(amount);
  }

  void RememberNewId(int64_t rows) {
    const int64_t first = std::stoll(connection_.QueryValue("SELECT LAST_INSERT_ID()").value());
    for (int64_t i = 0; i < rows; ++i) ids_.push_back(first + i);
  }

  void InsertOne() {
    Execute("INSERT INTO " + table_ + " (token, email, amount) VALUES (" + NewRow() + ")");
    RememberNewId(1);
  }

  void InsertSeveral() {
    const int64_t rows = 2 + Below(4);
    std::string sql = "INSERT INTO " + table_ + " (token, email, amount) VALUES ";
    for (int64_t i = 0; i < rows; ++i) sql += (i == 0 ? "(" : ", (") + NewRow() + ")";
    Execute(sql);
    RememberNewId(rows);
  }

  void UpdateOne() {
    const int64_t by = Below(201) - 100;
    const auto matched = Execute("UPDATE " + table_ + " SET amount=amount+(" + Text(by) +
                                 ") WHERE id=" + Text(SomeId()));
    change_.amount += by * static_cast<int64_t>(matched);
  }

  void UpdateSeveral() {
    const int64_t from = SomeId();
    const auto matched = Execute("UPDATE " + table_ + " SET amount=amount+1 WHERE id BETWEEN " +
                                 Text(from) + " AND " + Text(from + 9));
    change_.amount += static_cast<int64_t>(matched);
  }

  void DeleteOne() {
    const int64_t id = SomeId();
    Execute("START TRANSACTION");
    if (const auto row = LockRow(id)) {
      Execute("DELETE FROM " + table_ + " WHERE id=" + Text(id));
      change_ += {-1, -row->amount, -row->token};
    }
    Execute("COMMIT");
  }

  void MoveKey() {
    const int64_t id = SomeId();
    Execute("UPDATE " + table_ + " SET id=-id WHERE id=" + Text(id));
  }

  void ExchangeEmails() {
    const int64_t one = SomeId();
    const int64_t other = SomeId();
    Execute("START TRANSACTION");
    const auto first = LockRow(one);
    const auto second = one == other ? std::nullopt : LockRow(other);
    if (first && second) {
      const auto set = [this](int64_t id, const std::string& email) {
        Execute("UPDATE " + table_ + " SET email=" + mysql::QuoteText(email) +
                " WHERE id=" + Text(id));
      };
      set(one, "between " + Text(number_));
      set(other, first->email);
      set(one, second->email);
    }
    Execute("COMMIT");
  }

  // From one row to another: the sum stays.
  void MoveAmount() {
    const int64_t from = SomeId();
    const int64_t to = SomeId();
    Execute("START TRANSACTION");
    if (from != to && LockRow(from) && LockRow(to)) {
      Execute("UPDATE " + table_ + " SET amount=amount-7 WHERE id=" + Text(from));
      Execute("UPDATE " + table_ + " SET amount=amount+7 WHERE id=" + Text(to));
    }
    Execute("COMMIT");
  }

  // The same key and the same unique value, but a new row.
  void InsertAgain() {
    const int64_t id = SomeId();
    Execute("START TRANSACTION");
    if (const auto row = LockRow(id)) {
      Execute("DELETE FROM " + table_ + " WHERE id=" + Text(id));
      const int64_t token = NewToken(++serial_);
      Execute("INSERT INTO " + table_ + " (id, token, email, amount) VALUES (" + Text(id) + ", " +
              Text(token) + ", " + mysql::QuoteText(row->email) + ", " + Text(row->amount) + ")");
      change_.tokens += token - row->token;
    }
    Execute("COMMIT");
  }

  void RollBack() {
    Execute("START TRANSACTION");
    const Totals nothing = change_;
    Execute("INSERT INTO " + table_ + " (token, email, amount) VALUES (" + NewRow() + ")");
    Execute("UPDATE " + table_ + " SET amount=amount+1000000 WHERE id=" + Text(SomeId()));
    if (Below(2) == 0) {
      Execute("SAVEPOINT here");
      Execute("DELETE FROM " + table_ + " WHERE id=" + Text(SomeId()));
      Execute("ROLLBACK TO SAVEPOINT here");
    }
    Execute("ROLLBACK");
    change_ = nothing;
  }

  mysql::Connection connection_;
  const std::string table_;
  const int number_;
  const int64_t first_rows_;
  std::mt19937_64 random_;
  std::vector<int64_t> ids_;
  int64_t serial_ = 0;
  Totals change_;  // of the transaction under way
  Totals committed_;
  std::string statement_;
  std::string error_;
  milliseconds longest_{0};
  int64_t retries_ = 0;
  std::atomic<int64_t> transactions_{0};
  std::atomic<bool> ended_{false};
  std::jthread thread_;
};

Writers::Writers(const TestServer& server, const std::string& database, const std::string& table,
                 int threads)
    : seed_(std::random_device{}()) {
  if (const char* seed = std::getenv("OSC_TEST_SEED")) seed_ = std::stoull(seed);
  std::printf("writers of %s: OSC_TEST_SEED=%llu\n", table.c_str(),
              static_cast<unsigned long long>(seed_));
  mysql::Connection connection = server.Connect(database);
  before_ = ReadTotals(connection, table);
  // Tokens and emails of an earlier set of writers stay taken.
  static std::atomic<int> next_number{0};
  for (int i = 0; i < threads; ++i) {
    const int number = next_number++;
    threads_.push_back(std::make_unique<Thread>(server, database, table, number, before_.rows,
                                                seed_ + static_cast<uint64_t>(i)));
  }
}

Writers::~Writers() { Stop(); }

void Writers::WaitForTransactions(int64_t more) {
  const auto count = [this] {
    int64_t sum = 0;
    for (const auto& thread : threads_) sum += thread->transactions();
    return sum;
  };
  const int64_t goal = count() + more;
  WaitUntil(
      "the writers to commit " + std::to_string(more) + " transactions",
      [&] {
        const bool one_ended = std::any_of(threads_.begin(), threads_.end(),
                                           [](const auto& thread) { return thread->ended(); });
        return count() >= goal || one_ended;
      },
      std::chrono::seconds(90));
}

void Writers::Stop() {
  for (const auto& thread : threads_) thread->RequestStop();
  for (const auto& thread : threads_) {
    thread->Join();
    if (!stopped_ && !thread->error().empty())
      ADD_FAILURE() << thread->error() << " (seed " << seed_ << ")";
  }
  stopped_ = true;
}

Totals Writers::expected() const {
  Totals totals = before_;
  for (const auto& thread : threads_) totals += thread->committed();
  return totals;
}

milliseconds Writers::longest_statement() const {
  milliseconds longest{0};
  for (const auto& thread : threads_) longest = std::max(longest, thread->longest());
  return longest;
}

}  // namespace osc::testing
