// Statements over many rows, which the stream carries in few statements of its own: whatever the
// key, and without touching what only the off-stage table has.
#include <gmock/gmock.h>

#include "src/mysql/quote.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;

constexpr int kRows = 400;

struct Keyed {
  const char* columns;
  const char* names;
  const char* of_number;  // the key's values for @n
};

const Keyed kKeys[] = {
    {"k BIGINT UNSIGNED NOT NULL", "k", "18446744073709551000 + n"},
    {"k INT NOT NULL", "k", "200 - n"},
    {"k VARCHAR(20) NOT NULL", "k", "CONCAT('Key ''', n)"},
    {"k VARBINARY(20) NOT NULL", "k", "CONCAT(X'00FF5C', n)"},
    {"k DATETIME(3) NOT NULL", "k", "'2024-02-28 23:59:59.5' + INTERVAL n SECOND"},
    {"k DECIMAL(20,3) NOT NULL", "k", "n / 8"},
    {"k INT NOT NULL, l VARCHAR(20) NOT NULL", "k,l", "n % 7, CONCAT('l', n)"},
};

class NetWriterTest : public testing::ServerTest {
 protected:
  void Fill(const Keyed& key, const std::string& more) {
    Run("DROP TABLE IF EXISTS numbers, t");
    Run("CREATE TABLE numbers (n INT PRIMARY KEY)");
    std::string values;
    for (int n = 1; n <= kRows; ++n) values += (n > 1 ? ",(" : "(") + std::to_string(n) + ")";
    Run("INSERT INTO numbers VALUES " + values);
    Run(std::string("CREATE TABLE t (") + key.columns +
        ", n INT NOT NULL, v INT NOT NULL, w VARCHAR(40), title VARCHAR(20) NOT NULL, "
        "at TIMESTAMP(6) NULL ON UPDATE CURRENT_TIMESTAMP(6), PRIMARY KEY (" +
        key.names + ")" + more + ")");
    Run(std::string("INSERT INTO t SELECT ") + key.of_number +
        ", n, n, CONCAT('w', n), CONCAT('t', n), '2020-01-01' FROM numbers WHERE n <= 300");
  }

  // Rows beyond 300 come and go; those up to 100 stay all the time.
  void WriteManyRows(const Keyed& key, const std::string& columns, const std::string& values) {
    Run(std::string("INSERT INTO t (") + key.names + ",n,v,w" + columns + ") SELECT " +
        key.of_number + ", n, n, CONCAT('w', n)" + values + " FROM numbers WHERE n > 300");
    Run("UPDATE t SET v = v + 1000");
    Run("UPDATE t SET w = CONCAT(w, '!') WHERE n % 2 = 0");
    Run("START TRANSACTION");
    Run("UPDATE t SET v = -v, w = NULL WHERE n % 3 = 0");
    Run("DELETE FROM t WHERE n BETWEEN 150 AND 250");
    Run("UPDATE t SET v = v + 1 WHERE n < 200");
    Run("COMMIT");
    Run(std::string("INSERT INTO t (") + key.names + ",n,v" + columns + ") SELECT " +
        key.of_number + ", n, 7" + values + " FROM numbers WHERE n BETWEEN 150 AND 250");
    Run("DELETE FROM t WHERE n > 300");
  }

  void CarryManyRows(const Keyed& key, const std::string& more) {
    SCOPED_TRACE(key.columns + more);
    Fill(key, more);
    const std::string id = osc().Alter(
        "t", "DROP COLUMN title, ADD COLUMN extra INT NOT NULL DEFAULT 5", {"--postpone-cutover"});
    WriteManyRows(key, ",title", ",CONCAT('t', n)");
    osc().Succeed({"cutover", id});
    Run("UPDATE t SET extra = 2 * n");
    WriteManyRows(key, ",extra", ",2*n");
    osc().WaitUntilCaughtUp(id);
    EXPECT_EQ(osc().Run({"verify", id}).exit_code, 0);
    osc().Succeed({"revert", id});
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE title = CONCAT('t', n) AND n NOT BETWEEN 150 "
                    "AND 250"),
              "199");
    WriteManyRows(key, ",title", ",CONCAT('t', n)");
    osc().WaitUntilCaughtUp(id);
    EXPECT_EQ(osc().Run({"verify", id}).exit_code, 0);
    osc().Succeed({"reapply", id});
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE extra = 2 * n AND n NOT BETWEEN 150 AND 250"),
              "199");
    EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), "300");
    osc().Succeed({"complete", id});
  }
};

TEST_P(NetWriterTest, CarriesManyRowsWhateverTheKey) {
  for (const Keyed& key : kKeys) CarryManyRows(key, "");
  for (const int key : {1, 2, 6}) CarryManyRows(kKeys[key], ", UNIQUE KEY n (n)");
}

// The values of a row that is missing off stage must not land on the one that has its unique value.
TEST_P(NetWriterTest, AMissingRowIsNotTakenForAnother) {
  Fill(kKeys[1], ", UNIQUE KEY n (n)");
  const std::string id = osc().Alter("t", "DROP COLUMN title");
  const std::string off_stage =
      mysql::QuoteIdentifier(osc().Show(id)["off_stage_table"].get<std::string>());
  osc().WaitUntilCaughtUp(id);
  Run("DELETE FROM " + off_stage + " WHERE n = 12");
  Run("UPDATE " + off_stage + " SET n = 12 WHERE n = 14");
  const std::string before =
      Value("SELECT CONCAT_WS(',', k, v, w, title) FROM " + off_stage + " WHERE n = 12");
  Run("UPDATE t SET v = v + 5000 WHERE n IN (11, 12, 13)");
  const nlohmann::json now = osc().WaitUntil(id, "the stream to stop", [](const auto& shown) {
    return shown["stream"]["running"] == false;
  });
  EXPECT_EQ(now["revert"]["readiness"], "stopped");
  EXPECT_THAT(now.dump(), HasSubstr("k=188"));
  EXPECT_EQ(Value("SELECT CONCAT_WS(',', k, v, w, title) FROM " + off_stage + " WHERE n = 12"),
            before);
}

INSTANTIATE_TEST_SUITE_P(Servers, NetWriterTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
