// TIMESTAMPs that sessions in other time zones write, over the hours that a zone has twice or not
// at all. A part of D1 of the acceptance list.
#include "tests/support/users_test.h"

namespace osc {
namespace {

class TimeZoneTest : public testing::UsersTest {
 protected:
  // Half an hour before and after each change of Berlin's clocks in 2026, in UTC.
  static constexpr int64_t kMoments[] = {1774744200, 1774747800, 1792888200, 1792891800};

  // What an application does in that zone: moments from the clock, and texts that the server takes
  // for local time, among them one that Berlin has twice and one that it does not have.
  void Write(const std::string& zone) {
    mysql::Connection session = server().Connect(database());
    session.Execute("SET time_zone='" + zone + "', sql_mode=''");
    for (const int64_t moment : kMoments) {
      session.Execute("SET TIMESTAMP=" + std::to_string(moment));
      session.Execute("INSERT INTO moments (clock) VALUES (" + std::to_string(moment) + ")");
    }
    for (const char* local : {"2026-03-29 01:59:59.999", "2026-03-29 02:30:00",
                              "2026-10-25 02:30:00", "2026-10-25 03:00:00.5"}) {
      const std::string text = "'" + std::string(local) + "'";
      session.Execute("INSERT INTO moments (clock, at, told) VALUES (0," + text + "," + text + ")");
    }
    session.Execute("UPDATE moments SET at=made, told=made WHERE clock<>0 AND id % 3=0");
    session.Execute("DELETE FROM moments WHERE clock=0 AND id % 5=0");
  }

  void CopyAndStream(const std::vector<std::string>& zones) {
    Run("CREATE TABLE moments (id INT PRIMARY KEY AUTO_INCREMENT, clock BIGINT, "
        "at TIMESTAMP(3) NULL, made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, "
        "told DATETIME(3), title VARCHAR(9))");
    const auto write = [&] {
      for (const std::string& zone : zones) Write(zone);
    };
    std::string id;
    const auto expect_same = [&] {
      testing::ExpectSameRows(server(), osc(), id, {"id"}, {"clock", "at", "made", "told"});
      for (const std::string& table : {std::string("moments"), "_osc_" + id + "_moments"}) {
        ExpectNoRow(table, "clock<>0 AND UNIX_TIMESTAMP(made)<>clock");
      }
    };
    write();
    id = osc().Alter("moments", "DROP COLUMN title, ADD COLUMN added INT", {"--postpone-cutover"});
    expect_same();
    write();
    expect_same();
    for (const char* turn : {"cutover", "revert", "reapply"}) {
      osc().Succeed({turn, id});
      write();
      expect_same();
    }
  }
};

TEST_P(TimeZoneTest, SessionsOfOtherOffsets) {
  CopyAndStream({"SYSTEM", "+08:00", "+02:00", "+01:00", "-11:30"});
}

TEST_P(TimeZoneTest, SessionsWhoseClocksAreChanged) {
  if (Value("SELECT CONVERT_TZ('2026-01-01', '+00:00', 'Europe/Berlin')") == "NULL") {
    GTEST_SKIP() << "the server has no time zone tables";
  }
  CopyAndStream({"Europe/Berlin"});
}

INSTANTIATE_TEST_SUITE_P(Servers, TimeZoneTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
