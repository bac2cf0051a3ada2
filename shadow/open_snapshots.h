// Transactions that began before the copy had ended and may still read, from a snapshot of then.
//
// To such a transaction, a backup that reads table after table say, the new table is one that it
// may not read (error 1412, when the table was made later than the snapshot) or, worse, one with
// the rows that had been copied by then (both seen on MySQL 9.7, MariaDB 10.11 and 11.8). If it has
// read the table before, its metadata lock keeps the swap away. If it has not, nothing does: the
// swap has to wait for it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "src/base/wait.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

// Not for use by several threads at once.
class OpenSnapshots {
 public:
  // To be made when the copy has ended: all that are open then count, but for osc's own sessions
  // and the server's (replication).
  explicit OpenSnapshots(mysql::ConnectionOptions connection);

  // Looks again, if it is time to, and tells whose transactions have not ended since, the oldest
  // first, for people: "connection 7 (...), and 2 more". Empty while the server has not told yet
  // which there are; nullopt when none is left.
  std::optional<std::string> StillOpen();
  base::Clock::time_point since() const { return since_; }

 private:
  mysql::ConnectionOptions connection_;
  base::Clock::time_point since_;
  base::Clock::time_point next_look_;
  int looks_ = 0;
  std::optional<std::map<uint64_t, std::string>> began_;  // connection -> when its transaction did
  std::optional<std::string> told_;
};

}  // namespace osc::shadow
