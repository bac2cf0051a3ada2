#include <gtest/gtest.h>

#include <limits>

#include "cli/exit_code.h"
#include "cli/text.h"

namespace osc::cli {
namespace {

TEST(CliTextTest, Counts) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(18446744073709551615ULL), "18,446,744,073,709,551,615");
}

TEST(CliTextTest, Rows) {
  EXPECT_EQ(FormatRows(0), "0 rows");
  EXPECT_EQ(FormatRows(1), "1 row");
  EXPECT_EQ(FormatRows(1000), "1,000 rows");
}

TEST(CliTextTest, Bytes) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(16384), "16.0 KiB");
  EXPECT_EQ(FormatBytes((1ULL << 20) - 1), "1.0 MiB");
  EXPECT_EQ(FormatBytes(1288490189), "1.2 GiB");
}

TEST(CliTextTest, Durations) {
  EXPECT_EQ(FormatSeconds(-5), "0s");
  EXPECT_EQ(FormatSeconds(59), "59s");
  EXPECT_EQ(FormatSeconds(130), "2m10s");
  EXPECT_EQ(FormatSeconds(3 * 3600 + 5 * 60 + 59), "3h05m");
  EXPECT_EQ(FormatSeconds(2 * 86400 + 4 * 3600), "2d04h");
  EXPECT_EQ(FormatMillis(12), "12 ms");
  EXPECT_EQ(FormatMillis(3456), "3.4 s");
  EXPECT_EQ(FormatMillis(61'000), "1m01s");
}

TEST(CliTextTest, PercentIsNeverMoreThanItIs) {
  EXPECT_EQ(FormatPercent(0), "0.0%");
  EXPECT_EQ(FormatPercent(41.57), "41.5%");
  EXPECT_EQ(FormatPercent(99.99), "99.9%");
  EXPECT_EQ(FormatPercent(100), "100.0%");
  EXPECT_EQ(FormatPercent(117), "100.0%");
  EXPECT_EQ(FormatPercent(-3), "0.0%");
  EXPECT_EQ(FormatPercent(std::numeric_limits<double>::quiet_NaN()), "0.0%");
}

TEST(CliTextTest, Minutes) {
  EXPECT_EQ(FormatMinute(std::chrono::system_clock::from_time_t(1795341600)),
            "2026-11-22 10:00 UTC");
}

TEST(CliTextTest, WidthAndFit) {
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("größe"), 5U);
  EXPECT_EQ(DisplayWidth("表"), 2U);
  EXPECT_EQ(DisplayWidth("🙂"), 2U);
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2U);
  EXPECT_EQ(Fit("abcdef", 6), "abcdef");
  EXPECT_EQ(Fit("abcdefg", 6), "abc...");
  EXPECT_EQ(Fit("表表表表", 6), "表...");
  EXPECT_EQ(Fit("abc", 2), "..");
  EXPECT_EQ(Fit("abc", 0), "");
}

TEST(CliTextTest, NothingReachesTheTerminalThatMovesItsCursor) {
  EXPECT_EQ(Printable("a\x1b[31mb"), "a?[31mb");
  EXPECT_EQ(Printable("a\r\nb\tc"), "a  b c");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "?31m");
  EXPECT_EQ(Printable("gr\xfc\xdf"), "gr??");
  EXPECT_EQ(Printable("größe 🙂"), "größe 🙂");
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "b"),
            "a?b");
}

TEST(CliTextTest, Tables) {
  EXPECT_EQ(FormatTable({{"ID", "TABLE"}, {"a", "größe"}, {"abc", ""}}, 0),
            "ID   TABLE\na    größe\nabc\n");
  EXPECT_EQ(FormatTable({{"ID", "TABLE"}, {"abc", "something long"}}, 12),
            "ID   TABLE\nabc  some...\n");
}

TEST(CliTextTest, ExitCodes) {
  struct Case {
    ErrorCode code;
    Stage stage;
    int exit_code;
  };
  for (const Case& item : std::vector<Case>{{ErrorCode::kInvalidArgument, Stage::kInput, 2},
                                            {ErrorCode::kNotFound, Stage::kInput, 2},
                                            {ErrorCode::kRefused, Stage::kInput, 3},
                                            {ErrorCode::kConnectionLost, Stage::kConnect, 4},
                                            {ErrorCode::kBusy, Stage::kConnect, 4},
                                            {ErrorCode::kBusy, Stage::kEngine, 3},
                                            {ErrorCode::kNotFound, Stage::kPreflight, 3},
                                            {ErrorCode::kInvalidArgument, Stage::kPreflight, 3},
                                            {ErrorCode::kRefused, Stage::kPreflight, 3},
                                            {ErrorCode::kConnectionLost, Stage::kPreflight, 4},
                                            {ErrorCode::kInvalidArgument, Stage::kEngine, 2},
                                            {ErrorCode::kRefused, Stage::kEngine, 3},
                                            {ErrorCode::kUnprojectable, Stage::kEngine, 1},
                                            {ErrorCode::kPositionLost, Stage::kEngine, 1},
                                            {ErrorCode::kDiverged, Stage::kPreflight, 1},
                                            {ErrorCode::kCancelled, Stage::kEngine, 1},
                                            {ErrorCode::kInternal, Stage::kInput, 1}}) {
    EXPECT_EQ(ExitCodeOf(item.code, item.stage), item.exit_code)
        << ErrorCodeName(item.code) << " " << static_cast<int>(item.stage);
  }
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(ParseErrorCode(ErrorCodeName(code)), code);
  }
  EXPECT_EQ(ParseErrorCode("something"), ErrorCode::kInternal);
}

}  // namespace
}  // namespace osc::cli
