// The command line's grammar as completions and the manual need it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace osc::cli {

struct OptionText {
  std::string name;   // "--host"
  std::string brief;  // "-h", or empty
  std::string about;
  std::string value;                 // "HOST", or empty for a flag
  std::vector<std::string> choices;  // where the value is one of a few
  bool is_file = false;
  bool is_folder = false;
  std::string group;
};

struct CommandText {
  std::string name;
  std::string about;
  std::string after;  // what its help ends with
  std::vector<OptionText> options;
  std::vector<OptionText> positionals;  // by their names
};

// Of the program or of one command; without what is hidden.
std::vector<OptionText> OptionsOf(const CLI::App& app);
std::vector<CommandText> CommandsOf(const CLI::App& app);

}  // namespace osc::cli
