#include "tests/support/case_writer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "src/base/wait.h"

namespace osc::testing {
namespace {

// Leaves the other tests on the machine some room.
constexpr std::chrono::milliseconds kPause{5};
// The stream must be able to keep up with rows of any size.
constexpr int kMostInBackground = 200;

// Neither says that the test is wrong: the transaction is rolled back and another one tried.
bool IsRefusal(const Error& error) {
  return error.code() == ErrorCode::kRetryable || error.code() == ErrorCode::kUnprojectable;
}

std::string List(const std::vector<std::string>& columns, const std::string& alias = "") {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + alias + column;
  return list;
}

}  // namespace

CaseWriter::CaseWriter(const TestServer& server, CaseTable& table, CaseTable& twin, uint64_t seed)
    : connection_(server.Connect(table.database())),
      table_(table.quoted()),
      twin_(twin.quoted()),
      random_(seed) {
  // Values come from a table of the same definition: nothing can be truncated, and what the table
  // holds already, like a zero date, must not be refused.
  connection_.Execute("SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
  const std::string of_table = " WHERE TABLE_SCHEMA=" + mysql::QuoteText(table.database()) +
                               " AND TABLE_NAME=" + mysql::QuoteText(table.name());
  // The primary key, or the first unique key without NULLs, as far as it is of whole columns.
  mysql::Result parts = connection_.Query(
      "SELECT INDEX_NAME, COLUMN_NAME, NULLABLE, SUB_PART FROM information_schema.STATISTICS" +
      of_table + " AND NON_UNIQUE=0 ORDER BY INDEX_NAME<>'PRIMARY', INDEX_NAME, SEQ_IN_INDEX");
  std::string index;
  bool usable = false;
  while (parts.Next()) {
    if (parts.Text(0) != index) {
      if (usable) break;
      key_.clear();
      index = parts.Text(0);
      usable = true;
    }
    usable = usable && parts[1] && parts.Text(2) != "YES" && !parts[3];
    key_.push_back(mysql::QuoteIdentifier(parts.Text(1)));
  }
  if (!usable) return;
  mysql::Result columns =
      connection_.Query("SELECT COLUMN_NAME FROM information_schema.COLUMNS" + of_table +
                        " AND (EXTRA NOT LIKE '%GENERATED%' OR EXTRA LIKE '%DEFAULT_GENERATED%')"
                        " ORDER BY ORDINAL_POSITION");
  while (columns.Next()) {
    const std::string column = mysql::QuoteIdentifier(columns.Text(0));
    columns_.push_back(column);
    if (std::find(key_.begin(), key_.end(), column) == key_.end()) others_.push_back(column);
  }
  // A generated column cannot be given another row's value.
  if (columns_.size() - others_.size() != key_.size()) return;
  rows_ = std::stoull(connection_.QueryValue("SELECT COUNT(*) FROM " + twin_).value());
}

void CaseWriter::Start() {
  thread_ = std::jthread([this](std::stop_token stop) {
    try {
      for (int i = 0; i < kMostInBackground && !stop.stop_requested(); ++i) {
        WriteOne();
        base::SleepFor(stop, kPause);
      }
    } catch (const std::exception& error) {
      error_ = error.what();
    }
  });
}

int CaseWriter::Stop() {
  thread_ = {};
  if (!error_.empty()) ADD_FAILURE() << "the writer of the case: " << error_;
  return committed_;
}

void CaseWriter::Write(int transactions) {
  for (int i = 0; i < transactions; ++i) WriteOne();
}

// The twin's row of that number, as a table with its key.
std::string CaseWriter::Row(uint64_t number) const {
  const std::string key = List(key_);
  return "(SELECT " + key + " FROM " + twin_ + " ORDER BY " + key + " LIMIT " +
         std::to_string(number) + ",1)";
}

std::string CaseWriter::Join(const std::string& left, const std::string& right) const {
  std::string condition;
  for (const std::string& column : key_) {
    condition += (condition.empty() ? "" : " AND ") + left + column + "=" + right + column;
  }
  return condition;
}

void CaseWriter::Delete(const std::string& row) {
  connection_.Execute("DELETE t FROM " + table_ + " t JOIN " + row + " r ON " + Join("t.", "r."));
}

void CaseWriter::InsertFromTwin(const std::string& row) {
  connection_.Execute("INSERT INTO " + table_ + " (" + List(columns_) + ") SELECT " +
                      List(columns_, "o.") + " FROM " + twin_ + " o JOIN " + row + " r ON " +
                      Join("o.", "r."));
}

void CaseWriter::Update(const std::string& row, const std::string& as,
                        const std::vector<std::string>& columns) {
  std::string set;
  for (const std::string& column : columns) {
    set += (set.empty() ? "t." : ", t.") + column + "=o." + column;
  }
  connection_.Execute("UPDATE " + table_ + " t JOIN " + row + " r ON " + Join("t.", "r.") +
                      " JOIN " + as + " a JOIN " + twin_ + " o ON " + Join("o.", "a.") + " SET " +
                      set);
}

void CaseWriter::WriteOne() {
  if (rows_ == 0) return;
  const uint64_t one = random_() % rows_;
  const uint64_t another = (one + 1 + random_() % std::max<uint64_t>(1, rows_ - 1)) % rows_;
  const std::string row = Row(one);
  const std::string other = Row(another);
  try {
    connection_.Execute("START TRANSACTION");
    switch (one == another ? 0 : random_() % 3) {
      case 0:
        Delete(row);
        InsertFromTwin(row);
        break;
      case 1:
        if (others_.empty()) break;
        Update(row, other, others_);
        Update(row, row, others_);
        break;
      default:
        Delete(other);
        Update(row, other, key_);
        // With all columns: the first one has moved those that have ON UPDATE CURRENT_TIMESTAMP.
        Update(other, row, columns_);
        InsertFromTwin(other);
    }
    connection_.Execute("COMMIT");
    ++committed_;
  } catch (const Error& error) {
    if (!IsRefusal(error)) throw;
    connection_.Execute("ROLLBACK");
  }
}

}  // namespace osc::testing
