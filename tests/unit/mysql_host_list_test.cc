#include <gtest/gtest.h>

#include "src/mysql/host_list.h"

namespace osc::mysql {
namespace {

std::string Split(const std::string& hosts, unsigned port = 0) {
  ConnectionOptions options;
  options.host = hosts;
  options.port = port;
  std::string text;
  for (const ConnectionOptions& host : EachHost(options)) {
    text += (text.empty() ? "" : " ") + host.host + "/" + std::to_string(host.port);
  }
  return text;
}

TEST(HostListTest, HostsMayHavePortsOfTheirOwn) {
  EXPECT_EQ(Split(""), "/0");
  EXPECT_EQ(Split("db1"), "db1/0");
  EXPECT_EQ(Split("db1", 3307), "db1/3307");
  EXPECT_EQ(Split("db1:3308", 3307), "db1/3308");
  EXPECT_EQ(Split("db1,db2:3308,10.0.0.1", 3307), "db1/3307 db2/3308 10.0.0.1/3307");
  EXPECT_EQ(Split("[::1]:3308,[fe80::1],::1", 3307), "::1/3308 fe80::1/3307 ::1/3307");
}

TEST(HostListTest, MalformedHostsAreNamed) {
  for (const char* text : {",", "db1,", ",db1", "db1,,db2", "db1:", "db1:0", "db1:65536", "db1:x",
                           "db1:-1", ":3306", "[::1", "[]:3306", "[::1]x", "[::1]:"}) {
    try {
      Split(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << text;
    }
  }
}

TEST(HostListTest, ASocketIsOneServer) {
  ConnectionOptions options;
  options.host = "db1,db2";
  options.socket = "/run/mysqld.sock";
  EXPECT_EQ(EachHost(options).size(), 1u);
}

}  // namespace
}  // namespace osc::mysql
