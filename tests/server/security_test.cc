// Secrets, rights, and who may listen.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/support/private_server.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/users_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Outcome;

std::string ReadFile(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class SecurityTest : public testing::UsersTest {
 protected:
  void SetUp() override {
    UsersTest::SetUp();
    if (!IsSkipped()) CreateTitledUsers("users", 50);
  }
};

// Invariant 8. The password is a word that occurs nowhere else.
TEST_P(SecurityTest, ThePasswordStaysSecret) {
  const std::string secret = "pw7Qz3xKv9Lm2";
  const testing::TestUser user(server(), "IDENTIFIED BY '" + secret + "'");
  Run("GRANT ALL PRIVILEGES ON *.* TO " + user.Quoted());

  osc().SetEnvironment("OSC_PASSWORD", secret);
  // MySQL's default login sends the password itself only over TLS or with the server's key.
  osc().SetOption("--user", user.name());
  osc().SetOption("--ssl-mode", "preferred");
  std::string seen;
  const auto note = [&](const Outcome& outcome) { seen += outcome.out + outcome.err; };
  const Outcome alter = osc().Run({"alter", "--table", "users", "--alter", "DROP COLUMN title",
                                   "--log-level", "trace", "--json"});
  ASSERT_EQ(alter.exit_code, 0) << alter.Describe();
  note(alter);
  const std::string id = alter.Json()["id"];
  note(osc().Run({"show", id, "--json"}));
  note(osc().Run({"show", id}));
  note(osc().Run({"list"}));

  const auto engine = osc().state().EnginePid();
  ASSERT_TRUE(engine);
  const std::string process = "/proc/" + std::to_string(*engine);
  EXPECT_THAT(ReadFile(process + "/cmdline"), HasSubstr("serve"));
  EXPECT_THAT(ReadFile(process + "/cmdline"), Not(HasSubstr(secret)));
  mysql::Result sessions = connection().Query("SHOW FULL PROCESSLIST");
  bool engine_seen = false;
  while (sessions.Next()) {
    engine_seen = engine_seen || sessions.Text(1) == user.name();
    EXPECT_THAT(sessions.Text(7), Not(HasSubstr(secret)));
  }
  EXPECT_TRUE(engine_seen);
  note(osc().Run({"revert", id}));

  osc().state().StopEngine();
  osc().SetEnvironment("OSC_PASSWORD", "wrong " + secret);
  const Outcome wrong = osc().Run({"doctor"});
  EXPECT_EQ(wrong.exit_code, 4) << wrong.Describe();
  note(wrong);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(osc().state().path())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(ReadFile(entry.path()), Not(HasSubstr(secret))) << entry.path();
  }
  EXPECT_THAT(seen, Not(HasSubstr(secret)));
}

TEST_P(SecurityTest, PasswordComesFromFiles) {
  const std::string secret = "pw4Rt8yNb1Wc6";
  const testing::TestUser user(server(), "IDENTIFIED BY '" + secret + "'");
  Run("GRANT ALL PRIVILEGES ON *.* TO " + user.Quoted());
  const auto home = osc().state().home();
  const mysql::ConnectionOptions options = server().Options();
  std::ofstream(home / "my.cnf") << "[client]\nuser=" << user.name() << "\npassword=" << secret
                                 << "\nhost=" << options.host << "\nport=" << options.port << "\n";
  std::ofstream(home / "password") << secret << "\n";

  // The engine has to find it by itself: it gets the file's name, never the password.
  osc().SetOption("--user", user.name());
  osc().SetOption("--ssl-mode", "preferred");
  osc().SetOption("--password-file", (home / "password").string());
  const std::string id = osc().Alter("users", "DROP COLUMN title");
  osc().Succeed({"complete", id});
  for (const char* name : {"--user", "--password-file", "--host", "--port"}) {
    osc().SetOption(name, "");
  }
  osc().SetOption("--defaults-file", (home / "my.cnf").string());
  osc().Alter("users", "ADD COLUMN title INT");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(osc().state().path())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(ReadFile(entry.path()), Not(HasSubstr(secret))) << entry.path();
  }
}

// Values of the application are quoted where a person needs them, and never at length.
TEST_P(SecurityTest, LongValuesStayOutOfFilesAndMessages) {
  Run("ALTER TABLE users MODIFY title TEXT NOT NULL");
  const std::string id = osc().Alter("users", "MODIFY title LONGTEXT NOT NULL");
  Run("UPDATE users SET title=CONCAT(REPEAT('a', 70000), 'HIDDEN', REPEAT('b', 70000)) WHERE id=7");
  osc().WaitUntil(id, "the row to be found unfit", [](const nlohmann::json& show) {
    return show["revert"]["readiness"] == "blocked";
  });
  const Outcome revert = osc().Run({"revert", id});
  EXPECT_EQ(revert.exit_code, 3) << revert.Describe();
  EXPECT_THAT(revert.err, HasSubstr("id=7"));
  EXPECT_LT(revert.err.size(), 2000U);
  EXPECT_THAT(osc().Show(id).dump(), Not(HasSubstr("HIDDEN")));
  osc().state().StopEngine();
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(osc().state().path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    EXPECT_THAT(ReadFile(entry.path()), Not(HasSubstr("HIDDEN"))) << entry.path();
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path();
  }
  EXPECT_GE(files, 4);  // store, backup, lock, log
}

// Exactly what the README grants, through everything that a migration does.
TEST_P(SecurityTest, RightsOfTheReadmeAreEnough) {
  const testing::TestUser user(server(), "IDENTIFIED BY 'pw5Kt2wQz8'");
  const std::string readme = ReadFile(OSC_TEST_SOURCES "/README.md");
  const std::regex grant(R"(GRANT ([A-Z, \n]+) ON (shop|\*)\.\* TO osc@'%';)");
  int grants = 0;
  for (std::sregex_iterator match(readme.begin(), readme.end(), grant), end; match != end;
       ++match) {
    const std::string scope = (*match)[2] == "shop" ? "`" + database() + "`" : "*";
    Run("GRANT " + (*match)[1].str() + " ON " + scope + ".* TO " + user.Quoted());
    ++grants;
  }
  ASSERT_EQ(grants, 2);
  osc().SetEnvironment("OSC_PASSWORD", "pw5Kt2wQz8");
  osc().SetOption("--user", user.name());
  osc().SetOption("--ssl-mode", "preferred");
  osc().Succeed({"doctor"});
  const std::string id = osc().Alter(
      "users", "DROP COLUMN title, MODIFY amount BIGINT NULL, DROP INDEX email, ADD n INT");
  Run("INSERT INTO users (token, email, amount) VALUES (901, 'new@x', NULL), (902, 'new@x', 2)");
  osc().WaitUntil(id, "rows to be found unfit", [](const nlohmann::json& show) {
    return show["revert"]["readiness"] == "blocked";
  });
  osc().Succeed(
      {"revert", id, "--accept-loss", "--report", (osc().state().home() / "report").string()});
  Run("UPDATE users SET token=token+1000 WHERE id=1");
  osc().Succeed({"reapply", id});
  Run("TRUNCATE TABLE users");
  osc().WaitUntilCaughtUp(id);
  osc().Succeed({"complete", id});
  osc().Succeed({"cancel", osc().Alter("users", "ADD m INT", {"--postpone-cutover"})});
}

// A server whose certificate is for "localhost", from an authority that signs nothing else.
class TlsTest : public ::testing::TestWithParam<testing::TestServer> {
 protected:
  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    const std::string in = "cd " + directory_.path().string() + " && ";
    for (const char* authority : {"good", "bad"}) {
      const std::string name = authority;
      Shell(in + "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name +
            " -keyout " + name + ".key -out " + name + ".pem");
    }
    Shell(in + "openssl req -newkey rsa:2048 -nodes -subj /CN=osc -keyout server.key -out csr");
    Shell(in +
          "echo subjectAltName=DNS:localhost > names && openssl x509 -req -in csr -days 2 "
          "-CA good.pem -CAkey good.key -CAcreateserial -extfile names -out server.pem");
    server_.emplace(GetParam(), std::vector<std::string>{"--ssl-ca=" + File("good.pem"),
                                                         "--ssl-cert=" + File("server.pem"),
                                                         "--ssl-key=" + File("server.key")});
  }
  static void Shell(const std::string& command) {
    ASSERT_EQ(std::system((command + " 2>/dev/null").c_str()), 0) << command;
  }
  std::string File(const std::string& name) const { return directory_.path() / name; }
  const testing::TestServer& server() const { return server_->server(); }

 private:
  testing::TemporaryDirectory directory_;
  std::optional<testing::PrivateServer> server_;
};

TEST_P(TlsTest, ServerIsVerifiedAsFarAsAsked) {
  server().Connect().Execute("CREATE DATABASE app");
  server().Connect("app").Execute("CREATE TABLE t (id INT PRIMARY KEY, title INT)");
  server().Connect("app").Execute("INSERT INTO t VALUES (1, 1), (2, 2)");
  // Refused without TLS, so that a session of osc that had none would be seen.
  const testing::TestUser user(server(), "REQUIRE SSL");
  server().Connect().Execute("GRANT ALL PRIVILEGES ON *.* TO " + user.Quoted());
  testing::Osc osc(server(), "app");
  osc.SetOption("--user", user.name());
  struct Case {
    const char* mode;
    const char* authority;
    const char* host;
    bool connects;
  };
  for (const Case& c :
       {Case{"disabled", "", "localhost", false}, Case{"preferred", "", "127.0.0.1", true},
        Case{"required", "", "127.0.0.1", true}, Case{"", "good.pem", "127.0.0.1", true},
        Case{"", "bad.pem", "localhost", false}, Case{"verify-ca", "good.pem", "127.0.0.1", true},
        Case{"verify-ca", "bad.pem", "localhost", false}, Case{"verify-ca", "", "localhost", false},
        Case{"verify-identity", "good.pem", "127.0.0.1", false},
        Case{"verify-identity", "bad.pem", "localhost", false},
        Case{"verify-identity", "good.pem", "localhost", true}}) {
    SCOPED_TRACE(std::string(c.mode) + " " + c.authority + " " + c.host);
    osc.SetOption("--ssl-mode", c.mode);
    osc.SetOption("--ssl-ca", *c.authority ? File(c.authority) : "");
    osc.SetOption("--host", c.host);
    const Outcome outcome = osc.Run({"doctor"});
    EXPECT_EQ(outcome.exit_code, c.connects ? 0 : 4) << outcome.Describe();
  }
  // The system's authorities, for those who name none.
  osc.SetOption("--ssl-ca", "");
  EXPECT_EQ(osc.Run({"doctor"}).exit_code, 4);
  std::filesystem::create_directory(File("trusted"));
  std::filesystem::copy_file(File("good.pem"), File("trusted/good.pem"));
  Shell("openssl rehash " + File("trusted"));
  osc.SetEnvironment("SSL_CERT_DIR", File("trusted"));
  EXPECT_EQ(osc.Run({"doctor"}).exit_code, 0);
  osc.SetEnvironment("SSL_CERT_DIR", "");
  for (const char* file : {"bad.pem", "good.pem"}) {
    osc.SetEnvironment("SSL_CERT_FILE", File(file));
    EXPECT_EQ(osc.Run({"doctor"}).exit_code, std::string(file) == "good.pem" ? 0 : 4) << file;
  }
  // Those of a defaults file come before the system's.
  std::ofstream(File("my.cnf")) << "[client]\nssl-ca=" << File("bad.pem") << "\n";
  osc.SetOption("--defaults-file", File("my.cnf"));
  EXPECT_EQ(osc.Run({"doctor"}).exit_code, 4);
  osc.SetOption("--defaults-file", "");
  // The last of these, on every connection of a migration.
  const std::string id = osc.Alter("t", "DROP COLUMN title");
  server().Connect("app").Execute("UPDATE t SET id=3 WHERE id=1");
  osc.Succeed({"revert", id});
  EXPECT_EQ(server().Connect("app").QueryValue("SELECT title FROM t WHERE id=3"), "1");
}

INSTANTIATE_TEST_SUITE_P(Servers, SecurityTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);
INSTANTIATE_TEST_SUITE_P(Servers, TlsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
