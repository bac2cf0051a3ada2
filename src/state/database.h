// The SQLite file under the store: opening, schema versions, transactions, errors. Used by the
// store alone. Belongs to one thread.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>

#include "src/base/error.h"

namespace osc::state {

// A cached statement in use. It is reset when this goes, so that no read lock stays behind.
class Query {
 public:
  explicit Query(SQLite::Statement& statement) : statement_(statement) {}
  Query(const Query&) = delete;
  ~Query() {
    try {
      statement_.tryReset();
      statement_.clearBindings();
    } catch (const SQLite::Exception&) {  // the error was thrown when the statement ran
    }
  }
  template <typename... Values>
  Query& Bind(const Values&... values) {
    int index = 0;
    (statement_.bind(++index, values), ...);
    return *this;
  }
  template <typename Value>
  void BindAt(int index, const Value& value) {
    statement_.bind(index, value);
  }
  void BindNull(int index) { statement_.bind(index); }
  bool Next() { return statement_.executeStep(); }
  int Run() { return statement_.exec(); }  // number of rows changed
  SQLite::Column operator[](int index) { return statement_.getColumn(index); }

 private:
  SQLite::Statement& statement_;
};

class Database {
 public:
  // Creates directory and file when missing, brings an older schema up to this program's. Throws
  // kRefused (unusable directory or file, newer schema) or kBusy.
  explicit Database(const std::filesystem::path& directory);

  // `sql` must outlive the database: statements are kept by its address.
  SQLite::Statement& Prepare(const char* sql);

  // Runs `work` so that SQLite's errors come out as Error.
  template <typename Work>
  auto Read(Work&& work) {
    try {
      return work();
    } catch (const SQLite::Exception& error) {
      Rethrow(error);
    }
  }

  // kEventual: survives the death of the process, and may be lost, in order, with the machine's
  // power. A later kDurable commit makes it durable too.
  enum class Durability { kDurable, kEventual };

  // Runs `work` in a transaction that has the write lock from its beginning.
  template <typename Work>
  auto Write(Work&& work, Durability durability = Durability::kDurable) {
    return Read([&] {
      const Relaxed relaxed(*this, durability == Durability::kEventual);
      SQLite::Transaction transaction(*sqlite_, SQLite::TransactionBehavior::IMMEDIATE);
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        transaction.commit();
      } else {
        auto result = work();
        transaction.commit();
        return result;
      }
    });
  }

  SQLite::Database& sqlite() { return *sqlite_; }
  int64_t LastInsertRowid() const { return sqlite_->getLastInsertRowid(); }
  int64_t DataVersion();
  void CheckIntegrity();
  void BackUp();

 private:
  // synchronous=NORMAL for as long as it lives.
  class Relaxed {
   public:
    Relaxed(Database& database, bool relaxed);
    ~Relaxed();

   private:
    Database& database_;
    bool relaxed_;
  };

  [[noreturn]] void Rethrow(const SQLite::Exception& error) const;
  void Configure();

  std::filesystem::path file_;
  std::unique_ptr<SQLite::Database> sqlite_;
  std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements_;
};

}  // namespace osc::state
