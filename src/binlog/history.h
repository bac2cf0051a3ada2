// Whether a server can be gone on with that another one has been read of: which commits it has.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "src/binlog/gtid_set.h"
#include "src/binlog/position.h"
#include "src/binlog/reader.h"
#include "src/mysql/connection.h"

namespace osc::binlog {

// True when the server has committed each of these, itself or from another server. Exact on MariaDB
// too, where a position says only the last number of a domain and two servers may have given the
// same numbers to different commits.
bool HoldsAll(mysql::Connection& connection, const GtidSet& commits);

// True when the server has committed something of its own that is not among these: somebody uses it
// as a primary.
bool HasOwnCommits(mysql::Connection& connection, const GtidSet& known);

// Throws kPositionLost unless the binlog can be read from there on without a gap. MariaDB does not
// notice one by itself that lies before a replica's first binlog (seen on 10.11: a replica made
// from a backup silently begins with what it has).
void RequireReadableFrom(std::stop_token stop, const mysql::ConnectionOptions& options,
                         const Position& start);

// How far the server has gone with what another one has committed, as a place in that one's binlog.
// identity: that server's, see mysql::ServerIdentity.
GtidSet HeldOf(mysql::Connection& connection, const std::string& identity);

// The first commit to these tables that the server behind `start` made by itself and after which it
// went on with those of others: what it has had while it was not the primary, or after it had been
// left. Its GTID, nullopt when there is none. Not counted are, on MySQL, those of `known`. Throws
// kPositionLost when the binlog does not go back so far.
using StatementFilter = std::function<bool(std::string_view statement)>;
std::optional<std::string> FindOwnPast(std::stop_token stop, mysql::Connection& connection,
                                       const Position& start, const GtidSet& known,
                                       const TableFilter& tables,
                                       const StatementFilter& statements);

}  // namespace osc::binlog
