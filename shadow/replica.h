// A replica of the server, where the two tables are compared to spare the server.
//
// Both tables are replicated, the off-stage one with what the stream has written, so that they are
// compared there as of one moment of the server's history, a little later than on the server. What
// differs there is only a suspect: a difference is proven on the server, as ever, and one that only
// the replica has is none. Whoever writes a table of the server past its binlog (sql_log_bin=0) is
// not found on a replica.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "shadow/tables.h"
#include "src/binlog/gtid_set.h"
#include "src/mysql/connection.h"

namespace osc::shadow {

// How the replica at HOST[:PORT] is reached: as the server is, with the same account. Throws
// kInvalidArgument when that is no address.
mysql::ConnectionOptions ReplicaOptions(mysql::ConnectionOptions server,
                                        const std::string& address);

// What the replica has applied of what others have written.
binlog::GtidSet AppliedByReplica(mysql::Connection& replica);

// Throws kRefused unless it is another server with some of this one's history.
void RequireReplicaOf(mysql::Connection& server, mysql::Connection& replica);

// Throws kRefused unless the replica has applied the history of this very migration on this very
// server up to now, and has both tables: what the stream's checkpoint says is compared. kBusy when
// it is too far behind. Waits kLongestWait at most.
void RequireReplica(std::stop_token stop, mysql::Connection& server, mysql::Connection& replica,
                    const Tables& tables);

// Throws kRefused where temporary tables would come into the replica's own binlog: GTIDs that the
// server does not have would keep it from taking the server's place.
void RequireSilentTemporaryTables(mysql::Connection& replica);

// Waits until the replica has applied all that the server's binlog has now, for kLongestWait at
// most: false if it has not by then. Throws kCancelled.
bool WaitForReplica(std::stop_token stop, mysql::Connection& server, mysql::Connection& replica);
std::string ReplicaIsBehind();  // what to say then

}  // namespace osc::shadow
