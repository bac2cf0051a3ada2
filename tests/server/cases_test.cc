// Every folder of tests/cases on every server, in up to three ways: a change there and back and
// there again, held to what the server's own ALTER does to a copy. tests/cases/README.md says what
// the files mean.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "tests/support/case_folder.h"
#include "tests/support/case_table.h"
#include "tests/support/case_writer.h"
#include "tests/support/server_test.h"

namespace osc {
namespace {

using testing::CaseFolder;
using testing::CaseTable;
using testing::CaseWriter;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::TestServer;

// How the rows come to the off-stage table.
enum class Way {
  kCopied,    // all rows are there before the migration
  kStreamed,  // the table is empty until the migration is ready: every row comes by the stream
  kMixed,     // rows are there, and are written while they are copied and afterwards
};
constexpr const char* kWayNames[] = {"copied", "streamed", "mixed"};

const std::vector<CaseFolder>& Cases() {
  static const std::vector<CaseFolder> cases = testing::CaseFolders(OSC_TEST_CASES);
  return cases;
}

struct CaseOnServer {
  CaseFolder data;
  TestServer server;
  Way way;
};

void PrintTo(const CaseOnServer& test, std::ostream* out) {
  *out << test.data.name() << " on " << test.server.name << ", "
       << kWayNames[static_cast<int>(test.way)];
}

std::string CaseName(const ::testing::TestParamInfo<CaseOnServer>& info) {
  return info.param.data.name() + "_" + info.param.server.name + "_" +
         kWayNames[static_cast<int>(info.param.way)];
}

// What preflight refuses, it refuses once. What fails, fails by the copy and by the stream; after a
// copy that succeeded only if there is something to come.
std::vector<Way> WaysOf(const CaseFolder& data) {
  if (data.Has("expect_refusal")) return {Way::kCopied};
  if (data.Has("expect_failure") && !data.Has("during_copy.sql")) {
    return {Way::kCopied, Way::kStreamed};
  }
  return {Way::kCopied, Way::kStreamed, Way::kMixed};
}

// The two MariaDBs share a way each between them, unless there is time: most of what a case can go
// wrong in is the same code for both.
bool IsLeftToTheOther(const TestServer& server, Way way, const CaseFolder& data) {
  if (std::getenv("OSC_TEST_LONG") != nullptr || data.Has("servers")) return false;
  return (server.name == "mariadb_10_11" && way == Way::kStreamed) ||
         (server.name == "mariadb_11_8" && way == Way::kMixed);
}

std::vector<CaseOnServer> CasesOnServers() {
  std::vector<CaseOnServer> all;
  for (const CaseFolder& data : Cases()) {
    for (const TestServer& server : testing::Servers()) {
      if (!data.RunsOn(server.name)) continue;
      for (const Way way : WaysOf(data)) {
        if (!IsLeftToTheOther(server, way, data)) all.push_back({data, server, way});
      }
    }
  }
  return all;
}

// Sorted rows that only one of them has, as much of them as can be read.
std::string Differences(const std::vector<std::string>& rows,
                        const std::vector<std::string>& expected) {
  std::string text;
  const auto add = [&](const char* mark, const std::vector<std::string>& these,
                       const std::vector<std::string>& those) {
    std::vector<std::string> only;
    std::set_difference(these.begin(), these.end(), those.begin(), those.end(),
                        std::back_inserter(only));
    for (const std::string& row : only) text += "\n" + (mark + row.substr(0, 500));
  };
  add("has:   ", rows, expected);
  add("lacks: ", expected, rows);
  return text;
}

class CaseTest : public ::testing::TestWithParam<CaseOnServer> {
 protected:
  const CaseFolder& data() const { return GetParam().data; }
  const TestServer& server() const { return GetParam().server; }
  bool Is(Way way) const { return GetParam().way == way; }

  void SetUp() override {
    if (!server().IsConfigured()) GTEST_SKIP() << server().variable << " is not set";
    create_ = data().Create();
    during_ = data().Statements("during_copy.sql");
    table_.emplace(server(), create_.table);
    osc_.emplace(server(), table_->database());
    if (!Is(Way::kStreamed)) table_->Run(create_.rows);
    if (Is(Way::kCopied)) table_->Run(during_);
  }
  void TearDown() override {
    if (HasFailure() && osc_) std::cout << osc_->state().LogTail();
    osc_.reset();
  }

  CaseTable& table() { return *table_; }
  testing::Osc& osc() { return *osc_; }
  const std::vector<std::string>& during() const { return during_; }
  std::vector<std::string> All() const { return data().Statements("create.sql"); }

  // What is left to do once the migration is ready.
  std::vector<std::string> WhenReady() const {
    std::vector<std::string> statements;
    if (Is(Way::kStreamed)) statements = create_.rows;
    if (!Is(Way::kCopied)) statements.insert(statements.end(), during_.begin(), during_.end());
    return statements;
  }

  // The table is what the server's own way has made of the copy.
  void ExpectSame(CaseTable& oracle, const std::string& when) {
    SCOPED_TRACE(when);
    EXPECT_EQ(table().Definition(), oracle.Definition());
    EXPECT_GE(table().AutoIncrement(), oracle.AutoIncrement());
    const auto rows = table().Rows();
    EXPECT_EQ(Differences(rows, oracle.Rows()), "");
    had_rows_ = had_rows_ || !rows.empty();
    if (!table().HasJson()) {
      EXPECT_EQ(table().Checksum(), oracle.Checksum());
    }
  }
  bool had_rows() const { return had_rows_; }

  std::vector<std::string> AlterCommand(const std::vector<std::string>& more) {
    std::vector<std::string> command{"alter", "--table", mysql::QuoteIdentifier(table().name()),
                                     "--alter", data().Trimmed("alter.sql")};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  // `osc alter` up to where only the cutover is missing. Mixed: with an application at work.
  std::string AlterUntilReady(CaseTable& twin) {
    std::optional<CaseWriter> writer;
    if (Is(Way::kMixed)) {
      writer.emplace(server(), table(), twin, Seed());
      writer->Start();
    }
    const std::string id =
        osc().Succeed(AlterCommand({"--postpone-cutover", "--json"})).Json().at("id");
    if (writer) writer->Stop();
    return id;
  }

  static uint64_t Seed() {
    static const uint64_t seed = [] {
      const char* given = std::getenv("OSC_TEST_SEED");
      return given ? std::stoull(given) : std::random_device{}();
    }();
    std::printf("writer of the case: OSC_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
    return seed;
  }

  // The migration has failed before its cutover, says why, and has left nothing behind.
  void ExpectUntouched(const std::string& definition, CaseTable& twin, const std::string& message) {
    for (const std::string& line :
         data().Lines(data().Has("expect_refusal") ? "expect_refusal" : "expect_failure")) {
      EXPECT_THAT(message, HasSubstr(line));
    }
    EXPECT_EQ(table().Definition(), definition);
    EXPECT_EQ(Differences(table().Rows(), twin.Rows()), "");
    EXPECT_EQ(table().Tables(), std::vector<std::string>{table().name()});
  }

 private:
  CaseFolder::Creation create_;
  std::vector<std::string> during_;
  std::optional<CaseTable> table_;
  std::optional<testing::Osc> osc_;
  bool had_rows_ = false;
};

TEST_P(CaseTest, EqualsTheServersOwnAlter) {
  // Two copies: one that is altered by the server, and one that keeps the old definition and sees
  // the same writes, which is what a revert has to give.
  CaseTable old(server(), All());
  const std::string definition = table().Definition();
  if (data().Has("expect_refusal") || (data().Has("expect_failure") && Is(Way::kCopied))) {
    old.Run(during());
    const Outcome outcome = osc().Run(AlterCommand({}));
    EXPECT_EQ(outcome.exit_code, data().Has("expect_refusal") ? 3 : 1) << outcome.Describe();
    return ExpectUntouched(definition, old, outcome.err);
  }
  if (data().Has("expect_failure")) {
    const std::string id = AlterUntilReady(old);
    old.Run(during());
    table().Run(WhenReady());
    const auto failed = osc().WaitForState(id, "failed");
    return ExpectUntouched(definition, old, failed["error"]["message"]);
  }

  CaseTable altered(server(), All());
  altered.Run(during());
  altered.Run({"ALTER TABLE " + altered.quoted() + " " + data().Trimmed("alter.sql")});

  const std::string id = AlterUntilReady(old);
  table().Run(WhenReady());
  old.Run(during());
  if (Is(Way::kMixed)) CaseWriter(server(), table(), old, Seed()).Write(20);
  osc().Succeed({"cutover", id});
  ExpectSame(altered, "after the cutover");

  for (CaseTable* each : {&table(), &altered}) {
    each->Run(data().StatementsFor("after_cutover", "new"));
  }
  old.Run(data().StatementsFor("after_cutover", "old"));
  osc().Succeed({"revert", id});
  ExpectSame(old, "after the revert");

  for (CaseTable* each : {&table(), &old}) each->Run(data().StatementsFor("after_revert", "old"));
  altered.Run(data().StatementsFor("after_revert", "new"));
  osc().Succeed({"reapply", id});
  ExpectSame(altered, "after the reapply");

  osc().Succeed({"complete", id});
  ExpectSame(altered, "after the completion");
  EXPECT_TRUE(had_rows()) << "a case needs rows";
  EXPECT_EQ(table().Tables(), std::vector<std::string>{table().name()});
}

TEST(CasesTest, AreFound) {
  EXPECT_GE(Cases().size(), 130U) << "in " << OSC_TEST_CASES;
  const std::set<std::string> files{"create.sql",
                                    "alter.sql",
                                    "during_copy.sql",
                                    "after_cutover.sql",
                                    "after_cutover.old.sql",
                                    "after_revert.sql",
                                    "after_revert.new.sql",
                                    "expect_refusal",
                                    "expect_failure",
                                    "servers"};
  for (const CaseFolder& data : Cases()) {
    SCOPED_TRACE(data.name());
    EXPECT_TRUE(data.Has("create.sql"));
    EXPECT_TRUE(data.Has("alter.sql"));
    for (const auto& entry : std::filesystem::directory_iterator(data.folder)) {
      EXPECT_THAT(files, ::testing::Contains(entry.path().filename().string()));
    }
    const auto& servers = testing::Servers();
    EXPECT_TRUE(std::any_of(servers.begin(), servers.end(), [&](const TestServer& server) {
      return data.RunsOn(server.name);
    })) << "runs on no server";
  }
}

INSTANTIATE_TEST_SUITE_P(All, CaseTest, ::testing::ValuesIn(CasesOnServers()), CaseName);

}  // namespace
}  // namespace osc
