// Bad input, what preflight refuses, and servers that cannot be reached: each with its exit code
// and message, as text and as a JSON document, and nothing left anywhere.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/server_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Outcome;

using Words = std::vector<std::string>;

struct BadInput {
  Words words;
  std::string expected;  // a piece of the message
};

// Most words of a command are the same; these change the table `t`.
Words Alter(const std::string& clauses, const Words& more = {}) {
  Words words{"alter", "--table", "t", "--alter", clauses};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const std::vector<BadInput> kBadUsage{
    {{}, "no command"},
    {{"frobnicate"}, "frobnicate"},
    {{"--frobnicate"}, "--frobnicate"},
    {{"list", "--frobnicate"}, "--frobnicate"},
    {{"list", "extra"}, "extra"},
    {{"alter"}, "no change"},
    {{"plan"}, "no change"},
    {{"alter", "--table", "t"}, "no change"},
    {{"alter", "--alter", "ADD a2 INT"}, "no table"},
    {{"alter", "--table"}, "--table"},
    {{"alter", "ALTER TABLE t ADD a2 INT", "--alter", "ADD a2 INT"}, "twice"},
    {{"alter", "ALTER TABLE t ADD a2 INT", "--table", "u"}, "another table"},
    {{"alter", "ALTER TABLE t ADD a2 INT", "and more"}, "and more"},
    {{"alter", "DROP TABLE t"}, "DROP TABLE t"},
    {{"alter", "--table", "t", "--alter", "CREATE TABLE u (id INT)"}, "no ALTER TABLE"},
    {{"alter", "--table", "t", "--alter", "ADD a2 INT; DROP TABLE t"}, "more than one statement"},
    {{"alter", "ALTER TABLE t"}, "no clause"},
    {Alter(" "), "no"},
    {Alter("ADD a2 VARCHAR(10) DEFAULT 'open"), "inside a quoted text"},
    {Alter("ADD a2 INT /* open"), "inside a comment"},
    {Alter("ADD a2 VARCHAR(10"), "parentheses"},
    {{"alter", "--table", "a.b.c", "--alter", "ADD a2 INT"}, "a.b.c"},
    {{"alter", "--table", ".t", "--alter", "ADD a2 INT"}, "not the name of a table"},
    {{"alter", "--table", "t.", "--alter", "ADD a2 INT"}, "not the name of a table"},
    {{"alter", "--table", "`t", "--alter", "ADD a2 INT"}, "not the name of a table"},
    {{"alter", "--table", "", "--alter", "ADD a2 INT"}, "table"},
    {Alter("ADD a2 INT", {"--password", "SeCrEt"}), "no password on the command line"},
    {Alter("ADD a2 INT", {"-pSeCrEt"}), "no password on the command line"},
    {Alter("ADD a2 INT", {"--password=SeCrEt"}), "no password on the command line"},
    {Alter("ADD a2 INT", {"--port", "0"}), "--port"},
    {Alter("ADD a2 INT", {"--port", "99999"}), "--port"},
    {Alter("ADD a2 INT", {"--port", "abc"}), "--port"},
    {Alter("ADD a2 INT", {"--ssl-mode", "maybe"}), "--ssl-mode"},
    {Alter("ADD a2 INT", {"--log-level", "loud"}), "--log-level"},
    {Alter("ADD a2 INT", {"--retention", "24"}), "--retention"},
    {Alter("ADD a2 INT", {"--retention", "3 parsecs"}), "--retention"},
    {Alter("ADD a2 INT", {"--retention", "-1h"}), "--retention"},
    {Alter("ADD a2 INT", {"--retention", "99999d"}), "--retention"},
    {Alter("ADD a2 INT", {"--copy-threads", "0"}), "--copy-threads"},
    {Alter("ADD a2 INT", {"--copy-threads", "65"}), "--copy-threads"},
    {Alter("ADD a2 INT", {"--copy-threads", "two"}), "--copy-threads"},
    {Alter("ADD a2 INT", {"--apply-lanes", "1.5"}), "--apply-lanes"},
    {Alter("ADD a2 INT", {"--chunk-time", "0ms"}), "--chunk-time"},
    {Alter("ADD a2 INT", {"--max-lag", "soon"}), "--max-lag"},
    {Alter("ADD a2 INT", {"--cutover-lock-timeout", "0s"}), "--cutover-lock-timeout"},
    {Alter("ADD a2 INT", {"--wait", "--detach"}), "exclude each other"},
    {Alter("ADD a2 INT", {"--foreground", "--detach"}), "exclude each other"},
    {Alter("ADD a2 INT", {"--config", "/nonexistent/osc.ini"}), "/nonexistent/osc.ini"},
    {Alter("ADD a2 INT", {"--password-file", "/nonexistent/password"}), "/nonexistent/password"},
    {{"show"}, "ID"},
    {{"show", "nosuchid"}, "nosuchid"},
    {{"show", ""}, ""},
    {{"watch", "nosuchid"}, "nosuchid"},
    {{"cutover", "nosuchid"}, "nosuchid"},
    {{"revert", "nosuchid"}, "nosuchid"},
    {{"reapply", "nosuchid"}, "nosuchid"},
    {{"complete", "nosuchid"}, "nosuchid"},
    {{"cancel", "nosuchid"}, "nosuchid"},
    {{"pause", "nosuchid"}, "nosuchid"},
    {{"resume", "nosuchid"}, "nosuchid"},
    {{"set", "nosuchid", "retention=1h"}, "nosuchid"},
    {{"revert"}, "ID"},
    {{"revert", "nosuchid", "--wait", "--detach"}, "exclude each other"},
    {{"revert", "--keep-table", "nosuchid"}, "--keep-table"},
    {{"serve", "--exit-when-idle", "later"}, "--exit-when-idle"},
    {{"set", "nosuchid"}, "settings"},
};

// On the table t (id INT PRIMARY KEY, a INT, b VARCHAR(20), KEY a (a)).
const std::vector<BadInput> kRefusedClauses{
    {Alter("ADD COLUMN a INT"), "Duplicate column name 'a'"},
    {Alter("DROP COLUMN nosuch"), "nosuch"},
    {Alter("MODIFY nosuch INT"), "nosuch"},
    {Alter("CHANGE nosuch other INT"), "nosuch"},
    {Alter("RENAME COLUMN nosuch TO other"), "nosuch"},
    {Alter("ADD INDEX (nosuch)"), "nosuch"},
    {Alter("DROP INDEX nosuch"), "nosuch"},
    {Alter("ADD PRIMARY KEY (a)"), "Multiple primary key"},
    {Alter("ADD a2 NOSUCHTYPE"), "error "},
    {Alter("ADD a2 INT AFTER nosuch"), "nosuch"},
    {Alter("ADD a2 VARCHAR(999999999)"), "a2"},
    {Alter("ADD a2 INT DEFAULT 'text'"), "a2"},
    {Alter("ADD " + std::string(65, 'x') + " INT"), "too long"},
    {Alter("CONVERT TO CHARACTER SET nosuch"), "nosuch"},
    {Alter("ADD a2 INT COLLATE nosuch"), ""},
    {Alter("FROBNICATE a"), "FROBNICATE"},
    {Alter("ADD a2 INT,"), "comma"},
    {Alter("ADD a2 INT DROP a"), ""},
    {Alter("RENAME TO u"), "renames the table"},
    {Alter("RENAME u"), "renames the table"},
    {Alter("ALGORITHM=INPLACE, ADD a2 INT"), "ALGORITHM"},
    {Alter("ADD a2 INT, LOCK=NONE"), "LOCK"},
    {Alter("ENGINE=MyISAM"), "MyISAM"},
    {Alter("DROP PARTITION p"), "partition"},
    {Alter("DISCARD TABLESPACE"), "tablespace"},
    {Alter("ORDER BY a"), "ORDER BY"},
    {Alter("DISABLE KEYS"), "DISABLE KEYS"},
    {Alter("ADD FOREIGN KEY (a) REFERENCES u (id)"), "oreign key"},
    {Alter("ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id)"), "oreign key"},
    {Alter("DROP FOREIGN KEY nosuch"), "nosuch"},
    {Alter("ADD place POINT NOT NULL"), "point"},
    {Alter("DROP PRIMARY KEY"), "key"},
    {Alter("DROP COLUMN id"), "key"},
    {Alter("/*!50000 ADD a2 INT */"), "executable comment"},
    {{"alter", "ALTER IGNORE TABLE t ADD UNIQUE (a)"}, "IGNORE"},
};

class RefusalsTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped()) return;
    Run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(20), KEY a (a))");
    Run("INSERT INTO t VALUES (1, 1, 'one'), (2, 2, 'two')");
  }

  // Runs the command as text and with --json; both say the same, and nothing comes of it.
  void Expect(int exit_code, const BadInput& input) {
    std::string line = "osc";
    for (const std::string& word : input.words) line += " " + word;
    SCOPED_TRACE(line);
    const auto tables = Tables();
    const Outcome text = osc().Run(input.words);
    EXPECT_EQ(text.exit_code, exit_code) << text.Describe();
    EXPECT_THAT(text.err, HasSubstr("osc: ")) << text.Describe();
    EXPECT_THAT(text.err, HasSubstr(input.expected));
    EXPECT_THAT(text.out, IsEmpty());
    EXPECT_THAT(text.err, Not(HasSubstr("SeCrEt")));

    Words words{"--json"};  // first: at the end it could be taken for an option's value
    words.insert(words.end(), input.words.begin(), input.words.end());
    const Outcome json = osc().Run(words);
    EXPECT_EQ(json.exit_code, exit_code) << json.Describe();
    const nlohmann::json document = json.Json();
    ASSERT_TRUE(document["error"].is_object()) << document;
    EXPECT_FALSE(document["error"]["code"].get<std::string>().empty());
    EXPECT_THAT(document["error"]["message"].get<std::string>(), HasSubstr(input.expected));
    EXPECT_TRUE(document["error"]["hint"].is_string());
    EXPECT_THAT(json.out, Not(HasSubstr("SeCrEt")));

    EXPECT_EQ(Tables(), tables);
    EXPECT_THAT(osc().List(), IsEmpty());
    EXPECT_FALSE(osc().state().EnginePid()) << "an engine was started";
  }

  // `plan` refuses as `alter` does.
  void ExpectRefused(const Words& words, const std::string& expected) {
    Expect(3, {words, expected});
    Words plan = words;
    plan[0] = "plan";
    Expect(3, {plan, expected});
  }

  void ExpectTableRefused(const std::string& table, const std::string& expected) {
    ExpectRefused({"alter", "--table", table, "--alter", "ADD COLUMN a2 INT"}, expected);
  }
};

TEST_P(RefusalsTest, BadUsage) {
  for (const BadInput& input : kBadUsage) Expect(2, input);
}

TEST_P(RefusalsTest, BadClauses) {
  for (const BadInput& input : kRefusedClauses) Expect(3, input);
}

TEST_P(RefusalsTest, TableOrDatabaseIsNotThere) {
  ExpectTableRefused("nosuch", "nosuch");
  ExpectTableRefused("nosuchdb.t", "nosuchdb");
  ExpectTableRefused("T", "`T`");  // upper and lower case count on these servers
  osc().SetOption("--database", "nosuchdb");
  const Outcome outcome = osc().Run(Alter("ADD a2 INT"));
  EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
  EXPECT_THAT(outcome.err, HasSubstr("nosuchdb"));
}

TEST_P(RefusalsTest, NoDatabaseIsNamed) {
  osc().SetOption("--database", "");
  const Outcome outcome = osc().Run(Alter("ADD a2 INT"));
  EXPECT_EQ(outcome.exit_code, 2) << outcome.Describe();
  EXPECT_THAT(outcome.err, HasSubstr("database"));
}

TEST_P(RefusalsTest, TablesThatAreNoOrdinaryTables) {
  Run("CREATE VIEW v AS SELECT * FROM t");
  Run("CREATE TABLE old_engine (id INT PRIMARY KEY) ENGINE=MyISAM");
  Run("CREATE TABLE in_memory (id INT PRIMARY KEY) ENGINE=MEMORY");
  ExpectTableRefused("v", "view");
  ExpectTableRefused("old_engine", "MyISAM");
  ExpectTableRefused("in_memory", "MEMORY");
  ExpectTableRefused("mysql.user", "belongs to the server");
  ExpectTableRefused("information_schema.TABLES", "belongs to the server");
  if (!IsMariaDb()) return;
  Run("CREATE SEQUENCE s");
  Run("CREATE TABLE versioned (id INT PRIMARY KEY) WITH SYSTEM VERSIONING");
  ExpectTableRefused("s", "sequence");
  ExpectTableRefused("versioned", "system-versioned");
}

TEST_P(RefusalsTest, TablesWithoutAKey) {
  Run("CREATE TABLE none (a INT)");
  Run("CREATE TABLE nullable (a INT, UNIQUE KEY (a))");
  Run("CREATE TABLE plain (a INT NOT NULL, KEY (a))");
  for (const char* table : {"none", "nullable", "plain"}) ExpectTableRefused(table, "key");
}

TEST_P(RefusalsTest, ForeignKeys) {
  Run("CREATE TABLE parent (id INT PRIMARY KEY)");
  Run("CREATE TABLE child (id INT PRIMARY KEY, p INT, "
      "CONSTRAINT to_parent FOREIGN KEY (p) REFERENCES parent (id))");
  ExpectTableRefused("parent", "to_parent");
  ExpectTableRefused("child", "to_parent");
}

TEST_P(RefusalsTest, KeysThatTheServerDoesNotReadByRange) {
  Run("CREATE TABLE flags (f SET('a','b','c','d','e','f','g','h','i') PRIMARY KEY)");
  ExpectTableRefused("flags", "SET of more than 8 members");
}

TEST_P(RefusalsTest, OscsOwnTables) {
  Run("CREATE TABLE _osc_aa11bb22_t (id INT PRIMARY KEY)");
  ExpectTableRefused("_osc_aa11bb22_t", "osc's own");
  ExpectTableRefused("t", "_osc_aa11bb22_t");
}

TEST_P(RefusalsTest, MissingPrivileges) {
  const testing::TestUser user(server());
  Run("GRANT SELECT, INSERT, CREATE TEMPORARY TABLES ON `" + database() + "`.* TO " +
      user.Quoted());
  osc().SetOption("--user", user.name());
  const Outcome outcome = osc().Run(Alter("ADD a2 INT"));
  EXPECT_EQ(outcome.exit_code, 3) << outcome.Describe();
  for (const char* privilege : {"ALTER", "DROP", "LOCK TABLES", "PROCESS", "REPLICATION SLAVE",
                                "DELETE", "UPDATE", "CREATE", "GRANT"}) {
    EXPECT_THAT(outcome.err, HasSubstr(privilege));
  }
  EXPECT_THAT(osc().List(), IsEmpty());
  EXPECT_THAT(Tables(), ::testing::ElementsAre("t"));
  const Outcome doctor = osc().Run({"doctor", "--json"});
  EXPECT_EQ(doctor.exit_code, 3) << doctor.Describe();
  EXPECT_EQ(doctor.Json()["ready"], false);
}

TEST_P(RefusalsTest, ServerCannotBeReached) {
  struct Unreachable {
    std::vector<std::pair<std::string, std::string>> options;
    std::string expected;
  };
  const std::vector<Unreachable> kUnreachable{
      {{{"--port", "1"}}, "cannot connect"},
      {{{"--host", ""}, {"--port", ""}, {"--socket", "/nonexistent/socket"}},
       "/nonexistent/socket"},
      {{{"--host", "nosuch.invalid"}}, "nosuch.invalid"},
      {{{"--user", "osc_nosuch_user"}}, "osc_nosuch_user"},
      {{{"--ssl-mode", "verify-identity"}, {"--ssl-ca", "/nonexistent/ca.pem"}}, "cannot connect"},
  };
  for (const Unreachable& unreachable : kUnreachable) {
    SCOPED_TRACE(unreachable.options.back().second);
    testing::Osc unlucky(server(), database());
    for (const auto& [name, value] : unreachable.options) unlucky.SetOption(name, value);
    for (Words command :
         {Words{"alter", "--table", "d.t", "--alter", "ADD a2 INT"},
          Words{"plan", "--table", "d.t", "--alter", "ADD a2 INT"}, Words{"doctor"}}) {
      const Outcome text = unlucky.Run(command);
      EXPECT_EQ(text.exit_code, 4) << text.Describe();
      EXPECT_THAT(text.err, HasSubstr(unreachable.expected));
      EXPECT_THAT(text.err, HasSubstr("hint: "));
      command.push_back("--json");
      const Outcome json = unlucky.Run(command);
      EXPECT_EQ(json.exit_code, 4) << json.Describe();
      EXPECT_THAT(json.Json()["error"]["message"].get<std::string>(),
                  HasSubstr(unreachable.expected));
    }
    EXPECT_THAT(unlucky.List(), IsEmpty());
  }
}

TEST_P(RefusalsTest, WrongPassword) {
  osc().SetEnvironment("OSC_PASSWORD", "SeCrEt");
  const Outcome outcome = osc().Run(Alter("ADD a2 INT"));
  EXPECT_EQ(outcome.exit_code, 4) << outcome.Describe();
  EXPECT_THAT(outcome.err, Not(HasSubstr("SeCrEt")));
  EXPECT_THAT(outcome.err, HasSubstr("OSC_PASSWORD"));
}

TEST_P(RefusalsTest, EngineIsNotThereAndMayNotBeStarted) {
  const Outcome alter = osc().Run(Alter("ADD a2 INT", {"--no-autostart"}));
  EXPECT_EQ(alter.exit_code, 4) << alter.Describe();
  EXPECT_THAT(alter.err, HasSubstr("osc serve"));
  EXPECT_THAT(osc().List(), IsEmpty());
  EXPECT_THAT(Tables(), ::testing::ElementsAre("t"));
  const std::string id = osc().Alter("t", "ADD a2 INT");
  osc().state().StopEngine();
  for (const char* command : {"revert", "complete"}) {
    const Outcome outcome = osc().Run({command, id, "--no-autostart"});
    EXPECT_EQ(outcome.exit_code, 4) << outcome.Describe();
  }
  EXPECT_EQ(osc().Show(id)["state"], "live");
}

// F7
TEST_P(RefusalsTest, StateDirectoryIsUnusable) {
  const auto home = osc().state().home();
  std::ofstream(home / "file") << "no directory";
  std::filesystem::create_directory(home / "damaged");
  std::ofstream(home / "damaged" / "osc.sqlite") << std::string(5000, 'x');
  for (const char* directory : {"file", "file/below", "damaged"}) {
    const std::string path = (home / directory).string();
    SCOPED_TRACE(path);
    osc().SetOption("--state-dir", path);
    for (const Words& command : {Alter("ADD a2 INT"), Words{"list"}, Words{"serve"}}) {
      const Outcome outcome = osc().Run(command);
      EXPECT_EQ(outcome.exit_code, 3) << command[0] << ": " << outcome.Describe();
      EXPECT_THAT(outcome.err, HasSubstr(path));
    }
  }
  EXPECT_THAT(Tables(), ::testing::ElementsAre("t"));
}

TEST_P(RefusalsTest, BadConfigurationFile) {
  const auto file = osc().state().home() / "osc.toml";
  std::ofstream(file) << "nosuchoption = 1\n";
  Expect(2, {Alter("ADD a2 INT", {"--config", file.string()}), "nosuchoption"});
}

// Of a migration that is there, but not in a state for it. The refusals of the door's own commands
// are in door_test.cc.
TEST_P(RefusalsTest, CommandsThatDoNotFitTheState) {
  const std::string id = osc().Alter("t", "ADD a2 INT");
  const std::vector<BadInput> inputs{
      {{"cutover", id}, "live already"}, {{"reapply", id}, "has not been reverted"},
      {{"cancel", id}, "live already"},  {{"pause", id}, "live already"},
      {Alter("ADD b2 INT"), id},         {{"plan", "ALTER TABLE t ADD b2 INT"}, id},
  };
  for (const BadInput& input : inputs) {
    const Outcome outcome = osc().Run(input.words);
    EXPECT_EQ(outcome.exit_code, 3) << input.words[0] << ": " << outcome.Describe();
    EXPECT_THAT(outcome.err, HasSubstr(input.expected));
  }
  const std::vector<BadInput> settings{
      {{"set", id, "retention"}, "key=value"},
      {{"set", id, "=1h"}, "key=value"},
      {{"set", id, "nosuch=1"}, "nosuch"},
      {{"set", id, "retention=abc"}, "abc"},
      {{"set", id, "max-lag=5"}, "max-lag"},
      {{"set", id, "copy-threads=many"}, "many"},
      {{"set", id, "postpone-cutover=perhaps"}, "perhaps"},
  };
  for (const BadInput& input : settings) {
    const Outcome outcome = osc().Run(input.words);
    EXPECT_EQ(outcome.exit_code, 2) << input.words[2] << ": " << outcome.Describe();
    EXPECT_THAT(outcome.err, HasSubstr(input.expected));
  }
  EXPECT_EQ(osc().Show(id)["state"], "live");
  EXPECT_EQ(osc().Show(id)["settings"]["retention"], "24h");
  EXPECT_EQ(osc().List().size(), 1U);
}

TEST_P(RefusalsTest, AmbiguousPrefixOfAnId) {
  // Twelve ids that begin with one of 36 characters: seldom no two alike, so more are made until
  // two are.
  std::map<char, std::string> seen;
  std::string prefix;
  for (int i = 0; i < 37 && prefix.empty(); ++i) {
    const std::string id = osc().Alter("t", "ADD a2 INT", {"--postpone-cutover"});
    osc().Succeed({"cancel", id});
    if (!seen.emplace(id[0], id).second) prefix = id.substr(0, 1);
  }
  const Outcome outcome = osc().Run({"show", prefix});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.Describe();
  EXPECT_THAT(outcome.err, HasSubstr(seen[prefix[0]]));
  EXPECT_EQ(osc().Run({"show", seen[prefix[0]].substr(0, 7)}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Servers, RefusalsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
