#include "tests/support/server.h"

#include <unistd.h>

#include <cstdlib>
#include <ostream>
#include <random>

namespace osc::testing {

bool TestServer::IsConfigured() const { return std::getenv(variable.c_str()) != nullptr; }

mysql::ConnectionOptions TestServer::Options() const {
  const std::string address = std::getenv(variable.c_str());
  const size_t colon = address.rfind(':');
  mysql::ConnectionOptions options;
  options.host = address.substr(0, colon);
  options.port = static_cast<unsigned>(std::stoul(address.substr(colon + 1)));
  options.user = "root";
  options.ssl_mode = "disabled";
  return options;
}

mysql::Connection TestServer::Connect(const std::string& database) const {
  mysql::ConnectionOptions options = Options();
  options.database = database;
  return mysql::Connection::Open(options);
}

void PrintTo(const TestServer& server, std::ostream* out) { *out << server.name; }

const std::vector<TestServer>& Servers() {
  static const std::vector<TestServer> servers{
      {"mariadb_10_11", "OSC_TEST_MARIADB_10_11"},
      {"mariadb_11_8", "OSC_TEST_MARIADB_11_8"},
      {"mysql_9_7", "OSC_TEST_MYSQL_9_7"},
  };
  return servers;
}

namespace {

std::string RandomName(const std::string& prefix) {
  static std::mt19937_64 random{std::random_device{}()};
  return prefix + std::to_string(getpid()) + "_" + std::to_string(random() % 1000000000);
}

}  // namespace

TestUser::TestUser(const TestServer& server, const std::string& how)
    : server_(server), name_(RandomName("osc_u_")) {
  server_.Connect().Execute("CREATE USER " + Quoted() + " " + how);
}

TestUser::~TestUser() {
  try {
    server_.Connect().Execute("DROP USER " + Quoted());
  } catch (const Error&) {
    // The server is gone.
  }
}

TestDatabase::TestDatabase(const TestServer& server)
    : server_(server), name_(RandomName("osc_t_")) {
  server_.Connect().Execute("CREATE DATABASE " + name_ + " CHARACTER SET utf8mb4");
}

TestDatabase::~TestDatabase() {
  try {
    server_.Connect().Execute("DROP DATABASE IF EXISTS " + name_);
  } catch (const Error&) {
    // The server is gone, or a failed test left a lock: nothing a destructor can mend.
  }
}

}  // namespace osc::testing
