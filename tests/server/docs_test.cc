// What the documents show is what happens: every command of theirs is run, in order, and its output
// held to the one that is written there. "..." stands for lines that are left out; ids, numbers and
// times differ, and so do the lines of progress.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/support/users_test.h"

namespace osc {
namespace {

using Names = std::vector<std::string>;

// "$ command", and what stands under it.
struct Shown {
  std::string command;
  Names output;
};

// The indented blocks of a document, and the commands in them.
std::vector<Names> BlocksOf(const std::string& file) {
  std::ifstream document(std::string(OSC_TEST_SOURCES "/") + file);
  std::vector<Names> blocks(1);
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("    ")) {
      blocks.back().push_back(line.substr(4));
    } else if (!line.empty() && !blocks.back().empty()) {
      blocks.emplace_back();
    } else if (!blocks.back().empty()) {
      blocks.back().push_back("");
    }
  }
  return blocks;
}

std::vector<Shown> CommandsOf(const std::string& file) {
  std::vector<Shown> commands;
  for (const Names& block : BlocksOf(file)) {
    bool shows = false;
    for (const std::string& line : block) {
      if (line.starts_with("$ ")) {
        commands.push_back({line.substr(2), {}});
        shows = true;
      } else if (shows) {
        commands.back().output.push_back(line);
      }
    }
  }
  return commands;
}

bool IsProgress(const std::string& line) {
  static const std::regex kProgress("[a-z][a-z0-9]{7} [a-z]+: .*");
  return std::regex_match(line, kProgress);
}

// What is another one each time is called by what it is.
std::string Normal(std::string text) {
  static const std::vector<std::pair<std::regex, std::string>> kWords{
      {std::regex("--state-dir \\S+ "), ""},
      {std::regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+:"), "0-"},  // of MySQL's GTIDs
      {std::regex("[0-9][0-9,.:-]*"), "N"},
      {std::regex("\\s+"), " "}};
  for (const auto& [word, name] : kWords) text = std::regex_replace(text, word, name);
  return text;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The lines as they were before they were wrapped, without those that are left out.
Names Unwrapped(const Names& lines) {
  constexpr size_t kLeastWrapped = 85;
  static const std::regex kId("(^|[^a-z0-9])(?=[a-z]*[0-9])[a-z][a-z0-9]{7}(?![a-z0-9])");
  Names unwrapped;
  size_t last = 0;  // the length of the line before
  for (const std::string& line : lines) {
    if (!line.empty() && line != "..." && !IsProgress(line)) {
      const std::string text = std::regex_replace(line, kId, "$1ID");
      if (last > kLeastWrapped) {
        unwrapped.back() += " " + text;
      } else {
        unwrapped.push_back(text);
      }
    }
    last = line == "..." ? 0 : line.size();
  }
  return unwrapped;
}

class DocsTest : public testing::UsersTest {
 protected:
  // A document's example is of one migration, or of one set of files: what it calls them is put in
  // the place of what they are called here.
  Names WordsOf(std::string command, const std::string& id) {
    static const std::regex kId("\\b(?=[a-z]*[0-9])[a-z][a-z0-9]{7}\\b");
    command = std::regex_replace(command, kId, id);
    Names words;
    std::string word;
    bool quoted = false;
    for (const char c : command + " ") {
      if (c == '"') quoted = !quoted;
      if (c == ' ' && !quoted) {
        if (!word.empty()) words.push_back(word);
        word.clear();
      } else if (c != '"') {
        word += c;
      }
    }
    words.erase(words.begin());  // osc
    // The server of this test, instead of the document's.
    for (const char* name : {"--host", "--user", "--database"}) {
      const auto found = std::find(words.begin(), words.end(), name);
      if (found != words.end()) words.erase(found, found + 2);
    }
    return words;
  }

  void Play(const std::string& file) {
    std::string id;
    for (const Shown& shown : CommandsOf(file)) {
      SCOPED_TRACE(file + ": " + shown.command);
      if (shown.command.starts_with("cat ")) {
        std::ofstream out(Folder() / shown.command.substr(4));
        for (const std::string& line : shown.output) out << line << "\n";
        continue;
      }
      Names words = WordsOf(shown.command, id);
      for (std::string& word : words) {
        if (word == "migrations") word = (Folder() / word).string();
      }
      const testing::Outcome outcome = osc().Succeed(words);
      std::string printed = Replaced(outcome.err + "\n" + outcome.out, database(), "shop");
      for (const auto& migration : osc().List()) {
        printed = Replaced(printed, migration["id"].get<std::string>(), "ID");
      }
      for (const std::string& line : Unwrapped(shown.output)) {
        EXPECT_THAT(Normal(printed), ::testing::HasSubstr(Normal(line)));
      }
      if (words[0] == "alter") id = osc().List().back()["id"];
    }
  }

  std::filesystem::path Folder() {
    const auto folder = osc().state().path().parent_path() / "docs";
    std::filesystem::create_directories(folder / "migrations");
    return folder;
  }

  void CreateShop() {
    CreateTitledUsers("users");
    Run("CREATE TABLE orders (id INT PRIMARY KEY, total INT)");
    std::ofstream(Folder() / "migrations/V1__nick.sql")
        << "ALTER TABLE users ADD COLUMN nick VARCHAR(40);\n";
    std::ofstream(Folder() / "migrations/V2__paid.sql")
        << "ALTER TABLE orders ADD COLUMN paid_at DATETIME;\n"
           "CREATE INDEX by_total ON orders (total);\n";
  }
};

TEST_P(DocsTest, TheReadmeShowsWhatHappens) {
  CreateShop();
  EXPECT_GE(CommandsOf("README.md").size(), 6U);
  Play("README.md");
}

TEST_P(DocsTest, TheGuideShowsWhatHappens) {
  CreateShop();
  EXPECT_GE(CommandsOf("docs/GUIDE.md").size(), 3U);
  Play("docs/GUIDE.md");
}

TEST_P(DocsTest, TheGuidesConfigurationIsInOrder) {
  std::string text;
  for (const Names& block : BlocksOf("docs/GUIDE.md")) {
    std::string candidate;
    for (const std::string& line : block) candidate += line + "\n";
    if (candidate.find("[servers.") != std::string::npos) text = candidate;
  }
  ASSERT_NE(text, "");
  const auto file = Folder() / "osc.toml";
  std::ofstream(file) << text;
  const testing::Outcome checked = osc().Succeed({"config", "check", "--config", file.string()});
  EXPECT_THAT(checked.out, ::testing::HasSubstr("staging"));
}

INSTANTIATE_TEST_SUITE_P(Servers, DocsTest, ::testing::ValuesIn(testing::Servers()),
                         testing::ServerName);

}  // namespace
}  // namespace osc
