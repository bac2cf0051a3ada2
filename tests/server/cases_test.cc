// Every folder of tests/cases on every server: a change there and back and there again, held to
// what the server's own ALTER does to a copy. tests/cases/README.md says what the files mean.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>

#include "src/mysql/quote.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;
using testing::TestDatabase;
using testing::TestServer;

struct Case {
  std::filesystem::path folder;
  std::string name() const { return folder.filename().string(); }

  // nullopt when there is no such file.
  std::optional<std::string> Read(const std::string& file) const {
    std::ifstream stream(folder / file);
    if (!stream) return std::nullopt;
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  // Without the end of its last line.
  std::string Trimmed(const std::string& file) const {
    std::string text = Read(file).value_or("");
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

  // A statement ends with a semicolon at the end of a line; a line of -- is a comment.
  std::vector<std::string> Statements(const std::string& file) const {
    std::istringstream lines(Read(file).value_or(""));
    std::vector<std::string> statements;
    std::string statement;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("--") || (line.empty() && statement.empty())) continue;
      statement += (statement.empty() ? "" : "\n") + line;
      if (!line.ends_with(';')) continue;
      statement.pop_back();
      statements.push_back(std::exchange(statement, ""));
    }
    if (!statement.empty()) throw std::runtime_error(file + ": the last statement has no end");
    return statements;
  }

  // What is run on the old definition may need other words than on the new one.
  std::vector<std::string> StatementsFor(const std::string& file,
                                         const std::string& definition) const {
    const std::string own = file + "." + definition + ".sql";
    return Statements(Read(own) ? own : file + ".sql");
  }

  bool RunsOn(const std::string& server) const {
    const auto servers = Read("servers");
    if (!servers) return true;
    std::istringstream words(*servers);
    for (std::string word; words >> word;) {
      if (server.starts_with(word)) return true;
    }
    return false;
  }
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = [] {
    std::vector<Case> found;
    for (const auto& entry : std::filesystem::directory_iterator(OSC_TEST_CASES)) {
      if (entry.is_directory()) found.push_back({entry.path()});
    }
    std::sort(found.begin(), found.end(),
              [](const Case& a, const Case& b) { return a.folder < b.folder; });
    return found;
  }();
  return cases;
}

struct CaseOnServer {
  Case data;
  TestServer server;
};

void PrintTo(const CaseOnServer& test, std::ostream* out) {
  *out << test.data.name() << " on " << test.server.name;
}

std::vector<CaseOnServer> CasesOnServers() {
  std::vector<CaseOnServer> all;
  for (const Case& data : Cases()) {
    for (const TestServer& server : testing::Servers()) {
      if (data.RunsOn(server.name)) all.push_back({data, server});
    }
  }
  return all;
}

std::string CaseName(const ::testing::TestParamInfo<CaseOnServer>& info) {
  return info.param.data.name() + "_" + info.param.server.name;
}

// The one table of a case in a database of its own.
class CaseTable {
 public:
  CaseTable(const TestServer& server, const Case& data)
      : database_(server), connection_(server.Connect(database_.name())) {
    Run(data.Statements("create.sql"));
    name_ = connection_.QueryValue("SHOW TABLES").value();
  }

  const std::string& database() const { return database_.name(); }
  const std::string& name() const { return name_; }
  std::string quoted() const { return mysql::Quote({database_.name(), name_}); }
  mysql::Connection& connection() { return connection_; }

  void Run(const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) connection_.Execute(statement);
  }

  std::string Definition() {
    mysql::Result row = connection_.Query("SHOW CREATE TABLE " + quoted());
    row.Next();
    std::string text = row.Text(1);
    text = std::regex_replace(text, std::regex(" AUTO_INCREMENT=[0-9]+"), "");
    text = std::regex_replace(text, std::regex("CONSTRAINT `[^`]*` "), "CONSTRAINT ");
    // MySQL lists them by their names, which two tables of a database cannot share.
    std::istringstream lines(text);
    std::vector<std::string> constraints;
    std::string others;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("  CONSTRAINT ")) {
        constraints.push_back(line.substr(0, line.find_last_not_of(',') + 1));
      } else {
        others += line + "\n";
      }
    }
    std::sort(constraints.begin(), constraints.end());
    for (const std::string& line : constraints) others += line + "\n";
    return others;
  }

  // Every row as text that says each value exactly, sorted.
  std::vector<std::string> Rows() {
    mysql::Result columns = connection_.Query(
        "SELECT COLUMN_NAME, LOWER(DATA_TYPE) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=" +
        mysql::QuoteText(database()) + " AND TABLE_NAME=" + mysql::QuoteText(name_) +
        " ORDER BY ORDINAL_POSITION");
    std::string select;
    std::vector<std::string> names;
    while (columns.Next()) {
      const std::string column = mysql::QuoteIdentifier(columns.Text(0));
      const std::string exact = Exact(column, columns.Text(1));
      select += (select.empty() ? "" : ", ") + exact;
      names.push_back(columns.Text(0));
    }
    mysql::Result result = connection_.Query("SELECT " + select + " FROM " + quoted());
    std::vector<std::string> rows;
    while (result.Next()) {
      std::string row;
      for (size_t i = 0; i < names.size(); ++i) {
        row += names[i] + "=" + (result[i] ? std::string(*result[i]) : "NULL") + " ";
      }
      rows.push_back(std::move(row));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  // Another way of saying that the rows are the same, down to the bytes that are stored.
  std::string Checksum() {
    mysql::Result row = connection_.Query("CHECKSUM TABLE " + quoted() + " EXTENDED");
    row.Next();
    return row.Text(1);
  }

  bool HasJson() {
    return connection_.QueryValue(
               "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE "
               "DATA_TYPE='json' AND TABLE_SCHEMA=" +
               mysql::QuoteText(database())) != "0";
  }

 private:
  static std::string Exact(const std::string& column, const std::string& type) {
    if (type == "float" || type == "double") return column + "+0e0";
    if (type == "bit") return "CONV(" + column + "+0, 10, 16)";
    // Text hides the types inside; their sizes do not.
    if (type == "json") {
      return "CONCAT(" + column + ", ' ', JSON_STORAGE_SIZE(" + column + ")-JSON_STORAGE_FREE(" +
             column + "))";
    }
    const bool is_text = type.ends_with("char") || type.ends_with("text") ||
                         type.ends_with("blob") || type.ends_with("binary") || type == "enum" ||
                         type == "set";
    return is_text ? "HEX(" + column + ")" : column;
  }

  TestDatabase database_;
  mysql::Connection connection_;
  std::string name_;
};

class CaseTest : public ::testing::TestWithParam<CaseOnServer> {
 protected:
  const Case& data() const { return GetParam().data; }
  const TestServer& server() const { return GetParam().server; }

  void SetUp() override {
    if (!server().IsConfigured()) GTEST_SKIP() << server().variable << " is not set";
    table_.emplace(server(), data());
    osc_.emplace(server(), table_->database());
  }
  void TearDown() override {
    if (HasFailure() && osc_) std::cout << osc_->state().LogTail();
    osc_.reset();
  }

  CaseTable& table() { return *table_; }
  testing::Osc& osc() { return *osc_; }

  // The table is what the server's own way has made of the copy.
  void ExpectSame(CaseTable& oracle, const std::string& when) {
    SCOPED_TRACE(when);
    EXPECT_EQ(table().Definition(), oracle.Definition());
    const auto rows = table().Rows();
    EXPECT_EQ(rows, oracle.Rows());
    EXPECT_FALSE(rows.empty()) << "a case needs rows";
    if (!table().HasJson()) {
      EXPECT_EQ(table().Checksum(), oracle.Checksum());
    }
  }

  std::vector<std::string> AlterCommand(const std::vector<std::string>& more) {
    std::vector<std::string> command{"alter", "--table", mysql::QuoteIdentifier(table().name()),
                                     "--alter", data().Trimmed("alter.sql")};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  void ExpectUntouched(const std::string& definition, const std::vector<std::string>& rows) {
    EXPECT_EQ(table().Definition(), definition);
    EXPECT_EQ(table().Rows(), rows);
    EXPECT_EQ(table().connection().Query("SHOW TABLES").row_count(), 1U);
  }

 private:
  std::optional<CaseTable> table_;
  std::optional<testing::Osc> osc_;
};

TEST_P(CaseTest, EqualsTheServersOwnAlter) {
  const auto refusal = data().Read("expect_refusal");
  const auto failure = data().Read("expect_failure");
  if (refusal || failure) {
    const std::string definition = table().Definition();
    const auto rows = table().Rows();
    const Outcome outcome = osc().Run(AlterCommand({}));
    EXPECT_EQ(outcome.exit_code, refusal ? 3 : 1) << outcome.Describe();
    EXPECT_THAT(outcome.err,
                HasSubstr(data().Trimmed(refusal ? "expect_refusal" : "expect_failure")));
    ExpectUntouched(definition, rows);
    return;
  }

  // Two copies: one that is altered by the server, and one that keeps the old definition and sees
  // the same writes, which is what a revert has to give.
  CaseTable altered(server(), data());
  CaseTable old(server(), data());
  const std::vector<std::string> during = data().Statements("during_copy.sql");
  altered.Run(during);
  altered.connection().Execute("ALTER TABLE " + altered.quoted() + " " +
                               data().Trimmed("alter.sql"));
  old.Run(during);

  // The statements come while the cutover is postponed, so that the stream carries each of them.
  const std::string id =
      osc().Succeed(AlterCommand({"--postpone-cutover", "--json"})).Json().at("id");
  table().Run(during);
  osc().Succeed({"cutover", id});
  ExpectSame(altered, "after the cutover");

  for (CaseTable* each : {&table(), &altered})
    each->Run(data().StatementsFor("after_cutover", "new"));
  old.Run(data().StatementsFor("after_cutover", "old"));
  osc().Succeed({"revert", id});
  ExpectSame(old, "after the revert");

  for (CaseTable* each : {&table(), &old}) each->Run(data().StatementsFor("after_revert", "old"));
  altered.Run(data().StatementsFor("after_revert", "new"));
  osc().Succeed({"reapply", id});
  ExpectSame(altered, "after the reapply");

  osc().Succeed({"complete", id});
  ExpectSame(altered, "after the completion");
  EXPECT_EQ(table().connection().Query("SHOW TABLES").row_count(), 1U);
}

TEST(CasesTest, AreFound) {
  EXPECT_GE(Cases().size(), 20U) << "in " << OSC_TEST_CASES;
  for (const Case& data : Cases()) {
    SCOPED_TRACE(data.name());
    EXPECT_TRUE(data.Read("create.sql"));
    EXPECT_TRUE(data.Read("alter.sql"));
    for (const auto& entry : std::filesystem::directory_iterator(data.folder)) {
      EXPECT_THAT((std::vector<std::string>{"create.sql", "alter.sql", "during_copy.sql",
                                            "after_cutover.sql", "after_cutover.old.sql",
                                            "after_revert.sql", "after_revert.new.sql",
                                            "expect_refusal", "expect_failure", "servers"}),
                  ::testing::Contains(entry.path().filename().string()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, CaseTest, ::testing::ValuesIn(CasesOnServers()), CaseName);

}  // namespace
}  // namespace osc
