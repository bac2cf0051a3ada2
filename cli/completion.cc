#include "cli/completion.h"

#include "cli/grammar.h"
#include "src/base/error.h"

namespace osc::cli {
namespace {

// Prints the ids of the migrations that the state directory has.
constexpr const char* kIds =
    R"x(osc list --json 2>/dev/null | sed -n 's/^ *"id": "\([a-z0-9]*\)".*/\1/p')x";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The first sentence or line, for a list beside the words.
std::string Brief(const std::string& about) {
  const size_t end = std::min({about.find('\n'), about.find("; "), about.find(": "), about.size()});
  return about.substr(0, end);
}

bool TakesId(const CommandText& command) {
  return !command.positionals.empty() && command.positionals.front().name == "ID";
}

bool TakesPaths(const CommandText& command) {
  return !command.positionals.empty() && command.positionals.front().is_file;
}

std::string Words(const std::vector<OptionText>& options) {
  std::string words;
  for (const OptionText& option : options) words += (words.empty() ? "" : " ") + option.name;
  return words;
}

std::string Joined(const std::vector<std::string>& words, const std::string& with) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : with) + word;
  return text;
}

// What follows an option that wants a value.
std::string BashValues(const std::vector<OptionText>& options) {
  std::string cases;
  for (const OptionText& option : options) {
    if (option.value.empty()) continue;
    std::string reply = "COMPREPLY=()";
    if (!option.choices.empty()) {
      reply = "COMPREPLY=($(compgen -W '" + Joined(option.choices, " ") + "' -- \"$current\"))";
    } else if (option.is_file) {
      reply = "COMPREPLY=($(compgen -f -- \"$current\"))";
    } else if (option.is_folder) {
      reply = "COMPREPLY=($(compgen -d -- \"$current\"))";
    }
    cases += "    " + option.name + ") " + reply + "; return ;;\n";
  }
  return cases;
}

std::string Bash(const CLI::App& app) {
  const auto commands = CommandsOf(app);
  const auto global = OptionsOf(app);
  std::vector<std::string> names;
  std::string values = BashValues(global);
  std::string words;
  for (const CommandText& command : commands) {
    names.push_back(command.name);
    values += BashValues(command.options);
    words += "    " + command.name + ")\n      words='" + Words(command.options) + "'\n";
    if (TakesId(command)) {
      words += "      [[ $current == -* ]] || words+=\" $(" + std::string(kIds) + ")\"\n";
    }
    if (TakesPaths(command)) {
      words += "      [[ $current == -* ]] || COMPREPLY=($(compgen -f -- \"$current\"))\n";
    }
    words += "      ;;\n";
  }
  return "# bash completion of osc\n"
         "_osc() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command= word words=\n"
         "  COMPREPLY=()\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in\n    " +
         Joined(names, "|") + ") command=$word; break ;;\n    esac\n  done\n" +
         "  case $previous in\n" + values + "  esac\n  case $command in\n    '') words='" +
         Joined(names, " ") + "' ;;\n" + words + "  esac\n" +
         "  COMPREPLY+=($(compgen -W \"$words " + Words(global) +
         "\" -- \"$current\"))\n}\n"
         "complete -o filenames -F _osc osc\n";
}

std::string ZshOption(const OptionText& option) {
  std::string about = Replaced(Brief(option.about), "'", "'\\''");
  about = Replaced(Replaced(about, "[", "\\["), "]", "\\]");
  std::string text = "'" + option.name + "[" + about + "]";
  if (!option.value.empty()) {
    text += ":" + Replaced(option.value, "|", " or ") + ":";
    if (!option.choices.empty()) text += "(" + Joined(option.choices, " ") + ")";
    if (option.is_file) text += "_files";
    if (option.is_folder) text += "_files -/";
  }
  return text + "'";
}

std::string Zsh(const CLI::App& app) {
  std::string names;
  std::string cases;
  std::string global;
  for (const OptionText& option : OptionsOf(app)) global += " \\\n    " + ZshOption(option);
  for (const CommandText& command : CommandsOf(app)) {
    names += "    '" + command.name + ":" +
             Replaced(Replaced(Brief(command.about), "'", "'\\''"), ":", "\\:") + "'\n";
    cases += "      " + command.name + ") _arguments $global";
    for (const OptionText& option : command.options) cases += " \\\n        " + ZshOption(option);
    if (TakesId(command)) cases += " \\\n        '*:migration:_osc_migrations'";
    if (TakesPaths(command)) cases += " \\\n        '*:file:_files'";
    cases += " ;;\n";
  }
  return "#compdef osc\n"
         "_osc_migrations() {\n  compadd -- $(" +
         std::string(kIds) +
         ")\n}\n\n"
         "_osc() {\n  local state line\n  local -a commands global\n  commands=(\n" +
         names + "  )\n  global=(" + global +
         ")\n"
         "  _arguments -C $global '1:command:->command' '*::argument:->argument'\n"
         "  case $state in\n    command) _describe command commands ;;\n"
         "    argument)\n      case $line[1] in\n" +
         cases + "      esac ;;\n  esac\n}\n\n_osc \"$@\"\n";
}

std::string FishOption(const OptionText& option, const std::string& condition) {
  const std::string about = Replaced(Brief(option.about), "'", "\\'");
  std::string line = "complete -c osc" + condition + " -l " + option.name.substr(2);
  if (!option.value.empty()) {
    line += option.is_file || option.is_folder ? " -rF" : " -x";
    if (!option.choices.empty()) line += " -a '" + Joined(option.choices, " ") + "'";
  }
  return line + " -d '" + about + "'\n";
}

std::string Fish(const CLI::App& app) {
  std::string text = "# fish completion of osc\ncomplete -c osc -f\n";
  for (const OptionText& option : OptionsOf(app)) text += FishOption(option, "");
  for (const CommandText& command : CommandsOf(app)) {
    text += "complete -c osc -n __fish_use_subcommand -a " + command.name + " -d '" +
            Replaced(Brief(command.about), "'", "\\'") + "'\n";
    const std::string when = " -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const OptionText& option : command.options) text += FishOption(option, when);
    if (TakesId(command)) {
      text += "complete -c osc" + when + " -a '(" + Replaced(kIds, "'", "\\'") + ")'\n";
    }
    if (TakesPaths(command)) text += "complete -c osc" + when + " -F\n";
  }
  return text;
}

}  // namespace

std::string Completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return Bash(app);
  if (shell == "zsh") return Zsh(app);
  if (shell == "fish") return Fish(app);
  throw Error(ErrorCode::kInvalidArgument, "there is no completion for the shell " + shell,
              "bash, zsh and fish are known");
}

}  // namespace osc::cli
