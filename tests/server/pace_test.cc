// How the copy makes room for others: by what small writes wait, or as the operator wants it.
#include <gmock/gmock.h>

#include "tests/support/users_test.h"

namespace osc {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class PaceTest : public testing::UsersTest {
 protected:
  std::string Begin(const std::string& nice) {
    return osc().Alter("users", "DROP COLUMN title",
                       {"--detach", "--chunk-time", "1ms", "--copy-threads", "3", "--nice", nice});
  }
};

TEST_P(PaceTest, MeasuresWritesBesideOthersAndSaysSo) {
  CreateTitledUsers("users", 100000);  // it has to last until somebody has looked
  testing::Writers writers(server(), database(), "users");
  const std::string id = Begin("auto");
  const auto paces = [](const json& now) {
    const json& pace = now["throttle"]["pace"];
    return pace.is_object() && pace["threads"] > 0 && pace["write_ms"] > 0;
  };
  const json shown = osc().WaitUntil(id, "a pace", paces);
  EXPECT_LE(shown["throttle"]["pace"]["threads"], 3);
  EXPECT_GT(shown["throttle"]["pace"]["write_alone_ms"], 0);
  EXPECT_THAT(osc().Succeed({"show", id}).out, HasSubstr("pace "));
  osc().Succeed({"set", id, "nice=0"});
  osc().WaitUntil(id, "no pace", [](const json& now) { return now["throttle"]["pace"].is_null(); });
  // The comparison is held back in the same way.
  osc().Succeed({"set", id, "nice=auto", "chunk-time=200ms"});
  osc().WaitForState(id, "live");
  ExpectExactly(writers, "users");
  ExpectInvariant(id);
}

TEST_P(PaceTest, RestsAsOftenAsTheOperatorWants) {
  CreateTitledUsers("users");
  const std::string id = Begin("1000");
  const json slow = osc().WaitUntil(
      id, "a first chunk", [](const json& now) { return now["progress"]["rows_copied"] > 0; });
  EXPECT_EQ(slow["state"], "copying");
  EXPECT_TRUE(slow["throttle"]["pace"].is_null());
  osc().Succeed({"set", id, "nice=0"});
  osc().WaitForState(id, "live");
  ExpectInvariant(id);
}

INSTANTIATE_TEST_SUITE_P(Servers, PaceTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
