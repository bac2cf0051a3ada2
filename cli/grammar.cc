#include "cli/grammar.h"

#include <algorithm>

namespace osc::cli {
namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return parts;
}

OptionText TextOf(const CLI::Option& option) {
  OptionText text;
  if (!option.get_lnames().empty()) text.name = "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) text.brief = "-" + option.get_snames().front();
  if (option.get_positional()) text.name = option.get_name();
  text.about = option.get_description();
  text.group = option.get_group();
  if (option.get_items_expected_max() == 0) return text;
  text.value = option.get_type_name();
  if (text.value.find('|') != std::string::npos) text.choices = Split(text.value, '|');
  text.is_file = text.value.starts_with("FILE") || text.value.starts_with("PATH");
  text.is_folder = text.value == "DIR";
  return text;
}

std::vector<OptionText> Select(const CLI::App& app, bool positional) {
  std::vector<OptionText> texts;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || option->get_positional() != positional) continue;
    texts.push_back(TextOf(*option));
  }
  return texts;
}

}  // namespace

std::vector<OptionText> OptionsOf(const CLI::App& app) { return Select(app, false); }

std::vector<CommandText> CommandsOf(const CLI::App& app) {
  std::vector<CommandText> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    commands.push_back({command->get_name(), command->get_description(), command->get_footer(),
                        Select(*command, false), Select(*command, true)});
  }
  return commands;
}

}  // namespace osc::cli
