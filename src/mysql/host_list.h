// The hosts that a migration may be run on, and which of them is the one to write to.
//
// This is the only place that chooses a server. Whoever has chosen opens all further sessions with
// ServerChoice::connection, which no other server answers, until the choice is made anew.
#pragma once

#include <string>
#include <vector>

#include "src/mysql/connection.h"

namespace osc::mysql {

// One entry for each host of options.host, as in "db1,db2:3307,[::1]:3308"; a host without a port
// has that of the options. Just the options where they name a socket or no host. Throws
// kInvalidArgument.
std::vector<ConnectionOptions> EachHost(const ConnectionOptions& options);

struct ServerChoice {
  ConnectionOptions connection;  // one host, and only this very server
  std::string identity;          // see ServerIdentity
};

// The primary among the hosts: the one server that can be reached, may be written to and replicates
// from no other. A replica that is not read-only must not be taken for it. known: the identity of
// the server that was the primary up to now, which may replicate from another one; "" when there is
// none: then a single host is taken as it is. Throws kConnectionLost when none can be reached,
// kBusy when none of them is a primary (yet), and kRefused when more than one could be: which of
// them the applications write to cannot be known.
ServerChoice ChooseServer(const ConnectionOptions& options, const std::string& known = "");

// A condition for a WHERE: the server takes writes. MariaDB 12 has names where others have numbers.
inline constexpr const char* kIsWritable = "CONCAT(@@global.read_only) IN ('0','OFF')";

// True when the server has been told of another one to replicate from, whether or not it does so
// now. MariaDB tells only those who have its REPLICA MONITOR privilege; false for the others.
bool IsSetUpAsReplica(Connection& connection);

// Throws kBusy when the server does not take writes. Accounts that read_only does not bind are not
// to write either.
void RequireWritable(Connection& connection);

}  // namespace osc::mysql
