// Swaps although rows have no place in the other table, because the operator accepts the loss. R12
// of the acceptance list.
#include <fstream>

#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;

class AcceptedLossTest : public testing::UsersTest {};

std::vector<nlohmann::json> ReadLines(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// What has no place is changed or left out, written down first, and gone from both tables then.
TEST_P(AcceptedLossTest, R12IsReportedAndBothTablesAgree) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(5) NOT NULL, u INT, kept INT, "
      "UNIQUE KEY by_u (u))");
  Run("INSERT INTO t VALUES (1, 'one', 1, 11), (2, 'two', 2, 12), (3, 'three', 3, 13)");
  const std::string id = osc().Alter(
      "t", "MODIFY a VARCHAR(50) NULL, DROP KEY by_u, DROP COLUMN kept, ADD more INT DEFAULT 5");
  Run("UPDATE t SET a='much too long', more=6 WHERE id=2");
  Run("UPDATE t SET u=1 WHERE id=3");
  Run("INSERT INTO t (id, a, u) VALUES (4, NULL, 4), (5, 'five', 5)");
  const nlohmann::json blocked = WaitForReadiness(id, "blocked");
  osc().WaitUntilCaughtUp(id);
  const auto file = osc().state().path() / "lost.jsonl";

  // Dies with the loss accepted and the tables not swapped: nothing has happened.
  DieAt("swap.loss_accepted", {"revert", id, "--accept-loss", "--report", file.string()});
  EXPECT_EQ(ReadLines(file).size(), 3U);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE more IS NOT NULL"), "5");

  // The wish is still in the store.
  StartEngine(id);
  osc().WaitForState(id, "reverted", seconds(30));
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, a, u, IFNULL(kept, '-')) ORDER BY id) "
                  "FROM t"),
            "1/one/1/11,2/much /2/12,4//4/-,5/five/5/-");
  const auto lines = ReadLines(file);
  ASSERT_EQ(lines.size(), 3U);
  for (const nlohmann::json& line : lines) {
    SCOPED_TRACE(line.dump());
    const std::string key = line["key"];
    EXPECT_EQ(line["outcome"], key == "id=3" ? "left_out" : "changed");
    EXPECT_EQ(line["value"], key == "id=2" ? nlohmann::json("much too long") : nlohmann::json());
    EXPECT_EQ(line["stored"], key == "id=2"   ? nlohmann::json("much ")
                              : key == "id=4" ? nlohmann::json("")
                                              : nlohmann::json());
    EXPECT_EQ(line["row"]["id"], key == "id=2" ? 2 : key == "id=3" ? 3 : 4);
  }
  WaitForReadiness(id, "ready");
  ExpectSameRows(server(), osc(), id, {"id"}, {"a", "u"});
  Run("INSERT INTO t VALUES (3, 'again', 30, 0)");
  osc().Succeed({"reapply", id});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, a, u, more) ORDER BY id) FROM t"),
            "1/one/1/5,2/much /2/6,3/again/30/5,4//4/5,5/five/5/5");
}

// NULL may stand in a unique key many times, and what becomes of it in the other table may not.
TEST_P(AcceptedLossTest, LeavesOutWhatTheOtherTableCouldNotFollow) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT NULL, UNIQUE KEY by_a (a))");
  Run("INSERT INTO t VALUES (1, 1)");
  const std::string id = osc().Alter("t", "DROP KEY by_a, MODIFY a INT NOT NULL");
  osc().Succeed({"revert", id});
  Run("INSERT INTO t VALUES (2, NULL), (3, NULL)");
  WaitForReadiness(id, "blocked");
  const std::string file = (osc().state().home() / "loss.jsonl").string();
  osc().Succeed({"reapply", id, "--accept-loss", "--report", file});
  // One of both; which one came first is up to the lanes.
  EXPECT_EQ(Value("SELECT CONCAT(COUNT(*), ',', SUM(a)) FROM t"), "2,1");
  std::vector<std::string> outcomes;
  for (const nlohmann::json& line : ReadLines(file)) outcomes.push_back(line["outcome"]);
  EXPECT_EQ(outcomes, (std::vector<std::string>{"changed", "left_out"}));
  Run("UPDATE t SET a=a+1");
  osc().WaitUntilCaughtUp(id);
  WaitForReadiness(id, "ready");
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT CONCAT(COUNT(*), ',', SUM(a)) FROM t"), "2,3");
}

// What stands for a value that an ENUM does not know may be no member of the other table's.
TEST_P(AcceptedLossTest, EnumsThatHaveNoMemberInCommonLeaveTheRowOut) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a ENUM('new', 'x') NOT NULL, b ENUM('1') NOT NULL, "
      "c VARCHAR(9) NOT NULL)");
  Run("INSERT INTO t VALUES (1, 'x', '1', 'kept')");
  const std::string id = osc().Alter(
      "t", "MODIFY a ENUM('x') NULL, MODIFY b ENUM('1', '2') NOT NULL, MODIFY c VARCHAR(9) NULL");
  // MariaDB makes the first member of NULL and '' of an unknown member, MySQL '' of both.
  Run("INSERT INTO t VALUES (2, NULL, '1', 'c'), (3, 'x', '2', 'c'), (4, 'x', '1', NULL)");
  WaitForReadiness(id, "blocked");
  const std::string file = (osc().state().home() / "loss.jsonl").string();
  osc().Succeed({"revert", id, "--accept-loss", "--report", file});
  std::map<std::string, std::string> outcomes;
  for (const nlohmann::json& line : ReadLines(file)) outcomes[line["key"]] = line["outcome"];
  EXPECT_EQ(outcomes, (std::map<std::string, std::string>{
                          {"id=2", "left_out"}, {"id=3", "left_out"}, {"id=4", "changed"}}));
  osc().WaitUntilCaughtUp(id);
  WaitForReadiness(id, "ready");
  ExpectSameRows(server(), osc(), id, {"id"}, {"a", "b", "c"});
  osc().Succeed({"reapply", id});
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(CONCAT_WS('/', id, a, b, c) ORDER BY id) FROM t"),
            "1/x/1/kept,4/x/1/");
}

// As many as are described one by one stay described, however often they are changed.
TEST_P(AcceptedLossTest, ManyRowsStayDescribed) {
  constexpr int kRows = 6000;
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, n INT NOT NULL)");
  for (int first = 1; first <= kRows; first += 1000) {
    std::string insert = "INSERT INTO t VALUES ";
    for (int i = first; i < first + 1000; ++i) {
      insert += (i > first ? ",(" : "(") + std::to_string(i) + ",1,1)";
    }
    Run(insert);
  }
  const std::string id = osc().Alter("t", "MODIFY a INT NULL");
  Run("UPDATE t SET a=NULL");
  osc().WaitUntilCaughtUp(id);
  Run("UPDATE t SET n=2");
  osc().WaitUntilCaughtUp(id);
  osc().WaitUntil(id, "all rows to be told of one reason", [&](const nlohmann::json& now) {
    const nlohmann::json& reasons = now["revert"]["reasons"];
    return reasons.size() == 1 && reasons[0]["rows"] == kRows;
  });
  // Writers do not wait longer for them than they may.
  osc().Succeed({"set", id, "cutover-lock-timeout=300ms"});
  const Outcome refused = osc().Run({"revert", id, "--accept-loss"});
  EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
  EXPECT_THAT(refused.err, HasSubstr("cutover-lock-timeout=30s"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE a IS NULL"), std::to_string(kRows));
  osc().Succeed({"set", id, "cutover-lock-timeout=60s"});
  osc().Succeed({"revert", id, "--accept-loss"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t WHERE a=0 AND n=2"), std::to_string(kRows));
  osc().WaitUntilCaughtUp(id);
  WaitForReadiness(id, "ready");
}

// A swap that is given up takes the accepted loss back; so does a report that cannot be written.
TEST_P(AcceptedLossTest, IsTakenBackWithTheSwap) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a TINYINT NOT NULL)");
  Run("INSERT INTO t VALUES (1, 1)");
  const std::string id = osc().Alter("t", "MODIFY a INT NOT NULL");
  Run("UPDATE t SET a=1000");
  WaitForReadiness(id, "blocked");
  const Outcome refused =
      osc().Run({"revert", id, "--accept-loss", "--report", "/nonexistent/report"});
  EXPECT_EQ(refused.exit_code, 3) << refused.Describe();
  EXPECT_THAT(refused.err, HasSubstr("/nonexistent/report"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM _osc_" + id + "_t"), "0");
  WaitForReadiness(id, "blocked");
  Run("UPDATE t SET a=5");
  WaitForReadiness(id, "ready");
  const Outcome none = osc().Succeed({"revert", id, "--accept-loss"});
  EXPECT_THAT(none.out, HasSubstr("no row had to be changed"));
  EXPECT_EQ(Value("SELECT a FROM t"), "5");
}
INSTANTIATE_TEST_SUITE_P(Servers, AcceptedLossTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
