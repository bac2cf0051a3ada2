// The comparison of the two tables: what it has to find, what it must not report, and what may not
// happen without it.
#include "tests/support/verify_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::Writers;

class VerificationTest : public testing::VerifyTest {};

TEST_P(VerificationTest, PassesBeforeEveryCutover) {
  CreateTitledUsers("users");
  Writers writers(server(), database(), "users");
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  const nlohmann::json verify = osc().Show(id)["verify"];
  EXPECT_EQ(verify["state"], "passed") << verify;
  EXPECT_EQ(verify["differences"], 0);
  EXPECT_GE(verify["rows_compared"], kRows / 2);
  EXPECT_EQ(verify["rows_compared"], verify["matching"]);
  EXPECT_GT(verify["chunks"], 0);
  EXPECT_EQ(verify["rows"].size(), 0U);
  // Once more, the other way round and back.
  EXPECT_EQ(Verify(id, 0)["state"], "passed");
  osc().Succeed({"revert", id});
  EXPECT_EQ(Verify(id, 0)["state"], "passed");
  osc().Succeed({"reapply", id});
  const Outcome text = osc().Succeed({"verify", id});
  EXPECT_THAT(text.out, HasSubstr("are equal"));
  writers.Stop();
}

TEST_P(VerificationTest, FindsEveryKindOfCorruption) {
  const bool maria = IsMariaDb();
  Run(
      std::string("CREATE TABLE things (id INT PRIMARY KEY, i INT, u BIGINT UNSIGNED, "
                  "de DECIMAL(30,10), f FLOAT, d DOUBLE, bi BIT(33), y YEAR, da DATE, ti TIME(3), "
                  "dt DATETIME(6), ts TIMESTAMP(2) NULL, c CHAR(10), v VARCHAR(50), "
                  "bn BINARY(8), vb VARBINARY(30), t TEXT, bl LONGBLOB, e ENUM('a','b','c'), "
                  "s SET('x','y','z'), j JSON, g GEOMETRY, n VARCHAR(10), wide MEDIUMTEXT, "
                  "unused INT) "
                  "DEFAULT CHARSET=utf8mb4"));
  constexpr int kThings = 60;
  for (int i = 1; i <= kThings; ++i) {
    const std::string n = std::to_string(i);
    Run("INSERT INTO things VALUES (" + n + "," + n + ",18446744073709551615-" + n +
        ",12345678901234567890.0123456789,0.1+" + n + ",1e0/3+" + n + ",b'1'+" + n +
        ",2001,'2024-02-29','11:12:13.456','2024-01-01 00:00:00.000001','2024-01-01 00:00:01.25',"
        "'abc','Text of " +
        n +
        "','ab','cd\\0','Some text',REPEAT('blob',50000),'b','x,z',"
        "'{\"a\": 1, \"b\": [1, 2.5]}',ST_GeomFromText('POINT(1 " +
        n +
        ")'),'',"
        "REPEAT('long ',20000),0)");
  }
  const std::string id = osc().Alter("things", "DROP COLUMN unused", {"--postpone-cutover"});
  EXPECT_EQ(osc().Show(id)["verify"]["state"], "passed") << osc().Show(id)["verify"];
  EXPECT_EQ(osc().Show(id)["verify"]["rows_compared"], kThings);

  struct Corruption {
    std::string column;
    std::string set;
  };
  const std::vector<Corruption> corruptions{
      {"i", "i=i+1"},
      {"u", "u=u-1"},
      {"de", "de=de+0.0000000001"},
      {"f", "f=0.1+id+0.00001"},
      {"d", "d=d*(1+2.3e-16)"},
      {"bi", "bi=bi+1"},
      {"y", "y=2002"},
      {"da", "da='2024-02-28'"},
      {"ti", "ti='11:12:13.457'"},
      {"dt", "dt='2024-01-01 00:00:00.000002'"},
      {"ts", "ts='2024-01-01 00:00:01.26'"},
      {"c", "c='ABC'"},
      {"v", "v=CONCAT(v,' ')"},
      {"v", "v=UPPER(v)"},
      {"bn", "bn='ab\\0\\1'"},
      {"vb", "vb='cd'"},
      {"t", "t='Some texT'"},
      {"bl", "bl=CONCAT(LEFT(bl,100000),CHAR(ORD('b')^1),SUBSTR(bl,100002))"},
      {"e", "e='c'"},
      {"s", "s='x'"},
      {"j", maria ? "j='{\"b\": [1, 2.5], \"a\": 1}'" : "j=JSON_SET(j,'$.b[0]',1.5)"},
      {"g", "g=ST_GeomFromText('POINT(1 99)')"},
      {"n", "n=NULL"},
      {"wide", "wide=CONCAT(wide,'x')"},
  };
  size_t number = 1;
  for (const Corruption& corruption : corruptions) {
    Corrupt(id, "UPDATE OFF SET " + corruption.set + " WHERE id=" + std::to_string(++number));
  }
  const size_t missing = ++number;
  Corrupt(id, "DELETE FROM OFF WHERE id=" + std::to_string(missing));
  Corrupt(id, "INSERT INTO OFF (id) VALUES (1000)");
  Corrupt(id, "INSERT INTO OFF (id) VALUES (-5)");
  // Two rows with each other's value.
  Corrupt(id, "UPDATE OFF SET v=CONCAT('Text of ',IF(id=40,41,40)) WHERE id IN (40,41)");

  const nlohmann::json verify = Verify(id, 5);
  EXPECT_EQ(verify["state"], "failed");
  EXPECT_EQ(verify["missing"], 1) << verify;
  EXPECT_EQ(verify["extra"], 2) << verify;
  EXPECT_EQ(verify["different"], corruptions.size() + 2) << verify;
  const auto has = [&](const std::string& kind, const std::string& key, const std::string& column) {
    for (const auto& row : verify["rows"]) {
      if (row["kind"] == kind && row["key"] == key && row["column"] == column) return true;
    }
    return false;
  };
  number = 1;
  for (const Corruption& corruption : corruptions) {
    EXPECT_TRUE(has("different", "id=" + std::to_string(++number), corruption.column))
        << corruption.set << verify["rows"].dump(1);
  }
  EXPECT_TRUE(has("missing", "id=" + std::to_string(missing), ""));
  EXPECT_TRUE(has("extra", "id=1000", ""));
  EXPECT_TRUE(has("extra", "id=-5", ""));
  EXPECT_TRUE(has("different", "id=40", "v"));
  EXPECT_TRUE(has("different", "id=41", "v"));

  // No cutover, neither now nor after a crash.
  ExpectRefused({"cutover", id}, "verification found");
  osc().state().KillEngine();
  ExpectRefused({"cutover", id}, "verification found");
  EXPECT_EQ(osc().Show(id)["live"], "old");
  const Outcome text = osc().Run({"verify", id});
  EXPECT_EQ(text.exit_code, 5) << text.Describe();
  EXPECT_THAT(text.err, HasSubstr("id=1000: only off stage"));
  osc().Succeed({"set", id, "verify=off"});
  osc().Succeed({"cutover", id});
  EXPECT_EQ(osc().Show(id)["verify"]["state"], "skipped");
}

TEST_P(VerificationTest, HoldsUntilTheDifferenceIsMended) {
  CreateTitledUsers("users");
  const std::string id =
      osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover", "--verify", "off"});
  EXPECT_EQ(osc().Show(id)["verify"]["state"], "skipped");
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=7");
  Verify(id, 5);
  osc().Succeed({"set", id, "verify=on"});
  ExpectRefused({"cutover", id}, "1 row that differs");
  EXPECT_EQ(osc().Show(id)["state"], "verifying");
  Run("UPDATE users SET amount=amount+1 WHERE id=7");  // the stream writes the whole row
  osc().WaitUntilCaughtUp(id);
  EXPECT_EQ(Verify(id, 0)["differences"], 0);
  osc().Succeed({"cutover", id});
  EXPECT_EQ(osc().Show(id)["live"], "new");
}

// What a swap leaves behind is no difference: values that were rounded on the way and that nobody
// has written since, columns that only one side has, rows in quarantine.
TEST_P(VerificationTest, KnowsWhatASwapLeavesBehind) {
  Run("CREATE TABLE things (id INT PRIMARY KEY, at DATETIME(6), d DOUBLE, n VARCHAR(5) NOT NULL, "
      "kept VARCHAR(20) NOT NULL, must INT NOT NULL)");
  Run("INSERT INTO things VALUES (1,'2024-01-01 00:00:00.123456',1.2345,'one','first',1),"
      "(2,'2024-01-01 00:00:01.654321',2.3456,'two','second',2)");
  const std::string id = osc().Alter(
      "things",
      "MODIFY at DATETIME, MODIFY d DECIMAL(10,2), MODIFY n VARCHAR(50), DROP COLUMN kept, "
      "DROP COLUMN must, ADD COLUMN added INT DEFAULT 7");
  Run("INSERT INTO things (id, at, d, n) VALUES (3,'2024-01-02 00:00:00',3.5,'new'),"
      "(4,'2024-01-02 00:00:00',3.5,'much too long')");
  Run("UPDATE things SET n='uno' WHERE id=1");
  osc().WaitUntilCaughtUp(id);
  nlohmann::json verify = Verify(id, 0);
  EXPECT_EQ(verify["quarantined"], 1) << verify;
  EXPECT_EQ(verify["matching"], 3) << verify;
  EXPECT_EQ(verify["rows"][0]["kind"], "quarantined");
  EXPECT_EQ(verify["rows"][0]["key"], "id=4");
  Corrupt(id, "UPDATE OFF SET at='2024-01-01 00:00:09.123456' WHERE id=1");
  Corrupt(id, "UPDATE OFF SET d=d+0.01 WHERE id=2");
  verify = Verify(id, 5);
  EXPECT_EQ(verify["different"], 2) << verify;
  EXPECT_EQ(verify["rows"][0]["column"], "at") << verify;
  Run("UPDATE things SET at='2024-01-01 00:00:01' WHERE id=1");
  Run("UPDATE things SET d=9 WHERE id=2");
  Run("UPDATE things SET n='short' WHERE id=4");
  osc().WaitUntilCaughtUp(id);
  EXPECT_EQ(Verify(id, 0)["matching"], 4);
  osc().Succeed({"revert", id});
  EXPECT_EQ(Verify(id, 0)["matching"], 4);
}

// Keys that stand in another order on the other side.
TEST_P(VerificationTest, ComparesTablesWhoseKeysHaveAnotherOrder) {
  Run("CREATE TABLE words (w VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin PRIMARY KEY, n "
      "INT)");
  for (int i = 0; i < 300; ++i) {
    Run("INSERT INTO words VALUES ('" + std::string(i % 2 ? "a" : "B") + std::to_string(i) + "'," +
        std::to_string(i) + ")");
  }
  const std::string id = osc().Alter("words", "MODIFY w VARCHAR(20) CHARACTER SET utf8mb4 NOT NULL",
                                     {"--postpone-cutover"});
  EXPECT_EQ(osc().Show(id)["verify"]["matching"], 300);
  Corrupt(id, "DELETE FROM OFF WHERE w='a17'");
  Corrupt(id, "INSERT INTO OFF VALUES ('zzz',1),('',2)");
  Corrupt(id, "UPDATE OFF SET n=n+1 WHERE w='B100'");
  Corrupt(id, "UPDATE OFF SET w='A19' WHERE w='a19'");
  const nlohmann::json verify = Verify(id, 5);
  EXPECT_EQ(verify["missing"], 2) << verify;
  EXPECT_EQ(verify["extra"], 3) << verify;
  EXPECT_EQ(verify["different"], 1) << verify;
}

TEST_P(VerificationTest, RaisesNoFalseAlarmUnderLoad) {
  CreateTitledUsers("users");
  Run("CREATE TABLE hot (id INT PRIMARY KEY, n BIGINT NOT NULL, o INT)");
  Run("INSERT INTO hot VALUES (1,0,0),(2,0,0)");
  Writers writers(server(), database(), "users", 2);
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  const std::string hot_id = osc().Alter("hot", "DROP COLUMN o", {"--postpone-cutover"});
  std::jthread counter([&](std::stop_token stop) {
    mysql::Connection own = server().Connect(database());
    while (!stop.stop_requested()) own.Execute("UPDATE hot SET n=n+1 WHERE id=1");
  });
  for (int run = 0; run < 4; ++run) {
    const nlohmann::json verify = Verify(id, 0);
    EXPECT_EQ(verify["differences"], 0) << verify;
    EXPECT_EQ(Verify(hot_id, 0)["matching"], 2);
  }
  // What is wrong is found all the same, also in a row that never stands still.
  Corrupt(hot_id, "INSERT INTO OFF VALUES (3, 5)");
  EXPECT_EQ(Verify(hot_id, 5)["extra"], 1);
  counter.request_stop();
  counter.join();
  writers.Stop();
}

// Who waits for a verdict is told when none will come, before the cutover and after it.
TEST_P(VerificationTest, AnswersWhenTheStreamStops) {
  for (const bool before : {true, false}) {
    const std::string table = before ? "postponed" : "swapped";
    SCOPED_TRACE(table);
    CreateTitledUsers(table, 100);
    const std::string id =
        osc().Alter(table, "DROP COLUMN title", before ? Names{"--postpone-cutover"} : Names{});
    osc().Succeed({"set", id, "max-lag=10ms"});
    // The stream waits for a row off stage, and the verification for the stream.
    const std::string off_stage = osc().Show(id)["off_stage_table"];
    mysql::Connection holder = server().Connect(database());
    holder.Execute("START TRANSACTION");
    holder.Query("SELECT 1 FROM " + mysql::QuoteIdentifier(off_stage) + " WHERE id=1 FOR UPDATE");
    Run("UPDATE " + table + " SET amount=amount+1 WHERE id=1");
    osc().WaitUntil(id, "the stream to be behind",
                    [](const nlohmann::json& now) { return now["stream"]["lag_ms"] > 500; });
    const auto verify = osc().Start({"verify", id, "--wait", "--json"});
    osc().WaitUntil(id, "the verification to run",
                    [](const nlohmann::json& now) { return now["verify"]["state"] == "running"; });
    Run("ALTER TABLE " + table + " ADD COLUMN foreign_column INT");
    holder.Execute("ROLLBACK");
    const Outcome outcome = verify->Wait(seconds(30));
    EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
    const nlohmann::json error = outcome.Json().at("error");
    EXPECT_EQ(error["code"], "refused") << error;
    EXPECT_THAT(error["message"], HasSubstr("came to no verdict")) << error;
    EXPECT_THAT(error["message"], HasSubstr("ALTER")) << error;
    EXPECT_EQ(osc().Show(id)["verify"]["state"], "stale");
    if (before) continue;
    // Nor does one that is asked for now wait for it.
    EXPECT_EQ(osc().Run({"verify", id, "--since-last"}).exit_code, 3);
    osc().Succeed({"complete", id});
  }
}

INSTANTIATE_TEST_SUITE_P(All, VerificationTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
