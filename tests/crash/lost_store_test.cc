// Engines whose store went back in time: a power cut takes the latest commits of SQLite, a backup
// more than these.
#include "src/state/database.h"
#include "src/state/store.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

class LostStoreTest : public testing::UsersTest {
 protected:
  // Kills the engine; what has been written since the last backup is gone.
  void GoBackToBackup() {
    if (osc().state().EnginePid()) osc().state().KillEngine();
    const std::filesystem::path state = osc().state().path();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(state / (std::string("osc.sqlite") + suffix));
    }
    std::filesystem::copy(state / "osc.sqlite.backup", state / "osc.sqlite");
  }
};

// What the copy had handed out is not known any more, but rows of it are there.
TEST_P(LostStoreTest, ForgottenChunksAreCopiedAnew) {
  CreateTitledUsers("users");
  osc().SetEnvironment("OSC_FAULT", "copy.copied:2");
  const std::string id = osc().Alter(
      "users", "DROP COLUMN title",
      {"--detach", "--copy-threads", "1", "--chunk-time", "10ms", "--postpone-cutover"});
  testing::WaitUntil(
      "the engine to die", [&] { return !osc().state().EnginePid(); }, std::chrono::seconds(30));
  {
    state::Store store = state::Store::Open(osc().state().path());
    const auto copy = store.GetCopyState(id);
    ASSERT_EQ(copy.outstanding.size(), 1U);
    ASSERT_FALSE(copy.outstanding.front().low.empty());
    store.SetPaused(id, true);
    state::Database(osc().state().path())
        .sqlite()
        .exec(
            "UPDATE copy SET watermark=(SELECT low FROM chunk), all_handed_out=0; DELETE FROM "
            "chunk");
  }
  osc().SetEnvironment("OSC_FAULT", "");
  // Beyond what is known to have been handed out: the stream leaves these to the copy.
  Run("UPDATE users SET amount=amount+1000000 WHERE id > 1000");
  Run("DELETE FROM users WHERE id BETWEEN 1101 AND 1110");
  StartEngine(id);
  osc().WaitUntilCaughtUp(id);
  osc().Succeed({"resume", id});
  osc().WaitForState(id, "ready");
  osc().Succeed({"cutover", id});
  ExpectInvariant(id);
  osc().Succeed({"revert", id});
  ExpectInvariant(id);
}

// The store is damaged after more turns of the door than the engine's backup of it knows of.
TEST_P(LostStoreTest, BackupIsBroughtUpToWhatTheServerSays) {
  const std::filesystem::path state = osc().state().path();
  for (const int turns : {0, 1, 2}) {
    SCOPED_TRACE(turns);
    const std::string table = "users" + std::to_string(turns);
    CreateTitledUsers(table);
    testing::Writers writers(server(), database(), table);
    const std::string id = osc().Alter(table, "DROP COLUMN title", {"--postpone-cutover"});
    state::Store::Open(state).BackUp();
    if (turns > 0) osc().Succeed({"cutover", id});
    if (turns > 1) osc().Succeed({"revert", id});
    writers.WaitForTransactions(50);
    GoBackToBackup();
    StartEngine(id);
    const char* expected = turns == 0 ? "ready" : turns == 1 ? "live" : "reverted";
    osc().WaitForState(id, expected);
    osc().Succeed({turns == 0 ? "cutover" : turns == 1 ? "revert" : "reapply", id});
    ExpectExactly(writers, table);
    osc().WaitUntilCaughtUp(id);
    ExpectInvariant(id);
    osc().Succeed({"complete", id});
  }
}

// Completed since: the server has no trace of it, and doing it again would be a second change.
TEST_P(LostStoreTest, BackupOfAMigrationThatHasEndedSinceIsNotRunAgain) {
  CreateTitledUsers("users", 10);
  const std::string id = osc().Alter("users", "ADD INDEX (amount)", {"--postpone-cutover"});
  state::Store::Open(osc().state().path()).BackUp();
  osc().Succeed({"cutover", id});
  osc().Succeed({"complete", id});
  GoBackToBackup();
  StartEngine(id);
  const auto show = osc().WaitForState(id, "failed");
  EXPECT_THAT(show["error"]["message"], ::testing::HasSubstr("restored from a backup"));
  EXPECT_EQ(connection().QueryValue("SELECT COUNT(*) FROM users"), "10");
}

// What a rebuilt table has lost is lost whatever the record says.
TEST_P(LostStoreTest, BackupOfBeforeAReseedPromisesNoMoreThanThereIs) {
  CreateTitledUsers("users", 10);
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  WaitForReadiness(id, "ready");
  state::Store::Open(osc().state().path()).BackUp();
  osc().Succeed({"reseed", id, "--accept-loss"});
  const nlohmann::json before = WaitForReadiness(id, "lossy");
  GoBackToBackup();
  StartEngine(id);
  osc().WaitUntilCaughtUp(id);
  const nlohmann::json after = WaitForReadiness(id, "lossy");
  EXPECT_EQ(after["revert"]["reasons"], before["revert"]["reasons"]);
  osc().Succeed({"revert", id});
  ExpectInvariant(id);
}

// The rows that the first copy had written are not in the table of the second.
TEST_P(LostStoreTest, BackupOfBeforeACopyThatWasBegunAnew) {
  CreateTitledUsers("users");
  const std::string id =
      osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover", "--copy-threads", "1"});
  state::Store::Open(osc().state().path()).BackUp();
  osc().SetEnvironment("OSC_FAULT", "copy.copied");
  osc().state().KillEngine();
  osc().Run({"resume", id, "--restart-copy"});
  testing::WaitUntil(
      "the engine to die", [&] { return !osc().state().EnginePid(); }, std::chrono::seconds(30));
  osc().SetEnvironment("OSC_FAULT", "");
  GoBackToBackup();
  StartEngine(id);
  osc().WaitForState(id, "ready");
  osc().WaitUntilCaughtUp(id);
  osc().Succeed({"cutover", id});
  ExpectInvariant(id);
}

INSTANTIATE_TEST_SUITE_P(Servers, LostStoreTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
