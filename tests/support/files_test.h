// Tests with migration files.
#pragma once

#include <filesystem>
#include <fstream>

#include "tests/support/users_test.h"

namespace osc::testing {

class FilesTest : public UsersTest {
 protected:
  std::filesystem::path Folder(const std::string& name = "migrations") {
    const auto folder = osc().state().home() / name;
    std::filesystem::create_directories(folder);
    return folder;
  }
  void Write(const std::string& name, const std::string& text,
             const std::string& folder = "migrations") {
    std::ofstream(Folder(folder) / name, std::ios::binary) << text;
  }
  Names Command(const Names& more = {}) {
    Names command{"apply", Folder()};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  Outcome Apply(const Names& more = {}) { return osc().Succeed(Command(more)); }
  Outcome ExpectExit(int code, const Names& command, const std::string& part) {
    const Outcome outcome = osc().Run(command);
    EXPECT_EQ(outcome.exit_code, code) << outcome.Describe();
    EXPECT_THAT(outcome.err, ::testing::HasSubstr(part));
    EXPECT_THAT(outcome.err, ::testing::HasSubstr("hint: "));
    return outcome;
  }

  // "file state" of each row of the ledger.
  Names Ledger() {
    mysql::Result rows = connection().Query("SELECT file, state FROM _osc_ledger ORDER BY number");
    Names lines;
    while (rows.Next()) lines.push_back(rows.Text(0) + " " + rows.Text(1));
    return lines;
  }
};

}  // namespace osc::testing
