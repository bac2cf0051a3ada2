// A backup that reads table after table in one transaction must not find a part of one.
#include "shadow/open_transactions.h"
#include "src/base/retry.h"
#include "src/base/wait.h"
#include "src/mysql/session_list.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNote = "before the copy was whole";

class OpenSnapshotsTest : public testing::UsersTest {
 protected:
  // A migration that copies, and a transaction that began meanwhile.
  std::string CopyBesideABackup(const std::vector<std::string>& options = {}) {
    CreateUsers("users", "title VARCHAR(40)");
    Run("CREATE TABLE other (id INT PRIMARY KEY)");
    mysql::Connection holder = server().Connect(database());
    holder.Execute("START TRANSACTION");
    holder.Execute("UPDATE users SET amount=amount+1 WHERE id=1500");
    std::vector<std::string> all{"--detach"};
    all.insert(all.end(), options.begin(), options.end());
    const std::string id = osc().Alter("users", "DROP COLUMN title", all);
    osc().WaitForState(id, "copying");
    backup_ = server().Connect(database());
    backup_->Execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    backup_->Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    backup_->Query("SELECT * FROM other");
    // It sees what it reads first.
    fresh_ = server().Connect(database());
    fresh_->Execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    fresh_->Execute("START TRANSACTION");
    fresh_->Query("SELECT * FROM other FOR UPDATE");
    holder.Execute("ROLLBACK");
    return id;
  }

  // The connection stands in the note only once the server's list could be believed.
  nlohmann::json WaitForNote(const std::string& id) {
    const std::string connection = "connection " + std::to_string(backup_->thread_id());
    return osc().WaitUntil(id, "the backup to be waited for", [&](const nlohmann::json& now) {
      const std::string note = now["progress"]["note"];
      return note.find(kNote) != std::string::npos && note.find(connection) != std::string::npos;
    });
  }

  // InnoDB's list stays as it is while somebody looks at it every 100 ms.
  static void WaitSlowly(const std::string& what, const std::function<bool()>& condition) {
    base::Clock::time_point next;
    testing::WaitUntil(
        what,
        [&] {
          if (base::Clock::now() < next) return false;
          const bool is_so = condition();
          next = base::Clock::now() +
                 base::BackoffDelay({.first_delay = std::chrono::milliseconds(300)}, 1);
          return is_so;
        },
        std::chrono::seconds(30));
  }

  std::optional<mysql::Connection> backup_;
  std::optional<mysql::Connection> fresh_;
};

TEST_P(OpenSnapshotsTest, AreWaitedFor) {
  const std::string id = CopyBesideABackup();
  WaitForNote(id);
  // One that begins now sees the whole copy.
  mysql::Connection later = server().Connect(database());
  later.Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  EXPECT_EQ(backup_->QueryValue("SELECT COUNT(*) FROM users"), std::to_string(kRows));
  EXPECT_EQ(osc().Show(id)["live"], "old");
  backup_->Execute("COMMIT");
  osc().WaitForState(id, "live");
  EXPECT_EQ(fresh_->QueryValue("SELECT COUNT(*) FROM users"), std::to_string(kRows));
  EXPECT_EQ(later.QueryValue("SELECT COUNT(*) FROM users"), std::to_string(kRows));
}

TEST_P(OpenSnapshotsTest, AreNotWaitedForWhenTheOperatorSaysSo) {
  const std::string id = CopyBesideABackup();
  WaitForNote(id);
  osc().Succeed({"set", id, "snapshot-wait=0s"});
  osc().WaitForState(id, "live");
  EXPECT_THAT(osc().Succeed({"show", id}).out,
              HasSubstr("no longer waits for connection " + std::to_string(backup_->thread_id())));
}

TEST_P(OpenSnapshotsTest, AreWaitedForAfterARestart) {
  const std::string id = CopyBesideABackup();
  WaitForNote(id);
  osc().state().KillEngine();
  osc().Succeed({"show", id});
  StartEngine(id);
  WaitForNote(id);
  EXPECT_EQ(osc().Show(id)["live"], "old");
  backup_->Execute("COMMIT");
  osc().WaitForState(id, "live");
}

// With and without performance_schema, which MySQL's user may not be allowed to read.
TEST_P(OpenSnapshotsTest, AreListed) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  Run("INSERT INTO t VALUES (1)");
  const testing::TestUser user(server());
  Run("GRANT PROCESS ON *.* TO " + user.Quoted());
  mysql::ConnectionOptions options = server().Options();
  options.user = user.name();
  mysql::Connection plain = mysql::Connection::Open(options);

  const auto open = [&](const std::string& level, const std::string& begin) {
    mysql::Connection session = server().Connect(database());
    session.Execute("SET SESSION TRANSACTION ISOLATION LEVEL " + level);
    session.Execute(begin);
    session.Query("SELECT * FROM t");
    return session;
  };
  mysql::Connection backup = open("REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT");
  mysql::Connection unended = open("REPEATABLE READ", "SET autocommit=0");
  mysql::Connection fresh = open("READ COMMITTED", "START TRANSACTION");
  mysql::Connection done = open("REPEATABLE READ", "START TRANSACTION");
  done.Execute("COMMIT");

  const auto wait_for_list = [&](mysql::Connection& connection) {
    std::optional<std::map<uint64_t, shadow::OpenTransaction>> list;
    WaitSlowly("a list of transactions", [&] {
      list = shadow::ListTransactions(connection);
      return list && list->contains(fresh.thread_id()) && !list->contains(done.thread_id());
    });
    return *list;
  };
  std::string began;
  for (mysql::Connection* connection : {&this->connection(), &plain, &plain}) {
    const auto list = wait_for_list(*connection);
    EXPECT_TRUE(list.at(backup.thread_id()).keeps_snapshot);
    EXPECT_TRUE(list.at(unended.thread_id()).keeps_snapshot);
    EXPECT_FALSE(list.at(fresh.thread_id()).keeps_snapshot);
    EXPECT_LT(list.at(backup.thread_id()).seconds, 60U);
    if (connection == &plain) {
      const std::string again = list.at(backup.thread_id()).began;
      EXPECT_TRUE(began.empty() || began == again) << began << " " << again;
      began = again;
    }
  }

  mysql::Connection loud = server().Connect(database());
  loud.Send("SELECT SLEEP(60), '\xF0\x9F\x98\x80' FROM t");
  testing::WaitUntil(
      "the statement",
      [&] {
        const auto session =
            mysql::FindSession(mysql::ListSessions(this->connection()), loud.thread_id());
        return session && !session->statement.empty();
      },
      std::chrono::seconds(10));
  EXPECT_TRUE(wait_for_list(this->connection()).at(backup.thread_id()).keeps_snapshot);
  // MySQL fails to read innodb_trx now, or soon: it answers from memory for a while.
  if (IsMariaDb()) {
    EXPECT_TRUE(shadow::ListTransactions(plain));
  } else {
    WaitSlowly("no list", [&] { return !shadow::ListTransactions(plain); });
  }
  Run("KILL " + std::to_string(loud.thread_id()));
  EXPECT_ANY_THROW(loud.Finish());
  wait_for_list(plain);
}

INSTANTIATE_TEST_SUITE_P(Servers, OpenSnapshotsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
