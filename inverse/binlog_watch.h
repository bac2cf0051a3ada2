// Watches for how long the server keeps the binary logs that the stream still needs.
#pragma once

#include "src/apply/stream.h"
#include "src/base/wait.h"
#include "src/mysql/connection.h"
#include "src/state/migration.h"

namespace osc::inverse {

// Used by one thread.
class BinlogWatch {
 public:
  explicit BinlogWatch(mysql::ConnectionOptions connection) : options_(std::move(connection)) {}

  // Brings what progress says of the binary logs up to date; asks the server now and then. A server
  // that cannot be asked leaves what was known.
  void Look(const apply::Stream::Status& stream, state::Progress* progress);

 private:
  void Ask(const binlog::Position& needed, state::Progress* progress);

  const mysql::ConnectionOptions options_;
  base::Clock::time_point next_{};
};

}  // namespace osc::inverse
