#include <gtest/gtest.h>

#include "shadow/replica.h"

namespace osc::shadow {
namespace {

TEST(ReplicaTest, AddressesAreHostAndPort) {
  const struct {
    const char* address;
    const char* host;
    unsigned port;
  } cases[] = {{"db2", "db2", 3306},          {"db2:3307", "db2", 3307},
               {"10.0.0.1:1", "10.0.0.1", 1}, {"[::1]:3307", "::1", 3307},
               {"::1", "::1", 3306},          {"[::1]", "::1", 3306}};
  for (const auto& expected : cases) {
    mysql::ConnectionOptions server;
    server.socket = "/run/mysqld/mysqld.sock";
    server.user = "osc";
    server.ssl_mode = "required";
    server.expected_server = "db1:3306:1";
    const auto options = ReplicaOptions(server, expected.address);
    EXPECT_EQ(options.host, expected.host) << expected.address;
    EXPECT_EQ(options.port, expected.port) << expected.address;
    EXPECT_EQ(options.socket, "");
    EXPECT_EQ(options.user, "osc");
    EXPECT_EQ(options.ssl_mode, "required");
    EXPECT_EQ(options.expected_server, "");
  }
}

TEST(ReplicaTest, OtherAddressesAreRefused) {
  for (const char* address : {"", ":3306", "db2:", "db2:x", "db2:0", "db2:65536", "osc@db2",
                              "db2/shop", "db2 db3", "db2:3306x"}) {
    try {
      ReplicaOptions({}, address);
      ADD_FAILURE() << address;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << address;
    }
  }
}

}  // namespace
}  // namespace osc::shadow
