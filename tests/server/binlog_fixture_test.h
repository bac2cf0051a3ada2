// What the tests of src/binlog share: a database of their own on each server, and reading up to
// now.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "src/binlog/reader.h"
#include "src/mysql/connection.h"

namespace osc::binlog {

// Parametrised by the part of the server's environment variable after OSC_TEST_.
class BinlogTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string variable = std::string("OSC_TEST_") + GetParam();
    const char* address = std::getenv(variable.c_str());
    if (address == nullptr) GTEST_SKIP() << variable << " is not set";
    const std::string text = address;
    const size_t colon = text.rfind(':');
    options_.host = text.substr(0, colon);
    options_.port = static_cast<unsigned>(std::stoul(text.substr(colon + 1)));
    options_.user = "root";
    server_.emplace(mysql::Connection::Open(options_));
    database_ = "osc_t_" + std::to_string(std::random_device()());
    Run("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4");
    Run("USE " + database_);
  }

  void TearDown() override {
    if (!server_ || database_.empty()) return;
    // A test that failed may have left a transaction behind, which would block the DROP.
    server_.reset();
    mysql::Connection::Open(options_).Execute("DROP DATABASE IF EXISTS " + database_);
  }

  bool IsMariaDb() const { return server_->server().IsMariaDb(); }
  void Run(const std::string& sql) { server_->Execute(sql); }
  Position Now() { return CurrentPosition(*server_); }
  TableFilter OwnTables() const {
    return [database = database_](std::string_view name, std::string_view) {
      return name == database;
    };
  }

  // Reads on until everything that is in the binlog now has come. Only the transactions that have
  // rows or a statement of this test; others work on the same server.
  std::vector<Transaction> ReadToNow(Reader& reader) {
    const Position end = Now();
    std::vector<Transaction> own;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    if (reached_.Covers(end)) return own;
    while (std::chrono::steady_clock::now() < deadline) {
      std::optional<Transaction> transaction = reader.Next({});
      if (!transaction) continue;
      Pass(*transaction);
      if (transaction->HasRows() || transaction->schema == database_) {
        own.push_back(std::move(*transaction));
      }
      if (reached_.Covers(end)) return own;
    }
    ADD_FAILURE() << "did not reach " << end.ToString() << ", only " << reached_.ToString();
    return own;
  }

  void Pass(const Transaction& transaction) {
    reached_.file = transaction.file;
    reached_.offset = transaction.end_offset;
    if (transaction.gtid) reached_.gtids->Add(*transaction.gtid);
  }

  Reader Open(const Position& start) {
    reached_ = start;
    return Reader(options_, start, OwnTables());
  }

  ErrorCode CodeOf(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      last_error_ = error.message();
      last_hint_ = error.hint();
      return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::kInternal;
  }

  mysql::ConnectionOptions options_;
  std::optional<mysql::Connection> server_;
  std::string database_;
  Position reached_;
  std::string last_error_;
  std::string last_hint_;
};

inline std::string ServerName(const testing::TestParamInfo<const char*>& info) {
  return info.param;
}

}  // namespace osc::binlog
