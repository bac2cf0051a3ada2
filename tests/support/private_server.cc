#include "tests/support/private_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

#include "tests/support/osc_process.h"

namespace osc::testing {
namespace {

constexpr int kAttempts = 5;
constexpr int kReplicaPort = 100;  // above its primary's, as scripts/servers has it

bool IsFree(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  ::close(descriptor);
  return free;
}

std::string ReadFile(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string InShell(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

PrivateServer::PrivateServer(const TestServer& like, std::vector<std::string> options,
                             Replica replica)
    : options_(std::move(options)), name_(like.name) {
  static std::atomic<int> next{0};
  name_[name_.find('_')] = '-';
  name_[name_.find('_')] = '.';
  server_.name = like.name;
  server_.variable = "OSC_TEST_PRIVATE_" + std::to_string(next++);
  replica_.name = like.name;
  if (replica == Replica::kGtid) replica_.variable = server_.variable + "_REPLICA";
  // Below the ports that the kernel gives to clients, above those of servers that people keep.
  constexpr int kLowest = 3500;
  constexpr int kHighest = 28000;
  std::mt19937 random{std::random_device{}()};
  const int base = static_cast<int>(like.name == "mysql_9_7"      ? 3497
                                    : like.name == "mariadb_11_8" ? 3418
                                                                  : 3411);
  for (int attempt = 1;; ++attempt) {
    do {
      port_shift_ = std::uniform_int_distribution(kLowest, kHighest)(random);
    } while (!IsFree(base + port_shift_) || !IsFree(base + port_shift_ + kReplicaPort));
    try {
      Start();
      if (replica == Replica::kGtid) Servers("start", name_ + " --replica", true);
      break;
    } catch (const std::runtime_error&) {  // somebody was faster
      Servers("wipe", AllNames(), false);
      if (attempt == kAttempts) throw;
    }
  }
  ::setenv(server_.variable.c_str(), ("127.0.0.1:" + std::to_string(base + port_shift_)).c_str(),
           1);
  if (replica == Replica::kGtid) {
    ::setenv(replica_.variable.c_str(),
             ("127.0.0.1:" + std::to_string(base + port_shift_ + kReplicaPort)).c_str(), 1);
  }
}

std::string PrivateServer::AllNames() const {
  return replica_.variable.empty() ? name_ : name_ + " " + name_ + "-replica";
}

PrivateServer::~PrivateServer() {
  try {
    Servers("wipe", AllNames(), false);
  } catch (const std::exception&) {
    // Nothing a destructor can mend.
  }
  ::unsetenv(server_.variable.c_str());
  if (!replica_.variable.empty()) ::unsetenv(replica_.variable.c_str());
}

void PrivateServer::Servers(const std::string& action, const std::string& names,
                            bool with_options) {
  const std::filesystem::path log = directory_.path() / "scripts.log";
  std::string command = "OSC_SERVERS_DIR=" + InShell(directory_.path().string()) +
                        " OSC_SERVERS_PORT_SHIFT=" + std::to_string(port_shift_) + " " +
                        InShell(OSC_SOURCE_DIR "/scripts/servers") + " " + action + " " + names;
  if (with_options && !options_.empty()) {
    command += " --";
    for (const std::string& option : options_) command += " " + InShell(option);
  }
  command += " >" + InShell(log.string()) + " 2>&1 </dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error(command + ": " + ReadFile(log));
}

pid_t PrivateServer::Pid() const {
  const std::string text = ReadFile(directory_.path() / name_ / "pid");
  if (text.empty()) throw std::runtime_error(name_ + " does not run");
  return static_cast<pid_t>(std::stol(text));
}

void PrivateServer::Start() { Servers("start", name_, true); }

void PrivateServer::Stop() { Servers("stop", name_, false); }

void PrivateServer::PromoteReplica() {
  mysql::Connection connection = replica_.Connect();
  const bool is_mariadb = connection.server().IsMariaDb();
  const std::string status = is_mariadb ? "SHOW SLAVE STATUS" : "SHOW REPLICA STATUS";
  const auto applied_all = [&] {
    auto row = connection.Query(status);
    row.Next();
    const std::string state =
        row.Text(is_mariadb ? "Slave_SQL_Running_State" : "Replica_SQL_Running_State");
    return state.find("has read all relay log") != std::string::npos;
  };
  connection.Execute(is_mariadb ? "STOP SLAVE IO_THREAD" : "STOP REPLICA IO_THREAD");
  WaitUntil("the relay log to be applied", applied_all, std::chrono::seconds(60));
  connection.Execute(is_mariadb ? "STOP SLAVE; RESET SLAVE ALL"
                                : "STOP REPLICA; RESET REPLICA ALL");
  connection.Execute("SET GLOBAL read_only=OFF");
}

void PrivateServer::FollowReplica(const std::string& mariadb_from) {
  mysql::Connection connection = server_.Connect();
  const std::string port = std::to_string(replica_.Options().port);
  connection.Execute("SET GLOBAL read_only=ON");
  connection.Execute(
      connection.server().IsMariaDb()
          ? "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=" + port +
                ", MASTER_USER='root', MASTER_USE_GTID=" + mariadb_from +
                ", MASTER_SSL=0, "
                "MASTER_SSL_VERIFY_SERVER_CERT=0, MASTER_CONNECT_RETRY=1; START SLAVE"
          : "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=" + port +
                ", SOURCE_USER='root', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, "
                "SOURCE_CONNECT_RETRY=1; START REPLICA");
}

void PrivateServer::Kill() {
  const pid_t pid = Pid();
  if (::kill(pid, SIGKILL) != 0) throw std::runtime_error(name_ + " does not run");
  // A zombie, which nobody may reap for a while, has no command line any more.
  WaitUntil(
      name_ + " to be gone",
      [&] { return ReadFile("/proc/" + std::to_string(pid) + "/cmdline").empty(); },
      std::chrono::seconds(20));
}

}  // namespace osc::testing
