// `osc verify --since-last`: what it may leave out, and what it must not. Where rows are wrong off
// stage without a change of the live table nobody looks; that is how a test sees that something was
// left out, and that what was written is not.
#include <functional>
#include <random>

#include "tests/support/verify_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;
using testing::Writers;

class IncrementalVerificationTest : public testing::VerifyTest {
 protected:
  static constexpr int kMany = 9000;

  // Chunks of a few hundred rows, but for the first.
  std::string AlterInSmallChunks(const std::string& table, const std::string& spec,
                                 const Names& more = {}) {
    Names options{"--chunk-time", "1ms", "--copy-threads", "1"};
    options.insert(options.end(), more.begin(), more.end());
    return osc().Alter(table, spec, options);
  }
  nlohmann::json VerifySinceLast(const std::string& id, int exit_code) {
    nlohmann::json verify = Verify(id, exit_code, {"--since-last"});
    EXPECT_TRUE(verify["incremental"]) << verify;
    return verify;
  }
  static std::string In(const std::vector<int>& rows) {
    std::string list;
    for (const int row : rows) list += (list.empty() ? "(" : ",") + std::to_string(row);
    return list + ")";
  }
};

TEST_P(IncrementalVerificationTest, LeavesOutWhatHasNotChangedInEitherDirection) {
  CreateTitledUsers("users", kMany);
  const std::string id = AlterInSmallChunks("users", "DROP COLUMN title");
  EXPECT_FALSE(osc().Show(id)["verify"]["incremental"]);
  const auto look_once = [&](int row) {
    const std::string at = std::to_string(row);
    const std::string beside = In({row - 1, row + 1});  // one of them is in the same chunk
    Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=" + at);
    nlohmann::json verify = VerifySinceLast(id, 0);
    EXPECT_GT(verify["chunks"], 5);
    EXPECT_EQ(verify["chunks_skipped"], verify["chunks"]);
    EXPECT_EQ(verify["rows_compared"], kMany);
    Run("UPDATE users SET amount=amount+1 WHERE id IN " + beside);
    for (int again = 0; again < 2; ++again) {  // what differed is looked at until it is mended
      verify = VerifySinceLast(id, 5);
      EXPECT_EQ(verify["different"], 1) << verify;
      EXPECT_EQ(verify["rows"][0]["key"], "id=" + at) << verify;
      EXPECT_GE(verify["chunks_skipped"], verify["chunks"].get<int>() - 3) << verify;
      EXPECT_EQ(verify["rows_compared"], kMany);
    }
    Run("UPDATE users SET amount=amount+2 WHERE id=" + at);
    EXPECT_EQ(VerifySinceLast(id, 0)["matching"], kMany);
  };
  look_once(5000);
  osc().Succeed({"revert", id});
  look_once(2500);
  osc().Succeed({"reapply", id});
  look_once(8000);
  EXPECT_THAT(osc().Succeed({"verify", id, "--since-last"}).out, HasSubstr("chunks unchanged"));
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=100");
  EXPECT_EQ(Verify(id, 5)["different"], 1);  // everything, as ever
}

// Whatever the key is made of: each row that was written is compared, wherever it lies.
TEST_P(IncrementalVerificationTest, ComparesEveryRowThatWasWritten) {
  struct Key {
    std::string name;
    std::string columns;  // n is the row's number
    std::function<std::string(int)> condition;
    std::function<std::string(int)> values;
  };
  const auto single = [](const std::string& type, const std::function<std::string(int)>& value) {
    return Key{type, "k " + type + " PRIMARY KEY", [value](int n) { return "k=" + value(n); },
               value};
  };
  const auto number = [](int n) { return std::to_string(n); };
  const std::vector<Key> keys{
      single("INT", [](int n) { return std::to_string((n - 3000) * 5); }),
      single("TINYINT UNSIGNED", [](int n) { return std::to_string(n % 256); }),
      single("BIGINT UNSIGNED",
             [](int n) { return std::to_string(~uint64_t{0} / 7000 * static_cast<uint64_t>(n)); }),
      {"two numbers", "a SMALLINT, b BIGINT, PRIMARY KEY (a,b)",
       [](int n) { return "a=" + std::to_string(n % 7 - 3) + " AND b=" + std::to_string(-n); },
       [](int n) { return std::to_string(n % 7 - 3) + "," + std::to_string(-n); }},
      {"a number and a text", "a INT, s VARCHAR(20), PRIMARY KEY (a,s)",
       [](int n) { return "a=" + std::to_string(n / 50) + " AND s='x" + std::to_string(n) + "'"; },
       [](int n) { return std::to_string(n / 50) + ",'x" + std::to_string(n) + "'"; }},
      single("VARCHAR(20)", [](int n) { return "'k" + std::to_string(n) + "'"; }),
  };
  std::mt19937 random(4711);
  for (const Key& key : keys) {
    SCOPED_TRACE(key.name);
    const int rows = key.name == "TINYINT UNSIGNED" ? 200 : 6000;
    Run("DROP TABLE IF EXISTS things");
    Run("CREATE TABLE things (" + key.columns + ", n INT NOT NULL, v INT NOT NULL, gone INT)");
    for (int n = 0; n < rows;) {
      std::string insert = "INSERT INTO things VALUES ";
      for (int i = 0; i < 500 && n < rows; ++i, ++n) {
        insert += (i ? ",(" : "(") + key.values(n) + "," + number(n) + ",0,0)";
      }
      Run(insert);
    }
    const std::string id = AlterInSmallChunks("things", "DROP COLUMN gone");
    const auto somewhere = [&] { return static_cast<int>(random() % static_cast<unsigned>(rows)); };
    for (const char* direction : {"revert", "reapply", ""}) {
      const int updated = somewhere();
      const int deleted = (updated + 1 + somewhere() / 3) % rows;
      const int moved = (deleted + 1 + somewhere() / 3) % rows;
      Run("UPDATE things SET v=v+1 WHERE " + key.condition(updated));
      Run("DELETE FROM things WHERE " + key.condition(deleted));
      Run("DELETE FROM things WHERE " + key.condition(moved));
      osc().WaitUntilCaughtUp(id);
      const bool has_gone = std::string(direction) == "reapply";  // the live table
      const std::string off_tail = has_gone ? ",9,9)" : ",9,9,9)";
      Corrupt(id, "UPDATE OFF SET v=v+7 WHERE " + key.condition(updated));
      Corrupt(id, "INSERT INTO OFF VALUES (" + key.values(deleted) + off_tail);
      Corrupt(id, "INSERT INTO OFF VALUES (" + key.values(moved) + off_tail);
      nlohmann::json verify = VerifySinceLast(id, 5);
      EXPECT_EQ(verify["different"], 1) << verify;
      EXPECT_EQ(verify["extra"], 2) << verify;
      Corrupt(id, "DELETE FROM OFF WHERE " + key.condition(deleted));
      Corrupt(id, "DELETE FROM OFF WHERE " + key.condition(moved));
      Run("UPDATE things SET v=v+1 WHERE " + key.condition(updated));
      // Back where they were, one of them by a changed key.
      const std::string live_tail = has_gone ? ",1,1,1)" : ",1,1)";
      Run("INSERT INTO things VALUES (" + key.values(deleted) + live_tail);
      std::string assignments = key.condition(moved);
      for (size_t at; (at = assignments.find(" AND ")) != std::string::npos;) {
        assignments.replace(at, 5, ", ");
      }
      Run("UPDATE things SET " + assignments + " WHERE " + key.condition(deleted));
      osc().WaitUntilCaughtUp(id);
      Corrupt(id, "DELETE FROM OFF WHERE " + key.condition(moved));
      Corrupt(id, "INSERT INTO OFF VALUES (" + key.values(deleted) + off_tail);
      verify = VerifySinceLast(id, 5);
      EXPECT_EQ(verify["missing"], 1) << verify;
      EXPECT_EQ(verify["extra"], 1) << verify;
      Corrupt(id, "DELETE FROM OFF WHERE " + key.condition(deleted));
      Corrupt(id,
              "INSERT INTO OFF VALUES (" + key.values(moved) + (has_gone ? ",1,1)" : ",1,1,1)"));
      EXPECT_EQ(VerifySinceLast(id, 0)["differences"], 0);
      if (*direction != '\0') osc().Succeed({direction, id});
    }
    osc().Succeed({"complete", id});
  }
}

TEST_P(IncrementalVerificationTest, KnowsOfRowsBeyondTheEndsAndOfTruncate) {
  CreateTitledUsers("users", kMany);
  const std::string id = AlterInSmallChunks("users", "DROP COLUMN title");
  const int chunks = osc().Show(id)["verify"]["chunks"];
  // What is inserted at the end is compared in pieces, and only that.
  Run("INSERT INTO users (id, token, email) SELECT id+1000000, token+1000000, CONCAT(email,'2') "
      "FROM users");
  Run("INSERT INTO users (id, token, email) VALUES (-5, -5, 'below')");
  osc().WaitUntilCaughtUp(id);
  Corrupt(id, "UPDATE OFF SET amount=1 WHERE id=-5");
  Corrupt(id, "UPDATE OFF SET amount=1 WHERE id=1004000");
  nlohmann::json verify = VerifySinceLast(id, 5);
  EXPECT_EQ(verify["different"], 2) << verify;
  EXPECT_EQ(verify["rows_compared"], 2 * kMany + 1) << verify;
  EXPECT_GT(verify["chunks"], chunks + 2) << verify;
  EXPECT_GT(verify["chunks_skipped"], chunks - 4) << verify;

  Run("TRUNCATE TABLE users");
  Run("INSERT INTO users (id, token, email) VALUES (1, 1, 'first'), (2000000, 2, 'last')");
  osc().WaitUntilCaughtUp(id);
  Corrupt(id, "INSERT INTO OFF (id, token, email) VALUES (5000, 5, 'wrong')");
  verify = VerifySinceLast(id, 5);
  EXPECT_EQ(verify["extra"], 1) << verify;
  EXPECT_EQ(verify["chunks_skipped"], 0) << verify;
  EXPECT_EQ(verify["matching"], 2) << verify;
  Corrupt(id, "DELETE FROM OFF WHERE id=5000");
  EXPECT_EQ(VerifySinceLast(id, 0)["rows_compared"], 2);
}

// A row may come back from the quarantine because another one, far away, has made way.
TEST_P(IncrementalVerificationTest, LooksAgainWhereRowsWereInQuarantine) {
  CreateTitledUsers("users", kMany);
  const std::string id = AlterInSmallChunks("users", "DROP KEY email");
  Run("UPDATE users SET email='same' WHERE id=10");
  Run("UPDATE users SET email='same' WHERE id=8500");
  osc().WaitUntilCaughtUp(id);
  EXPECT_EQ(VerifySinceLast(id, 0)["quarantined"], 1);
  EXPECT_EQ(VerifySinceLast(id, 0)["quarantined"], 1);
  EXPECT_THAT(osc().Succeed({"verify", id, "--since-last"}).out, HasSubstr("1 quarantined"));
  Run("UPDATE users SET email='other' WHERE id=10");
  osc().WaitUntil(id, "the row to come back",
                  [](const nlohmann::json& now) { return now["revert"]["readiness"] == "ready"; });
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=8500");
  const nlohmann::json verify = VerifySinceLast(id, 5);
  EXPECT_EQ(verify["quarantined"], 0) << verify;
  EXPECT_EQ(verify["different"], 1) << verify;
}

// What was compared before says nothing about a table that was filled anew.
TEST_P(IncrementalVerificationTest, ComparesAllOfATableThatWasFilledAnew) {
  CreateTitledUsers("users", kMany);
  const std::string id = AlterInSmallChunks("users", "DROP COLUMN title", {"--postpone-cutover"});
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=4000");
  EXPECT_EQ(VerifySinceLast(id, 0)["chunks_skipped"], osc().Show(id)["verify"]["chunks"]);
  osc().Succeed({"resume", id, "--restart-copy"});
  const nlohmann::json ready = osc().WaitUntil(
      id, "the copy", [](const nlohmann::json& now) { return now["state"] == "ready"; });
  EXPECT_FALSE(ready["verify"]["incremental"]) << ready["verify"];
  EXPECT_EQ(ready["verify"]["matching"], kMany) << ready["verify"];
  osc().Succeed({"cutover", id});
  EXPECT_EQ(VerifySinceLast(id, 0)["rows_compared"], kMany);

  osc().Succeed({"reseed", id, "--accept-loss"});
  EXPECT_EQ(osc().Show(id)["verify"]["state"], "stale");
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=4000");
  nlohmann::json verify = VerifySinceLast(id, 5);
  EXPECT_EQ(verify["chunks_skipped"], 0) << verify;
  EXPECT_EQ(verify["different"], 1) << verify;
  EXPECT_EQ(Verify(id, 0, {"--since-last", "--repair"})["repaired"], 1);
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=6000");
  EXPECT_EQ(VerifySinceLast(id, 0)["chunks_skipped"], osc().Show(id)["verify"]["chunks"]);
}

// What an accepted loss makes of rows stands in nobody's events.
TEST_P(IncrementalVerificationTest, ComparesAllAfterAnAcceptedLoss) {
  CreateTitledUsers("users", kMany);
  const std::string id =
      AlterInSmallChunks("users", "DROP COLUMN title, MODIFY email VARCHAR(200) NULL");
  Run("UPDATE users SET email=NULL WHERE id=1000");
  osc().WaitUntilCaughtUp(id);
  EXPECT_EQ(VerifySinceLast(id, 0)["quarantined"], 1);
  osc().Succeed({"revert", id, "--accept-loss"});
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=8000");
  const nlohmann::json verify = VerifySinceLast(id, 5);
  EXPECT_EQ(verify["chunks_skipped"], 0) << verify;
  EXPECT_EQ(verify["different"], 1) << verify;
  EXPECT_EQ(verify["quarantined"], 0) << verify;
}

// The mark is there whenever the change is, however the engine dies.
TEST_P(IncrementalVerificationTest, ForgetsNoChangeWhenTheEngineDies) {
  CreateTitledUsers("users", kMany);
  const std::string id = AlterInSmallChunks("users", "DROP COLUMN title");
  int row = 1000;
  for (const char* point : {"verify.change_seen", "verify.change_noted", "apply.before_commit",
                            "apply.after_commit", "verify.caught_up", "verify.reopened",
                            "verify.handed_out", "verify.compared", "verify.ended"}) {
    SCOPED_TRACE(point);
    row += 600;
    const std::string at = std::to_string(row);
    osc().state().StopEngine();
    osc().SetEnvironment("OSC_FAULT", point);
    StartEngine(id);
    osc().SetEnvironment("OSC_FAULT", "");
    Run("UPDATE users SET amount=amount+1 WHERE id=" + at);
    const bool is_late =
        std::string(point).find("verify.change") != 0 && std::string(point).find("verify.") == 0;
    if (is_late) osc().Run({"verify", id, "--since-last", "--detach", "--no-autostart"});
    testing::WaitUntil(
        "the engine to die", [&] { return !osc().state().EnginePid(); }, std::chrono::seconds(20));
    StartEngine(id);
    osc().WaitUntilCaughtUp(id);
    // One that was interrupted goes on; it must not have been the last to look.
    if (is_late) VerifySinceLast(id, 0);
    if (is_late) Run("UPDATE users SET amount=amount+1 WHERE id=" + at);
    osc().WaitUntilCaughtUp(id);
    Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=" + at);
    const nlohmann::json verify = VerifySinceLast(id, 5);
    EXPECT_EQ(verify["different"], 1) << verify;
    EXPECT_GT(verify["chunks_skipped"], 3) << verify;
    Run("UPDATE users SET amount=amount+2 WHERE id=" + at);
    VerifySinceLast(id, 0);
  }
}

TEST_P(IncrementalVerificationTest, FindsWhatIsWrongWhileTheApplicationWrites) {
  CreateTitledUsers("users", kMany);
  const std::string id = AlterInSmallChunks("users", "DROP COLUMN title");
  Run("INSERT INTO users (id, token, email) VALUES (-9000001, -1, 'ours')");  // no writer touches
                                                                              // it
  Writers writers(server(), database(), "users", 2);
  for (int round = 0; round < 3; ++round) {
    writers.WaitForTransactions(200);
    EXPECT_EQ(VerifySinceLast(id, 0)["differences"], 0);
    if (round == 1) {
      osc().state().KillEngine();
      writers.WaitForTransactions(200);
    }
    if (round == 2) osc().Succeed({"revert", id});
  }
  Run("UPDATE users SET amount=amount+1 WHERE id=-9000001");
  osc().WaitUntilCaughtUp(id);
  Corrupt(id, "UPDATE OFF SET amount=77 WHERE id=-9000001");
  const nlohmann::json verify = VerifySinceLast(id, 5);
  EXPECT_EQ(verify["different"], 1) << verify;
  EXPECT_EQ(verify["rows"][0]["key"], "id=-9000001");
  writers.Stop();
}

// Two that ask at once get the same answer, and one that wants everything gets that.
TEST_P(IncrementalVerificationTest, AnswersEverybodyWhoAsks) {
  CreateTitledUsers("users", kMany);
  const std::string id = AlterInSmallChunks("users", "DROP COLUMN title");
  Corrupt(id, "UPDATE OFF SET amount=amount+1 WHERE id=3000");
  std::vector<std::unique_ptr<testing::OscProcess>> all;
  all.push_back(osc().Start({"verify", id, "--since-last"}));
  all.push_back(osc().Start({"verify", id}));
  all.push_back(osc().Start({"verify", id}));
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_EQ(all[i]->Wait(std::chrono::seconds(60)).exit_code, 5);
  }
  const int code = all[0]->Wait(std::chrono::seconds(60)).exit_code;
  EXPECT_TRUE(code == 0 || code == 5) << code;
}

INSTANTIATE_TEST_SUITE_P(All, IncrementalVerificationTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
