// The rows of prepared XA transactions, kept in a table beside the checkpoint until it is known
// what becomes of them: that may be after restarts of the engine and of the server.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "src/binlog/reader.h"
#include "src/mysql/connection.h"
#include "src/mysql/quote.h"

namespace osc::apply {

// Used by one thread. The table is made when the first rows come.
class PreparedRows {
 public:
  // marker: the comment that tells our statements from foreign ones in the binlog.
  PreparedRows(mysql::TableName name, std::string marker);

  // Learns what the table has. Call it first.
  void Find(mysql::Connection& connection);
  bool Has(const std::string& xid) const { return epochs_.count(xid) > 0; }
  // What Store() was given. The transaction must be there, here and below.
  int Epoch(const std::string& xid) const { return epochs_.at(xid); }

  // Puts the transaction's rows in place of what the table has under its xid.
  void Store(mysql::Connection& connection, const binlog::Transaction& transaction, int epoch);
  std::shared_ptr<binlog::RowSpool> Load(mysql::Connection& connection, const std::string& xid,
                                         const std::string& directory) const;
  // To be run, and Forget() after it has been committed.
  std::string DeleteSql(const std::string& xid) const;
  void Forget(const std::string& xid) { epochs_.erase(xid); }

 private:
  const mysql::TableName name_;
  const std::string marker_;
  bool exists_ = false;
  std::map<std::string, int> epochs_;
};

}  // namespace osc::apply
