// However the keys lie, a table is cut into ranges that are neither too large nor too many.
#include "shadow/key_steps.h"

#include "ddl/alter_statement.h"
#include "tests/support/server_test.h"

namespace osc::shadow {
namespace {

class KeyStepsTest : public testing::ServerTest {
 protected:
  // Rows in each range; the last one has no end.
  std::vector<uint64_t> Cut(const std::string& type, const std::string& numbers, uint64_t rows) {
    Run("DROP TABLE IF EXISTS digits, t");
    Run("CREATE TABLE digits (d INT PRIMARY KEY)");
    Run("INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)");
    Run("CREATE TABLE t (id " + type + " PRIMARY KEY)");
    Run("INSERT INTO t SELECT " + numbers +
        " FROM (SELECT a.d+10*b.d+100*c.d+1000*e.d AS n "
        "FROM digits a, digits b, digits c, digits e) x");
    const mysql::TableName name{database(), "t"};
    const ddl::TableDefinition table = ddl::ReadTableDefinition(connection(), name);
    const KeyRange range(ddl::ForwardProjection(table, table, {}), name);
    KeySteps steps(range);
    std::vector<uint64_t> counts;
    KeyLiterals low;
    while (true) {
      const auto high = steps.Next(connection(), low, rows);
      counts.push_back(std::stoull(Value("SELECT COUNT(*) FROM t WHERE " +
                                         range.Between("", low, high.value_or(KeyLiterals())))));
      if (!high) return counts;
      low = *high;
    }
  }

  static void ExpectWhole(const std::vector<uint64_t>& counts, uint64_t rows, size_t most_ranges) {
    uint64_t sum = 0;
    for (const uint64_t count : counts) {
      EXPECT_LE(count, 2 * rows);
      sum += count;
    }
    EXPECT_EQ(sum, 10000U);
    EXPECT_LE(counts.size(), most_ranges);
  }
};

TEST_P(KeyStepsTest, NumbersCloseTogetherAndFarApart) {
  ExpectWhole(Cut("INT", "n", 500), 500, 22);
  ExpectWhole(Cut("INT", "n-5000", 500), 500, 22);
  ExpectWhole(Cut("INT", "IF(n=0, -2147483648, n)", 500), 500, 22);
  ExpectWhole(Cut("INT", "n*100", 500), 500, 22);
  ExpectWhole(Cut("BIGINT UNSIGNED", "18446744073709551615-n", 500), 500, 22);
  ExpectWhole(Cut("BIGINT", "n-9223372036854775807", 500), 500, 22);
  // A stretch without rows, and one with few of them, behind a dense one.
  ExpectWhole(Cut("INT", "IF(n=9999, 2147483647, n)", 500), 500, 33);
  ExpectWhole(Cut("INT", "IF(n<5000, n, n+1000000)", 500), 500, 33);
  ExpectWhole(Cut("INT", "IF(n<5000, n, n*1000)", 500), 500, 33);
  ExpectWhole(Cut("INT", "IF(n<5000, n*1000, 5000000+n)", 500), 500, 33);
}

INSTANTIATE_TEST_SUITE_P(Servers, KeyStepsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc::shadow
