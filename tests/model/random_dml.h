// An application that writes at random to the live table of a model, and to the model.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/mysql/connection.h"
#include "tests/model/model_table.h"

namespace osc::testing::model {

enum class Values {
  kFitBoth,    // the off-stage table can hold every row
  kFitLive,    // it cannot always
  kFitEither,  // whichever of the two tables is live when the statement arrives
};

// What several writers at a time need so that each knows what becomes of its rows: keys and unique
// values that no other one uses.
struct Lot {
  int number = 0;
  std::vector<Row> elsewhere;  // rows of the others when they began
};

// Belongs to one thread. Keeps references to all that it is given. Errors of the server are thrown,
// but for deadlocks and lock waits, whose transaction counts as rolled back.
class RandomDml {
 public:
  RandomDml(mysql::Connection& connection, ModelTable& table, Random& random,
            std::optional<Lot> lot = std::nullopt);

  // Fresh rows.
  void Insert(int rows);
  void Write(int statements, Values values);
  // Whether there is anything that Values::kFitEither may write.
  bool MayWriteEither() const;
  // Changes or deletes what the off-stage table cannot hold.
  void Mend();
  int executed() const { return executed_; }
  // Of the last statements, one a line.
  std::string Log() const;

 private:
  using Changes = std::map<int, Value>;

  int Pick(size_t limit) { return static_cast<int>(random_() % limit); }
  bool Chance(int percent) { return Pick(100) < percent; }
  void Execute(const std::string& sql);
  const Definition& live() const { return table_.live(); }

  void WriteTransaction();
  void WriteOne(bool in_transaction);
  bool InsertRows(int rows);
  // Without the row's number, which the server then gives it. False when another row has it.
  bool InsertNumbered(Row row, std::set<int> given);
  bool Replace();
  std::vector<std::string> UniqueKeysInOrder();
  bool UpdateRow(bool move_key);
  bool UpdateRows();
  bool Upsert();
  bool DeleteRows(int rows);
  bool DeleteAndInsertAgain();
  bool ExchangeUnique();
  bool ExchangeKeys();
  // Of two rows; enforced: the live table would refuse the state between.
  bool Exchange(const std::vector<int>& columns, bool enforced);
  bool ShiftKeys();

  Key AnyRow();
  // Columns that may be written: with kFitEither they have one name.
  std::vector<Column> Writable() const;
  Column AnyWritable();
  bool MayInsert() const;
  // Nothing that another session could write collides with what this one does.
  bool HasTypeForOwn(const Column& column) const;
  bool IsOwn(const Column& column) const;
  Value Owned(const Column& column, Value value);
  Value NewValue(const Column& column);
  Value NewValueThatFits(const Column& column);
  // Of the columns that the live table has; nullopt when none was found that is free.
  std::optional<Row> NewRow(std::set<int>* given);
  bool IsFree(const Row& row, const Key* itself, bool both) const;
  // The row's key afterwards; nullopt: refused for another row's sake. both: also for what is
  // unique off stage only.
  std::optional<Key> Change(const Key& key, const Changes& changes, bool both);
  bool BothFit() const { return values_ != Values::kFitLive; }

  std::string KeyIs(const Row& row) const;
  std::string InsertSql(const std::set<int>& given, const std::vector<Row>& rows) const;
  std::string Assignments(const Changes& changes) const;

  mysql::Connection& connection_;
  ModelTable& table_;
  Random& random_;
  const std::optional<Lot> lot_;
  Values values_ = Values::kFitBoth;
  int executed_ = 0;
  std::vector<Row> graveyard_;  // whose keys may be used again
  int64_t last_number_ = 0;     // given by AUTO_INCREMENT since the last TRUNCATE
  std::deque<std::string> log_;
};

}  // namespace osc::testing::model
