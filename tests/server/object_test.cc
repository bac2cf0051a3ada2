// Tables and views that are created and dropped by migration files, and taken back.
#include "tests/support/files_test.h"

namespace osc {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Outcome;

class ObjectTest : public testing::FilesTest {
 protected:
  // Applies a file with this text; the ids of its migrations.
  Names ApplyText(const std::string& text, const Names& more = {}) {
    const std::string file = std::to_string(++files_) + ".sql";
    Write(file, text);
    Names command{"apply", Folder() / file, "--json"};
    command.insert(command.end(), more.begin(), more.end());
    const nlohmann::json files = osc().Succeed(command).Json();
    Names ids;
    for (const auto& migration : files.back()["migrations"]) ids.push_back(migration["id"]);
    return ids;
  }
  std::string ApplyOne(const std::string& text, const Names& more = {}) {
    const Names ids = ApplyText(text, more);
    EXPECT_EQ(ids.size(), 1U) << text;
    return ids.at(0);
  }
  Outcome RefuseText(const std::string& text, const std::string& part) {
    Write("0.sql", text);
    const Outcome outcome = ExpectRefused({"apply", Folder() / "0.sql"}, part);
    std::filesystem::remove(Folder() / "0.sql");
    return outcome;
  }
  // Tables and views of the application and of osc, but for the ledger.
  Names Objects() {
    Names names = Tables();
    std::erase(names, "_osc_ledger");
    return names;
  }
  void ExpectReady(const std::string& id, const std::string& live) {
    const nlohmann::json now = osc().Show(id);
    EXPECT_EQ(now["state"], live == "new" ? "live" : "reverted");
    EXPECT_EQ(now["live"], live);
    EXPECT_EQ(now["revert"]["readiness"], "ready");
    EXPECT_NE(now["revert"]["expires_at"], nullptr);
  }
  // There and back again, and there.
  void TurnTheDoor(const std::string& id) {
    for (const char* command : {"revert", "reapply", "revert", "reapply"}) {
      osc().Succeed({command, id});
      ExpectReady(id, std::string(command) == "revert" ? "old" : "new");
    }
  }
  // kind: TABLE or VIEW
  std::string Definition(const std::string& kind, const std::string& name) {
    auto row = connection().Query("SHOW CREATE " + kind + " " + name);
    row.Next();
    return row.Text(1);
  }
  std::string View(const std::string& name) { return Definition("VIEW", name); }

 private:
  int files_ = 0;
};

TEST_P(ObjectTest, ATableThatIsCreatedGoesOffStageWithItsRows) {
  const std::string id = ApplyOne(
      "CREATE TABLE made (id INT AUTO_INCREMENT PRIMARY KEY, `a b` INT, CHECK (`a b` < 9),\n"
      " at TIMESTAMP NOT NULL DEFAULT '2020-01-02 03:04:05');\n"
      "CREATE INDEX by_a ON made (`a b`);\nALTER TABLE made ADD c INT DEFAULT 3;");
  ExpectReady(id, "new");
  EXPECT_THAT(Objects(), ElementsAre("made"));
  Run("INSERT INTO made (`a b`) VALUES (1), (2)");
  EXPECT_EQ(Value("SELECT SUM(c) FROM made FORCE INDEX (by_a)"), "6");
  const nlohmann::json shown = osc().Show(id);
  EXPECT_EQ(shown["action"], "create-table");
  EXPECT_EQ(shown["off_stage_table"], nullptr);
  ExpectRefused({"verify", id}, "no rows are copied");

  osc().Succeed({"revert", id});
  ExpectReady(id, "old");
  EXPECT_THAT(Objects(), ElementsAre(osc().Show(id)["off_stage_table"].get<std::string>()));
  osc().Succeed({"reapply", id});
  EXPECT_EQ(Value("SELECT SUM(id*`a b`) FROM made"), "5");
  EXPECT_THAT(osc().Run({"revert", id}).out, HasSubstr("taken back: CREATE TABLE made"));
  osc().Succeed({"complete", id});
  EXPECT_THAT(Objects(), IsEmpty());
}

TEST_P(ObjectTest, ADroppedTableComesBackWithItsRows) {
  CreateTitledUsers("users", 500);
  const std::string before = Definition("TABLE", "users");
  const std::string id = ApplyOne("DROP TABLE users");
  EXPECT_EQ(osc().Show(id)["action"], "drop-table");
  ExpectReady(id, "new");
  EXPECT_THAT(Objects(), ElementsAre(osc().Show(id)["off_stage_table"].get<std::string>()));
  TurnTheDoor(id);
  osc().Succeed({"revert", id});
  EXPECT_EQ(Definition("TABLE", "users"), before);
  ExpectTitles("users", 500);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM users"), "500");
  EXPECT_EQ(osc().Show(id)["off_stage_table"], nullptr);

  // It may be changed again only when the door is closed.
  RefuseText("ALTER TABLE users DROP title", "can still be taken back");
  osc().Succeed({"complete", id});
  EXPECT_THAT(Objects(), ElementsAre("users"));
  ExpectTitles("users", 500);
  const std::string again = ApplyOne("DROP TABLE IF EXISTS users", {"--retention", "1s"});
  osc().WaitForState(again, "completed");
  EXPECT_THAT(Objects(), IsEmpty());
}

TEST_P(ObjectTest, ViewsGoBackAndForward) {
  Run("CREATE TABLE t (a INT, b INT)");
  const std::string made = ApplyOne("CREATE SQL SECURITY INVOKER VIEW v (x) AS SELECT a FROM t");
  const std::string first = View("v");
  EXPECT_THAT(first, HasSubstr("INVOKER"));
  TurnTheDoor(made);
  EXPECT_EQ(View("v"), first);
  osc().Succeed({"complete", made});

  // What an ALTER VIEW leaves open stays; a view that is replaced is a new one.
  for (const char* statement :
       {"ALTER VIEW v AS SELECT b FROM t", "CREATE OR REPLACE VIEW v AS SELECT a+b AS y FROM t"}) {
    SCOPED_TRACE(statement);
    const std::string before = View("v");
    const std::string id = ApplyOne(statement);
    const std::string after = View("v");
    EXPECT_NE(before, after);
    TurnTheDoor(id);
    EXPECT_EQ(View("v"), after);
    osc().Succeed({"revert", id});
    EXPECT_EQ(View("v"), before);
    Run(statement);
    EXPECT_EQ(View("v"), after) << "as the server does it";
    ExpectRefused({"reapply", id}, "somebody has replaced it");
    Run("DROP VIEW v");
    Run(before);
    osc().Succeed({"reapply", id});
    osc().Succeed({"complete", id});
    EXPECT_EQ(View("v"), after);
    EXPECT_THAT(Objects(), ElementsAre("t", "v"));
  }
  const std::string dropped = ApplyOne("DROP VIEW v");
  EXPECT_THAT(Objects(), Not(::testing::Contains("v")));
  TurnTheDoor(dropped);
  osc().Succeed({"revert", dropped});
  EXPECT_THAT(View("v"), HasSubstr("`y`"));
  osc().Succeed({"complete", dropped});
  EXPECT_THAT(Objects(), ElementsAre("t", "v"));
}

TEST_P(ObjectTest, WhatChangesNothingRevertsToNothing) {
  Run("CREATE TABLE t (a INT)");
  Run("CREATE VIEW v AS SELECT a FROM t");
  const Names ids = ApplyText(
      "CREATE TABLE IF NOT EXISTS t (other INT); DROP TABLE IF EXISTS missing, also_missing;"
      "DROP VIEW IF EXISTS no_view;");
  ASSERT_EQ(ids.size(), 4U);
  for (const std::string& id : ids) {
    ExpectReady(id, "new");
    EXPECT_EQ(osc().Show(id)["off_stage_table"], nullptr);
    EXPECT_THAT(osc().Succeed({"show", id}).out, HasSubstr("nothing is changed"));
    TurnTheDoor(id);
    EXPECT_THAT(Objects(), ElementsAre("t", "v"));
    osc().Succeed({"complete", id});
  }
  EXPECT_THAT(Objects(), ElementsAre("t", "v"));
}

TEST_P(ObjectTest, WhatCannotBeTakenBackIsRefusedBeforeAnythingIsTouched) {
  Run("CREATE TABLE parent (a INT PRIMARY KEY) ENGINE=InnoDB");
  Run("CREATE TABLE child (a INT, FOREIGN KEY (a) REFERENCES parent (a)) ENGINE=InnoDB");
  Run("CREATE VIEW v AS SELECT a FROM parent");
  RefuseText("CREATE TABLE parent (b INT)", "exists already");
  RefuseText("CREATE VIEW parent AS SELECT 1", "exists already");
  RefuseText("CREATE OR REPLACE VIEW parent AS SELECT 1", "is a table");
  RefuseText("DROP TABLE v", "is a view");
  RefuseText("DROP VIEW parent", "is a table");
  RefuseText("DROP TABLE parent", "has a foreign key");
  RefuseText("DROP TABLE child", "has a foreign key");
  RefuseText("CREATE OR REPLACE TABLE t (a INT)", "OR REPLACE TABLE");
  RefuseText("CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES parent (a))",
             "CREATE TABLE with a foreign key");
  RefuseText("CREATE TABLE other.t (a INT)", "the table is in the database other");
  for (const char* statement :
       {"DROP TABLE missing", "DROP VIEW missing", "ALTER VIEW missing AS SELECT 1"}) {
    Write("0.sql", statement);
    ExpectExit(3, {"apply", Folder() / "0.sql"}, "there is no ");
  }
  EXPECT_THAT(osc().List(), IsEmpty());

  // What only the server can tell comes when it is tried, and leaves nothing behind.
  Write("0.sql", "CREATE TABLE t (a INT, a INT)");
  ExpectExit(3, {"apply", Folder() / "0.sql"}, "Duplicate column name");
  EXPECT_THAT(Objects(), ElementsAre("child", "parent", "v"));
}

TEST_P(ObjectTest, ATakenNameIsNotOverwritten) {
  Run("CREATE TABLE t (a INT)");
  Run("INSERT INTO t VALUES (1)");
  const std::string id = ApplyOne("DROP TABLE t");
  Run("CREATE TABLE t (b INT)");
  ExpectRefused({"revert", id}, "somebody has created it");
  ExpectReady(id, "new");
  Run("RENAME TABLE t TO u");
  osc().Succeed({"revert", id});
  EXPECT_EQ(Value("SELECT a FROM t"), "1");
}

TEST_P(ObjectTest, ADropWaitsForReadersAndSaysForWhom) {
  CreateTitledUsers("users", 100);
  mysql::Connection reader = server().Connect(database());
  reader.Execute("START TRANSACTION");
  reader.Query("SELECT * FROM users LIMIT 1");
  Write("1.sql", "DROP TABLE users");
  const auto apply = osc().Start(Command({"--cutover-lock-timeout", "500ms"}));
  testing::WaitUntil(
      "the lock to be given up",
      [&] { return apply->ErrSoFar().find("was not given within") != std::string::npos; },
      std::chrono::seconds(30));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM users"), "100");
  reader.Execute("COMMIT");
  EXPECT_EQ(apply->Wait(osc().kDeadline).exit_code, 0);
  EXPECT_THAT(Objects(), Not(::testing::Contains("users")));
}

TEST_P(ObjectTest, AReleaseOfThemGoesBackAndForward) {
  Run("CREATE TABLE old_one (a INT PRIMARY KEY)");
  Run("INSERT INTO old_one VALUES (7)");
  CreateTitledUsers("users", 50);
  Write("1.sql", "CREATE TABLE fresh (id INT PRIMARY KEY);\nDROP TABLE old_one;");
  Write("2.sql", "ALTER TABLE users DROP title;\nCREATE VIEW emails AS SELECT email FROM users;");
  const Outcome plan = osc().Succeed(Command({"--dry-run"}));
  EXPECT_THAT(plan.out, AllOf(HasSubstr("it is made off stage and renamed"),
                              HasSubstr("dropped when the retention ends")));
  EXPECT_THAT(Objects(), ElementsAre("old_one", "users"));
  Apply({"--postpone-cutover"});
  EXPECT_THAT(Objects(), Not(::testing::Contains("fresh")));
  osc().Succeed({"cutover", "--all"});
  EXPECT_EQ(Value("SELECT COUNT(*) FROM emails"), "50");
  EXPECT_THAT(Objects(), AllOf(::testing::Contains("fresh"), Not(::testing::Contains("old_one"))));
  for (const char* file : {"2.sql", "1.sql"}) osc().Succeed({"revert", "--file", file});
  EXPECT_THAT(Objects(), AllOf(::testing::Contains("old_one"), Not(::testing::Contains("fresh")),
                               Not(::testing::Contains("emails"))));
  EXPECT_EQ(Value("SELECT a FROM old_one"), "7");
  ExpectTitles("users", 50);
  Apply();
  EXPECT_EQ(Value("SELECT COUNT(*) FROM emails"), "50");
}

INSTANTIATE_TEST_SUITE_P(Servers, ObjectTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
