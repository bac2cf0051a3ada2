// Engines that are killed within a transaction that is applied in many parts. A part of F1 and D7
// of the acceptance list.
#include <gmock/gmock.h>

#include <csignal>

#include "tests/support/compare.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using std::chrono::seconds;

// More than the engine keeps in memory, so that they wait on disk for the commit.
constexpr int64_t kRows = 100000;

class LargeTransactionCrashTest : public testing::ServerTest {
 protected:
  int64_t Number(const std::string& sql) { return std::stoll(Value(sql)); }

  // Any command that needs an engine starts one; this one leaves it running.
  void StartEngine(const std::string& id) {
    const auto watch = osc().Start({"watch", id});
    testing::WaitUntil(
        "an engine", [&] { return osc().state().EnginePid().has_value(); }, seconds(20));
    watch->Signal(SIGINT);
    watch->Wait(seconds(10));
  }

  // Kills the engine when it has applied some of a transaction of kRows rows, and starts another.
  // done: how many of them the off-stage table has.
  void CrashWithin(const std::string& id, int64_t applied_before,
                   const std::function<int64_t()>& done) {
    osc().WaitUntil(id, "a part of the transaction", [&](const nlohmann::json& now) {
      return now["stream"]["rows_applied"].get<int64_t>() > applied_before + kRows / 10;
    });
    osc().state().KillEngine();
    // What it had sent is committed or not, but no more comes.
    testing::WaitUntil(
        "the sessions of the killed engine to end",
        [&] {
          return Number("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB='" +
                        database() + "' AND ID<>CONNECTION_ID()") == 0;
        },
        seconds(20));
    const int64_t at_kill = done();
    EXPECT_GT(at_kill, 0);
    EXPECT_LT(at_kill, kRows) << "the kill came too late to say anything";
    StartEngine(id);
    osc().WaitUntilCaughtUp(id);
    // The second engine counts what it applies itself: what the first one did is not done again.
    EXPECT_EQ(osc().Show(id)["stream"]["rows_applied"].get<int64_t>(), kRows - at_kill);
    EXPECT_EQ(done(), kRows);
    testing::ExpectSameRows(server(), osc(), id, {"id"}, {"n", "text"});
  }
};

TEST_P(LargeTransactionCrashTest, ItIsAppliedExactlyOnce) {
  Run("CREATE TABLE large (id BIGINT PRIMARY KEY, n INT, text VARCHAR(60), title VARCHAR(20))");
  Run("CREATE TABLE digits (d INT)");
  Run("INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)");
  const std::string id = osc().Alter("large", "DROP COLUMN title, ADD COLUMN extra INT DEFAULT 7",
                                     {"--postpone-cutover"});
  const std::string off_stage = osc().Show(id)["off_stage_table"];
  Run("INSERT INTO large SELECT a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d, 0, "
      "REPEAT('text ', 12), CONCAT('title-', a.d) "
      "FROM digits a, digits b, digits c, digits e, digits f");
  CrashWithin(id, 0, [&] { return Number("SELECT COUNT(*) FROM " + off_stage); });

  // Whichever lanes are ahead of others now, a cutover and the other direction follow.
  osc().Succeed({"cutover", id});
  const int64_t before = osc().Show(id)["stream"]["rows_applied"];
  Run("START TRANSACTION");
  Run("UPDATE large SET n=id+1 WHERE id < 60000");
  Run("DELETE FROM large WHERE id >= 80000");
  Run("INSERT INTO large SELECT -id-1, id, text, 1 FROM large WHERE id < 20000");
  Run("COMMIT");
  CrashWithin(id, before, [&] {
    // An update applied twice would not show; a delete or an insert would stop the stream.
    return Number("SELECT SUM(id < 0) + SUM(id >= 0 AND n<>0) + 100000 - SUM(id >= 0) FROM " +
                  off_stage);
  });
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM large WHERE id >= 0 AND title<>CONCAT('title-', id % 10)"),
            "0");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM large WHERE id < 0 AND title IS NULL"), "20000");
}

INSTANTIATE_TEST_SUITE_P(Servers, LargeTransactionCrashTest,
                         ::testing::ValuesIn(testing::Servers()), testing::ServerName);

}  // namespace
}  // namespace osc
