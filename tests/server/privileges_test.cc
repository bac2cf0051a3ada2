// What an account may do, and what it is told when that is not enough.
#include "ddl/privileges.h"

#include "tests/server/preflight_fixture_test.h"

namespace osc::ddl {
namespace {

class PrivilegesTest : public PreflightTest {};

const std::vector<std::string> kDatabasePrivileges = {
    "SELECT", "INSERT", "UPDATE", "DELETE",      "CREATE",
    "ALTER",  "DROP",   "INDEX",  "LOCK TABLES", "CREATE TEMPORARY TABLES",
    "TRIGGER"};

std::string Join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ", ") + word;
  return joined;
}

TEST_P(PrivilegesTest, SeesForeignKeysThatTheUserMayNotSee) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  testing::TestDatabase elsewhere(GetParam());
  Run("CREATE TABLE " + elsewhere.name() +
      ".child (id INT PRIMARY KEY, "
      "CONSTRAINT far FOREIGN KEY (id) REFERENCES " +
      database() + ".t (id))");
  const testing::TestUser user(GetParam());
  Grant(user, "ALL PRIVILEGES", "`" + database() + "`.*");
  Grant(user, "PROCESS, REPLICATION CLIENT, REPLICATION SLAVE", "*.*");
  mysql::Connection as_user = ConnectAs(user);
  try {
    Preflight(as_user, {database(), "t"}, ParseAlter("ADD a INT"));
    ADD_FAILURE() << "the foreign key was not seen";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("far"), std::string::npos) << error.message();
  }
}

TEST_P(PrivilegesTest, NamesTheOnePrivilegeThatIsMissing) {
  const std::string client = IsMariaDb() ? "BINLOG MONITOR" : "REPLICATION CLIENT";
  std::vector<std::string> all = kDatabasePrivileges;
  const std::vector<std::string> global = {"PROCESS", client, "REPLICATION SLAVE"};
  all.insert(all.end(), global.begin(), global.end());
  for (const std::string& missing : all) {
    const testing::TestUser user(GetParam());
    std::vector<std::string> on_database;
    std::vector<std::string> on_server;
    for (const std::string& privilege : kDatabasePrivileges) {
      if (privilege != missing) on_database.push_back(privilege);
    }
    for (const std::string& privilege : global) {
      if (privilege != missing) on_server.push_back(privilege);
    }
    Grant(user, Join(on_database), "`" + database() + "`.*");
    Grant(user, Join(on_server), "*.*");
    mysql::Connection as_user = ConnectAs(user);
    const MissingPrivileges found = FindMissingPrivileges(as_user, database());
    EXPECT_EQ(Join(found.on_database) + Join(found.global), missing);
  }
}

TEST_P(PrivilegesTest, ListsAllMissingPrivilegesAtOnce) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  const testing::TestUser user(GetParam());
  mysql::Connection as_user = ConnectAs(user);
  std::vector<std::string> parts = kDatabasePrivileges;
  parts.insert(parts.end(), {"PROCESS", "REPLICATION SLAVE", "GRANT ", user.Quoted()});
  ExpectError("no privileges", ErrorCode::kRefused, parts, [&] {
    Preflight(as_user, {database(), "t"}, ParseAlter("ADD a INT"));
  });
  // What the message says has to be granted is enough.
  const DoctorFinding finding = CheckPrivileges(as_user, database());
  EXPECT_EQ(finding.status, FindingStatus::kProblem);
  const size_t semicolon = finding.fix.find("; ");
  ASSERT_NE(semicolon, std::string::npos) << finding.fix;
  Run(finding.fix.substr(0, semicolon));
  Run(finding.fix.substr(semicolon + 2));
  mysql::Connection again = ConnectAs(user);
  const Trace before = TakeTrace();
  EXPECT_NO_THROW(Preflight(again, {database(), "t"}, ParseAlter("ADD a INT")));
  ExpectNothingLeft(before, "a plan of a user with the least privileges");
}

TEST_P(PrivilegesTest, TakesPrivilegesFromARole) {
  Run("CREATE TABLE t (id INT PRIMARY KEY)");
  const testing::TestUser user(GetParam());
  const std::string role = "'" + database() + "r'";
  Run("CREATE ROLE " + role);
  Run("GRANT ALL PRIVILEGES ON *.* TO " + role);
  Run("GRANT " + role + " TO " + user.Quoted());
  Run(IsMariaDb() ? "SET DEFAULT ROLE " + role + " FOR " + user.Quoted()
                  : "SET DEFAULT ROLE " + role + " TO " + user.Quoted());
  mysql::Connection as_user = ConnectAs(user);
  EXPECT_NO_THROW(Preflight(as_user, {database(), "t"}, ParseAlter("ADD a INT")));
  Run("DROP ROLE " + role);
}

INSTANTIATE_TEST_SUITE_P(Servers, PrivilegesTest, ::testing::ValuesIn(testing::Servers()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace osc::ddl
