// Other people's DDL on either table: loud, and both tables stay. R9 of the acceptance list.
#include <map>

#include "tests/support/users_test.h"

namespace osc {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Outcome;

// Each kind of foreign DDL on a migration of its own, all served by one engine.
struct ForeignChange {
  std::string name;  // of the table too
  bool of_live;
  std::string sql;       // with {table} and {database}
  std::string expected;  // a word of what happened, in the message
};

const std::vector<ForeignChange> kForeignChanges{
    {"alter_live", true, "ALTER TABLE {table} ADD COLUMN foreign_column INT", "ALTER"},
    {"drop_live", true, "DROP TABLE {table}", "DROP"},
    {"rename_live", true, "RENAME TABLE {table} TO {database}.moved_live", "RENAME"},
    {"alter_off", false, "ALTER TABLE {table} ADD COLUMN foreign_column INT", "ALTER"},
    {"drop_off", false, "DROP TABLE {table}", "DROP"},
    {"rename_off", false, "RENAME TABLE {table} TO {database}.moved_off", "RENAME"},
    {"index_live", true, "CREATE INDEX foreign_index ON {table} (amount)", "INDEX"},
    {"truncate_off", false, "TRUNCATE TABLE {table}", "TRUNCATE"},
};

class ForeignDdlTest : public testing::UsersTest {
 protected:
  // Makes a migration for each change, does the changes, and returns the migrations' ids.
  std::map<std::string, std::string> ChangeAll(const Names& options) {
    std::map<std::string, std::string> ids;
    for (const ForeignChange& change : kForeignChanges) CreateTitledUsers(change.name, 20);
    for (const ForeignChange& change : kForeignChanges) {
      ids[change.name] = osc().Alter(change.name, "DROP COLUMN title", options);
    }
    for (const ForeignChange& change : kForeignChanges) {
      const std::string off_stage = osc().Show(ids[change.name])["off_stage_table"];
      std::string sql = change.sql;
      const auto replace = [&sql](const std::string& from, const std::string& to) {
        const size_t at = sql.find(from);
        if (at != std::string::npos) sql.replace(at, from.size(), to);
      };
      replace("{table}", mysql::Quote({database(), change.of_live ? change.name : off_stage}));
      replace("{database}", database());
      Run(sql);
    }
    return ids;
  }

  // What the foreign statement left of the two tables is still there, with its rows.
  void ExpectTablesKept(const ForeignChange& change, const std::string& off_stage) {
    Names expected{change.name, off_stage};
    std::string& changed = expected[change.of_live ? 0 : 1];
    if (change.name.starts_with("rename")) {
      changed = change.of_live ? "moved_live" : "moved_off";
    }
    const Names tables = Tables();
    for (const std::string& table : expected) {
      const bool dropped = change.name.starts_with("drop") && table == changed;
      EXPECT_EQ(std::count(tables.begin(), tables.end(), table), dropped ? 0 : 1) << table;
      if (dropped) continue;
      const bool emptied = change.name.starts_with("truncate") && table == changed;
      EXPECT_EQ(Value("SELECT COUNT(*) FROM " + mysql::QuoteIdentifier(table)),
                emptied ? "0" : "20")
          << table;
    }
  }
};

TEST_P(ForeignDdlTest, R9BeforeTheCutoverFailsTheMigration) {
  const auto ids = ChangeAll({"--postpone-cutover"});
  for (const ForeignChange& change : kForeignChanges) {
    SCOPED_TRACE(change.sql);
    const std::string& id = ids.at(change.name);
    const nlohmann::json failed = osc().WaitForState(id, "failed", seconds(20));
    ASSERT_TRUE(failed["error"].is_object()) << failed;
    EXPECT_EQ(failed["error"]["code"], "diverged");
    EXPECT_THAT(failed["error"]["message"].get<std::string>(), HasSubstr(change.expected));
    EXPECT_THAT(
        failed["error"]["message"].get<std::string>(),
        HasSubstr(change.of_live ? change.name : failed["off_stage_table"].get<std::string>()));
    EXPECT_EQ(failed["stream"]["running"], false);
    EXPECT_EQ(failed["swaps"].size(), 0U);
    EXPECT_EQ(osc().Run({"cutover", id}).exit_code, 3);
    ExpectTablesKept(change, failed["off_stage_table"]);
  }
}

TEST_P(ForeignDdlTest, R9AfterTheCutoverWithdrawsTheRevert) {
  const auto ids = ChangeAll({});
  for (const ForeignChange& change : kForeignChanges) {
    SCOPED_TRACE(change.sql);
    const std::string& id = ids.at(change.name);
    const nlohmann::json stopped = osc().WaitUntil(
        id, "the stream to stop",
        [](const nlohmann::json& now) { return now["revert"]["readiness"] == "stopped"; },
        seconds(20));
    EXPECT_EQ(stopped["state"], "live");
    ASSERT_TRUE(stopped["error"].is_object()) << stopped;
    EXPECT_THAT(stopped["error"]["message"].get<std::string>(), HasSubstr(change.expected));
    EXPECT_EQ(stopped["stream"]["running"], false);
    EXPECT_FALSE(stopped["revert"]["reasons"].empty());

    const Outcome revert = osc().Run({"revert", id});
    EXPECT_EQ(revert.exit_code, 3) << revert.Describe();
    EXPECT_THAT(revert.err, HasSubstr(change.expected));
    EXPECT_EQ(osc().Show(id)["state"], "live");
    ExpectTablesKept(change, stopped["off_stage_table"]);
    // In the list people see it too, and again after a restart.
    EXPECT_THAT(osc().Succeed({"list"}).out, HasSubstr("stopped"));
  }
  osc().state().KillEngine();
  for (const ForeignChange& change : kForeignChanges) {
    SCOPED_TRACE("after a restart: " + change.sql);
    const std::string& id = ids.at(change.name);
    const Outcome revert = osc().Run({"revert", id});
    EXPECT_EQ(revert.exit_code, 3) << revert.Describe();
    EXPECT_EQ(osc().Show(id)["revert"]["readiness"], "stopped");
    ExpectTablesKept(change, osc().Show(id)["off_stage_table"]);
    const Outcome complete = osc().Run({"complete", id});
    EXPECT_EQ(complete.exit_code, 0) << complete.Describe();
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, ForeignDdlTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
