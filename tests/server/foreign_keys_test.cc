// Why tables with foreign keys are refused: what the servers do with them
// (ddl/foreign_key_checks.h). And what becomes of one that somebody adds while a migration is on
// its way.
#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class ForeignKeysTest : public testing::UsersTest {
 protected:
  void CreateFamily() {
    Run("CREATE TABLE parent (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 0)");
    Run("CREATE TABLE child (id INT PRIMARY KEY, p INT, "
        "CONSTRAINT to_parent FOREIGN KEY (p) REFERENCES parent (id))");
    Run("INSERT INTO parent (id) VALUES (1), (2)");
  }
  std::string Definition(const std::string& table) {
    mysql::Result rows = connection().Query("SHOW CREATE TABLE " + table);
    rows.Next();
    return rows.Text(1);
  }
};

TEST_P(ForeignKeysTest, RenameTakesThoseThatReferAlong) {
  CreateFamily();
  Run("CREATE TABLE other LIKE parent");
  Run("INSERT INTO other SELECT * FROM parent");
  for (const char* checks : {"1", "0"}) {
    Run(std::string("SET foreign_key_checks=") + checks);
    Run("RENAME TABLE parent TO between_them, other TO parent, between_them TO other");
    EXPECT_THAT(Definition("child"), HasSubstr("REFERENCES `other`"));
    Run("RENAME TABLE parent TO between_them, other TO parent, between_them TO other");
    EXPECT_THAT(Definition("child"), HasSubstr("REFERENCES `parent`"));
  }
}

// Whatever foreign_key_checks is: the lock on the child locks the parent in the same session.
TEST_P(ForeignKeysTest, LockingAChildEndsTransactionsThatComeFromItsParent) {
  CreateFamily();
  int id = 10;
  for (const char* checks : {"1", "0"}) {
    mysql::Connection application = server().Connect(database());
    application.Execute("BEGIN");
    application.Execute("INSERT INTO parent (id) VALUES (" + std::to_string(++id) + ")");
    mysql::Connection locker = server().Connect(database());
    locker.Execute(std::string("SET foreign_key_checks=") + checks);
    locker.Send("LOCK TABLES child WRITE");
    ASSERT_FALSE(locker.IsReady(std::chrono::milliseconds(300)));
    try {
      application.Execute("INSERT INTO child VALUES (" + std::to_string(id) + ", 1)");
      ADD_FAILURE() << "the transaction was not ended";
    } catch (const Error& error) {
      EXPECT_EQ(error.server_errno(), 1213U) << error.message();
    }
    locker.IsReady(seconds(10));
    locker.Finish();
  }
}

TEST_P(ForeignKeysTest, MariaDbDoesNotRenameWithinLockTables) {
  if (!IsMariaDb()) GTEST_SKIP() << "MySQL does";
  CreateFamily();
  Run("LOCK TABLES child WRITE");
  try {
    Run("RENAME TABLE child TO another");
    ADD_FAILURE() << "it was renamed";
  } catch (const Error& error) {
    EXPECT_EQ(error.server_errno(), 1192U) << error.message();
  }
}

TEST_P(ForeignKeysTest, OneThatIsAddedMeanwhileHoldsUpTheSwap) {
  CreateTitledUsers("users", 50);
  const std::string id = osc().Alter("users", "DROP COLUMN title", {"--postpone-cutover"});
  Run("CREATE TABLE pets (id INT PRIMARY KEY, owner BIGINT, "
      "CONSTRAINT pet_of FOREIGN KEY (owner) REFERENCES users (id))");
  osc().Succeed({"cutover", id, "--detach"});
  osc().WaitUntil(
      id, "the foreign key to be named",
      [](const nlohmann::json& now) {
        return now["progress"]["note"].get<std::string>().find("`pet_of`") != std::string::npos;
      },
      seconds(30));
  EXPECT_THAT(Definition("pets"), HasSubstr("REFERENCES `users`"));
  Run("ALTER TABLE pets DROP FOREIGN KEY pet_of");
  osc().WaitForState(id, "live");
  // It would follow the new table off stage.
  Run("ALTER TABLE pets ADD CONSTRAINT pet_of FOREIGN KEY (owner) REFERENCES users (id)");
  ExpectRefused({"revert", id}, "`pet_of`");
  const nlohmann::json blocked = WaitForReadiness(id, "blocked", seconds(30));
  EXPECT_EQ(blocked["revert"]["reasons"][0]["kind"], "obstacle");
  EXPECT_THAT(blocked["revert"]["reasons"][0]["detail"].get<std::string>(), HasSubstr("`pet_of`"));
  Run("ALTER TABLE pets DROP FOREIGN KEY pet_of");
  WaitForReadiness(id, "ready", seconds(30));
  osc().Succeed({"revert", id});
}

INSTANTIATE_TEST_SUITE_P(Servers, ForeignKeysTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
