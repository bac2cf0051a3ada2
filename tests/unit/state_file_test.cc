// The store as a file: its modes, versions, other processes, damage, a full disk.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "src/state/database.h"
#include "tests/support/store_test.h"

namespace osc::state {
namespace {

using StateFileTest = StoreTest;

TEST_F(StateFileTest, CreatesAPrivateDirectoryAndFile) {
  Store::Open(directory_);
  struct stat status {};
  ASSERT_EQ(::stat(directory_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat(File().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(StateFileTest, BringsAnOlderFileUpToDate) {
  const std::string id = Store::Open(directory_).Create(NewMigration("users")).id;
  Database(directory_)
      .sqlite()
      .exec(
          "ALTER TABLE migration DROP COLUMN require_revertible;"
          "ALTER TABLE migration DROP COLUMN revert_defaults;"
          "ALTER TABLE migration DROP COLUMN restored;"
          "ALTER TABLE migration DROP COLUMN seeded_epoch; ALTER TABLE migration DROP COLUMN "
          "object; ALTER TABLE migration DROP COLUMN together;"
          "ALTER TABLE migration DROP COLUMN hooks_told;"
          "DROP TABLE unfit_row; DROP TABLE verification; DROP TABLE verify_chunk;"
          "DROP TABLE difference; DROP TABLE ledger; PRAGMA user_version = 1");
  const Migration found = Store::Open(directory_).Get(id);
  EXPECT_EQ(found.table, "users");
  EXPECT_FALSE(found.require_revertible);
  EXPECT_EQ(found.revert_defaults, "");
  EXPECT_EQ(found.seeded_epoch, 0);
}

TEST_F(StateFileTest, ManyThreadsOpenAndWriteAtOnce) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([this, thread] {
      Store store = Store::Open(directory_);
      const std::string id = store.Create(NewMigration("t" + std::to_string(thread))).id;
      for (int i = 0; i < 50; ++i) store.SetProgress(id, Progress{});
      for (int i = 0; i < 10; ++i) store.AddEvent(id, "event");
    });
  }
  threads.clear();
  Store store = Store::Open(directory_);
  ASSERT_EQ(store.List().size(), 6U);
  for (const Migration& migration : store.List()) {
    EXPECT_EQ(store.Events(migration.id).size(), 10U);
  }
}

// Opening a second store must not take the locks of the first one away: the other process, which
// ends last as far as SQLite can see, would remove the log that the first store writes to.
TEST_F(StateFileTest, AnotherProcessEndsWhileTwoStoresAreOpenHere) {
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  const pid_t other = ::fork();
  ASSERT_GE(other, 0);
  if (other == 0) {
    char byte = 0;
    if (::read(go[0], &byte, 1) != 1) ::_exit(1);
    { Store::Open(directory_); }
    ::_exit(0);
  }
  Store first = Store::Open(directory_);
  const std::string id = first.Create(NewMigration("users")).id;
  { Store::Open(directory_).Get(id); }
  ASSERT_EQ(::write(go[1], "x", 1), 1);
  int status = -1;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(std::filesystem::exists(File().string() + "-wal"));
  first.AddEvent(id, "still heard");
  EXPECT_EQ(Store::Open(directory_).Events(id).size(), 1U);
}

TEST_F(StateFileTest, RefusesANewerSchema) {
  Store::Open(directory_);
  Overwrite(60, std::string("\0\0\0\x63", 4));  // SQLite's header: user_version
  const Error error = Catch([&] { Store::Open(directory_); });
  EXPECT_EQ(error.code(), ErrorCode::kRefused);
  EXPECT_NE(error.message().find("newer osc"), std::string::npos) << error.message();
}

TEST_F(StateFileTest, RefusesTheFileOfAnotherProgram) {
  Store::Open(directory_);
  Overwrite(68, std::string(4, '\0'));  // SQLite's header: application_id
  const Error error = Catch([&] { Store::Open(directory_); });
  EXPECT_EQ(error.code(), ErrorCode::kRefused);
  EXPECT_NE(error.message().find("other program"), std::string::npos) << error.message();
}

TEST_F(StateFileTest, RefusesADamagedFile) {
  std::filesystem::create_directories(directory_);
  std::ofstream(File()) << std::string(8192, 'x');
  Error error = Catch([&] { Store::Open(directory_); });
  EXPECT_EQ(error.code(), ErrorCode::kRefused);
  EXPECT_NE(error.message().find("damaged"), std::string::npos) << error.message();
  EXPECT_FALSE(error.hint().empty());

  std::filesystem::remove(File());
  { Store::Open(directory_).Create(NewMigration("users")); }
  const auto size = std::filesystem::file_size(File());
  Overwrite(4096, std::string(size - 4096, '\x5a'));
  error = Catch([&] {
    Store store = Store::Open(directory_);
    store.CheckIntegrity();
  });
  EXPECT_EQ(error.code(), ErrorCode::kRefused) << error.message();
  EXPECT_NE(error.message().find("damaged"), std::string::npos) << error.message();
}

TEST_F(StateFileTest, OffersItsBackupWhenItIsDamaged) {
  std::string id;
  std::string ended;
  {
    Store store = Store::Open(directory_);
    ended = store.Create(NewMigration("orders")).id;
    store.End(ended, MigrationState::kCompleted, "complete");
    id = store.Create(NewMigration("users")).id;
    store.AddIntent(id, "cutover", "{}");
    store.BackUp();
    store.SetState(id, MigrationState::kLive);
  }
  const std::filesystem::path backup = File().string() + ".backup";
  struct stat status {};
  ASSERT_EQ(::stat(backup.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  Overwrite(0, std::string(4096, '\x5a'));
  Error error = Catch([&] { Store::Open(directory_); });
  EXPECT_NE(error.message().find("damaged"), std::string::npos) << error.message();
  const size_t commands = error.hint().find("mv ");
  ASSERT_NE(commands, std::string::npos) << error.hint();

  ASSERT_EQ(std::system(error.hint().substr(commands).c_str()), 0);
  Store store = Store::Open(directory_);
  EXPECT_EQ(store.Get(id).state, MigrationState::kQueued);
  EXPECT_TRUE(store.Get(id).restored);
  EXPECT_FALSE(store.Get(ended).restored);
  EXPECT_TRUE(store.OpenIntents(id).empty());  // may have been done since
  store.ClearRestored(id);
  EXPECT_FALSE(Store::Open(directory_).Get(id).restored);

  // A damaged backup is not offered.
  std::ofstream(backup) << std::string(8192, 'x');
  Overwrite(0, std::string(4096, '\x5a'));
  error = Catch([&] { Store::Open(directory_); });
  EXPECT_EQ(error.hint().find("mv "), std::string::npos) << error.hint();
}

TEST_F(StateFileTest, RefusesADirectoryThatIsNone) {
  std::ofstream(directory_) << "a file";
  EXPECT_EQ(Catch([&] { Store::Open(directory_); }).code(), ErrorCode::kRefused);
  EXPECT_EQ(Catch([&] { Store::Open("/proc/nowhere/state"); }).code(), ErrorCode::kRefused);
}

// A limit on the size of files stands in for a full disk.
TEST_F(StateFileTest, AFullDiskIsAnErrorAndChangesNothing) {
  Store store = Store::Open(directory_);
  const std::string id = store.Create(NewMigration("users")).id;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{std::filesystem::file_size(File()) / 2, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Error error = Catch([&] {
    for (int i = 0; i < 100; ++i) store.AddEvent(id, std::string(100'000, 'x'));
  });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.code(), ErrorCode::kBusy) << error.message();
  EXPECT_NE(error.hint().find("disk"), std::string::npos);

  EXPECT_EQ(Store::Open(directory_).Get(id).table, "users");
  EXPECT_NO_THROW(store.AddEvent(id, "there is room again"));
}

}  // namespace
}  // namespace osc::state
