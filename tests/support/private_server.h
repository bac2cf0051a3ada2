// A server of a test's own, for what the shared ones must not see: SET GLOBAL, other options, being
// killed.
#pragma once

#include <string>
#include <vector>

#include "tests/support/server.h"
#include "tests/support/temporary_directory.h"

namespace osc::testing {

// Runs scripts/servers with a directory and a port of its own, both gone at the end.
class PrivateServer {
 public:
  enum class Replica { kNone, kGtid };
  // like: one of Servers(). options: for the server, such as "--max-connections=20". Returns when
  // it answers and its replica, which is read-only, follows it. Throws std::runtime_error with the
  // server's log.
  explicit PrivateServer(const TestServer& like, std::vector<std::string> options = {},
                         Replica replica = Replica::kNone);
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  // To connect to it; the same after each Start().
  const TestServer& server() const { return server_; }
  const TestServer& replica() const { return replica_; }
  // Makes the replica a primary when it has applied all that it has received.
  void PromoteReplica();
  // The server, started again, follows the promoted replica and is read-only. mariadb_from: by what
  // it tells where it stands.
  void FollowReplica(const std::string& mariadb_from = "current_pos");
  // SIGKILL, as a crash; returns when it is gone. What was committed is there after Start().
  void Kill();
  void Start();
  // Cleanly.
  void Stop();

 private:
  void Servers(const std::string& action, const std::string& names, bool with_options);
  std::string AllNames() const;
  pid_t Pid() const;

  const TemporaryDirectory directory_{"osc-server-"};
  std::vector<std::string> options_;
  std::string name_;  // as scripts/servers has it
  int port_shift_ = 0;
  TestServer server_;
  TestServer replica_;  // without a variable when there is none
};

}  // namespace osc::testing
