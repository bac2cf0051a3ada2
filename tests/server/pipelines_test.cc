// The pipelines of docs/pipelines, line by line as a runner would run them, and whole histories of
// files as other tools' manuals have them write.
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/support/files_test.h"
#include "tests/support/private_server.h"

namespace osc {
namespace {

using ::testing::HasSubstr;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The shell lines of a job: of GitHub's `run: |`, of GitLab's `script:`.
std::string ScriptOf(const std::string& file, const std::string& job) {
  std::istringstream lines(
      ReadFile(std::filesystem::path(OSC_TEST_SOURCES) / "docs" / "pipelines" / file));
  const std::regex head(" *([a-z.]+):");
  const size_t jobs_at = file.starts_with("github") ? 2 : 0;
  std::string script;
  bool in_job = false;
  size_t block = 0;  // how far its lines are indented at least; 0: none
  for (std::string line; std::getline(lines, line);) {
    const size_t indent = line.find_first_not_of(' ');
    if (indent == std::string::npos) continue;
    if (block > 0 && indent >= block) {
      script += line.substr(line[indent] == '-' && line[indent + 1] == ' ' ? indent + 2 : block);
      script += "\n";
      continue;
    }
    block = 0;
    std::smatch match;
    if (indent == jobs_at && std::regex_match(line, match, head)) in_job = match[1] == job;
    const std::string text = line.substr(indent);
    if (in_job && text == "run: |") block = indent + 2;
    if (in_job && text == "script:") block = indent + 2;
  }
  EXPECT_NE(script, "") << file << " has no job " << job;
  return script;
}

class PipelineTest : public ::testing::TestWithParam<testing::TestServer> {
 protected:
  void SetUp() override {
    if (!GetParam().IsConfigured()) GTEST_SKIP() << GetParam().variable << " is not set";
    private_.emplace(GetParam());
    server().Connect().Execute("CREATE DATABASE shop");
    connection_.emplace(server().Connect("shop"));
    osc_.emplace(server(), "shop");
    const auto options = server().Options();
    std::ofstream(home() / "shop.cnf")
        << "[client]\nhost=" << options.host << "\nport=" << options.port << "\nuser=root\n";
    std::filesystem::create_directories(home() / "migrations");
  }

  const testing::TestServer& server() const { return private_->server(); }
  const std::filesystem::path& home() { return osc_->state().home(); }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(home() / "migrations" / name) << text;
  }
  std::string Value(const std::string& sql) {
    return connection_->QueryValue(sql).value_or("NULL");
  }

  // Runs the job's lines as a runner does, at the root of the checkout.
  void RunJob(const std::string& file, const std::string& job, const std::string& back_to = "") {
    SCOPED_TRACE(file + ": " + job);
    std::ofstream(home() / "job.sh") << ScriptOf(file, job);
    const std::string command = "cd '" + home().string() +
                                "' && env HOME=\"$PWD\" OSC_DEFAULTS=\"$PWD/shop.cnf\" " +
                                "OSC_STATE_DIR=\"$PWD/state\" BACK_TO='" + back_to + "' PATH=\"" +
                                testing::OscBinary().parent_path().string() +
                                ":$PATH\" timeout 120 bash -euo pipefail job.sh > job.log 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << ReadFile(home() / "job.log");
    log_ = ReadFile(home() / "job.log");
    EXPECT_EQ(log_.find('\r'), std::string::npos);
    EXPECT_EQ(log_.find('\x1b'), std::string::npos);
  }

  std::optional<testing::PrivateServer> private_;
  std::optional<mysql::Connection> connection_;
  std::optional<testing::Osc> osc_;
  std::string log_;
};

TEST_P(PipelineTest, GitHubActions) {
  const std::string file = "github-actions.yml";
  Write("V1__users.sql",
        "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, title VARCHAR(40));");
  RunJob(file, "plan");
  RunJob(file, "apply");
  const auto applied = nlohmann::json::parse(ReadFile(home() / "applied.json"));
  EXPECT_EQ(applied[0]["state"], "applied");
  connection_->Execute("INSERT INTO users VALUES (1, 'ann', 'queen')");
  Write("V2__no_title.sql", "ALTER TABLE users DROP COLUMN title;");
  RunJob(file, "plan");
  EXPECT_THAT(log_, HasSubstr("DROP COLUMN title"));
  RunJob(file, "apply");
  connection_->Execute("INSERT INTO users VALUES (2, 'bob')");
  RunJob(file, "back", "V1__users.sql");
  EXPECT_THAT(log_, HasSubstr("V2__no_title.sql is taken back"));
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(name, ' ', COALESCE(title, '-') ORDER BY id) FROM users"),
            "ann queen,bob -");
}

TEST_P(PipelineTest, GitLab) {
  const std::string file = "gitlab-ci.yml";
  connection_->Execute("CREATE TABLE orders (id INT PRIMARY KEY, total INT NOT NULL)");
  connection_->Execute("CREATE TABLE items (id INT PRIMARY KEY, price INT NOT NULL)");
  connection_->Execute("INSERT INTO orders VALUES (1, 10)");
  Write("1_orders.up.sql", "ALTER TABLE orders ADD paid INT;");
  Write("1_orders.down.sql", "ALTER TABLE orders DROP paid;");
  RunJob(file, "prepare");
  RunJob(file, "swap");
  EXPECT_EQ(Value("SELECT COUNT(paid) FROM orders"), "0");
  Write("2_total.up.sql", "ALTER TABLE orders RENAME COLUMN total TO sum_total;");
  Write("3_price.up.sql", "ALTER TABLE items MODIFY price BIGINT NOT NULL;");
  RunJob(file, "plan");
  RunJob(file, "prepare");
  EXPECT_EQ(Value("SELECT total FROM orders"), "10");
  RunJob(file, "swap");
  EXPECT_EQ(Value("SELECT sum_total FROM orders"), "10");
  RunJob(file, "back", "1_orders.up.sql");
  EXPECT_EQ(Value("SELECT total FROM orders"), "10");
}

INSTANTIATE_TEST_SUITE_P(Servers, PipelineTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

class HistoryTest : public testing::FilesTest {
 protected:
  static std::filesystem::path Set(const std::string& tool) {
    return std::filesystem::path(OSC_TEST_SOURCES) / "tests" / "files" / tool;
  }

  void ApplySet(const std::string& tool) {
    const testing::Outcome outcome =
        osc().Run({"apply", "--complete-previous", "--allow-other", Set(tool).string()},
                  std::chrono::seconds(300));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.Describe();
  }

  // Every table and view of a database: how it is defined, and its rows.
  std::string Contents(const std::string& name) {
    mysql::Connection session = server().Connect(name);
    std::string contents;
    for (const std::string& table : Names(session)) {
      mysql::Result definition =
          session.Query("SHOW CREATE TABLE " + mysql::QuoteIdentifier(table));
      definition.Next();
      contents += std::regex_replace(
          std::regex_replace(definition.Text(1), std::regex(" AUTO_INCREMENT=[0-9]+"), ""),
          std::regex(name), "DATABASE");
      contents += "\n";
      mysql::Result rows =
          session.Query("SELECT * FROM " + mysql::QuoteIdentifier(table) + " ORDER BY 1");
      while (rows.Next()) {
        for (size_t i = 0; i < rows.column_count(); ++i) {
          contents += (rows[i] ? rows.Text(i) : "NULL") + "|";
        }
        contents += "\n";
      }
    }
    return contents;
  }

  static std::vector<std::string> Names(mysql::Connection& session) {
    mysql::Result rows = session.Query(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE() "
        "AND TABLE_NAME NOT LIKE '\\_osc%' ORDER BY TABLE_NAME");
    std::vector<std::string> names;
    while (rows.Next()) names.push_back(rows.Text(0));
    return names;
  }

  // As the tool itself would: every file's way forward by the server's own client.
  void RunBare(const std::string& name, const std::string& tool) {
    const auto options = server().Options();
    const std::string pattern = tool == "flyway"           ? "V*.sql"
                                : tool == "golang-migrate" ? "*.up.sql"
                                                           : "*.sql";
    const std::string command = "cd '" + Set(tool).string() + "' && for f in $(ls " + pattern +
                                " | sort -V); do sed '/^-- migrate:down/,$d' $f | mariadb "
                                "--no-defaults -h" +
                                options.host + " -P" + std::to_string(options.port) + " -uroot " +
                                name + " || exit 1; done";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
};

TEST_P(HistoryTest, EndsWhereTheToolWouldEnd) {
  for (const std::string tool : {"flyway", "golang-migrate", "dbmate"}) {
    SCOPED_TRACE(tool);
    const testing::TestDatabase bare(server());
    const testing::TestDatabase ours(server());
    RunBare(bare.name(), tool);
    osc().SetOption("--database", ours.name());
    ApplySet(tool);
    EXPECT_EQ(Contents(ours.name()), Contents(bare.name()));
    mysql::Connection session = server().Connect(ours.name());
    EXPECT_EQ(session.QueryValue("SELECT COUNT(*) FROM _osc_ledger WHERE state='applied'"), "20");
    // The last file can be taken back and applied again.
    const std::string last =
        *session.QueryValue("SELECT file FROM _osc_ledger ORDER BY number DESC LIMIT 1");
    osc().Succeed({"revert", "--file", last});
    EXPECT_NE(Contents(ours.name()), Contents(bare.name()));
    ApplySet(tool);
    EXPECT_EQ(Contents(ours.name()), Contents(bare.name()));
    for (const auto& migration : osc().List()) {
      if (migration["state"] != "completed") osc().Succeed({"complete", migration["id"]});
    }
    EXPECT_EQ(Contents(ours.name()), Contents(bare.name()));
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, HistoryTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
