// How far the copy has come, kept on the server too, beside the checkpoint.
//
// The store knows of a chunk as soon as the server has committed it. A server that takes over from
// another may lack the latest commits, and knows by this table which chunks it has: what the record
// says is copied was committed before the record, and a replica commits in the same order.
#pragma once

#include <optional>
#include <string>

#include "src/mysql/connection.h"
#include "src/mysql/quote.h"
#include "src/state/store.h"

namespace osc::shadow {

// Values; the connection is the caller's.
class CopyRecord {
 public:
  CopyRecord(const std::string& id, const mysql::TableName& live);

  struct Content {
    int64_t number = 0;  // which copy it is, see state::Progress
    int epoch = 0;       // it was begun after so many swaps
    state::Store::CopyState copy;
  };

  // Leaves an existing one alone.
  void Create(mysql::Connection& connection) const;
  // content.copy: as the store has it, read before.
  void Save(mysql::Connection& connection, const Content& content) const;
  // A small write that changes nothing of it; commits at once.
  void Touch(mysql::Connection& connection) const;
  // nullopt when there is none, or nothing in it yet.
  std::optional<Content> Load(mysql::Connection& connection) const;

 private:
  const std::string marker_;
  const mysql::TableName name_;
};

}  // namespace osc::shadow
