#include "cli/config_file.h"

#include <toml++/toml.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "src/base/error.h"

namespace osc::cli {
namespace {

using Items = std::vector<CLI::ConfigItem>;

constexpr const char* kServers = "servers";
constexpr const char* kServer = "server";

// The environment comes before the file.
bool IsInEnvironment(const std::string& name) {
  static const std::map<std::string, const char*> kVariables{{"state-dir", "OSC_STATE_DIR"},
                                                             {"retention", "OSC_RETENTION"},
                                                             {"defer-indexes", "OSC_DEFER_INDEXES"},
                                                             {"nice", "OSC_NICE"},
                                                             {"hooks", "OSC_HOOKS"}};
  const auto found = kVariables.find(name);
  return found != kVariables.end() && !FromEnvironment(found->second).empty();
}

[[noreturn]] void Bad(const std::string& file, const toml::source_region& where,
                      const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::kInvalidArgument,
              file + ":" + std::to_string(where.begin.line) + ": " + message, hint);
}

toml::table Parse(std::istream& input, const std::string& file) {
  try {
    return toml::parse(input);
  } catch (const toml::parse_error& error) {
    Bad(file, error.source(), std::string(error.description()),
        "the file is TOML: texts stand in quotes, as in host = \"db1\"");
  }
}

class Reader {
 public:
  Reader(const CLI::App& app, std::string file) : app_(app), file_(std::move(file)) {}

  Items Read(const toml::table& table, std::string server) {
    const toml::table* const servers = table[kServers].as_table();
    if (server.empty()) server = table[kServer].value_or(std::string());
    if (!server.empty()) {
      const toml::node* const found = servers != nullptr ? servers->get(server) : nullptr;
      if (found == nullptr || !found->is_table()) {
        throw Error(ErrorCode::kInvalidArgument,
                    file_ + ": there is no server '" + server + "': no [servers." + server + "]");
      }
      AddAll(*found->as_table(), app_, {});
    }
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (name == kServers || name == kServer) continue;
      if (!node.is_table()) {
        Add(name, node, app_, {});
        continue;
      }
      const auto commands = app_.get_subcommands(
          [&](const CLI::App* command) { return command->get_name() == name; });
      if (commands.empty()) Bad(file_, node.source(), "there is no command '" + name + "'");
      AddAll(*node.as_table(), *commands.front(), {name});
    }
    return std::move(items_);
  }

 private:
  void AddAll(const toml::table& table, const CLI::App& owner,
              const std::vector<std::string>& parents) {
    for (const auto& [key, node] : table) Add(std::string(key.str()), node, owner, parents);
  }

  void Add(const std::string& name, const toml::node& node, const CLI::App& owner,
           const std::vector<std::string>& parents) {
    if (name == "password") {
      Bad(file_, node.source(), "osc takes no password from this file",
          "password-file = \"FILE\" names a file of its own");
    }
    const bool is_option = name != "config" && name != "help" && name != "version";
    if (!is_option || owner.get_option_no_throw("--" + name) == nullptr) {
      Bad(file_, node.source(),
          "there is no option '" + name + "'" + (parents.empty() ? "" : " of " + parents.front()),
          "see osc " + (parents.empty() ? "" : parents.front() + " ") + "--help");
    }
    if (IsInEnvironment(name)) return;
    CLI::ConfigItem item;
    item.parents = parents;
    item.name = name;
    if (const toml::array* const values = node.as_array()) {
      for (const toml::node& value : *values) item.inputs.push_back(Text(value));
      // Several hosts are one text.
      if (name == "host") {
        std::string hosts;
        for (const std::string& host : item.inputs) hosts += (hosts.empty() ? "" : ",") + host;
        item.inputs = {hosts};
      }
    } else {
      item.inputs = {Text(node)};
    }
    items_.push_back(std::move(item));
  }

  std::string Text(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto number = node.value_exact<int64_t>()) return std::to_string(*number);
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    Bad(file_, node.source(), "this is neither a text nor a whole number, true or false");
  }

  const CLI::App& app_;
  const std::string file_;
  Items items_;
};

}  // namespace

std::string FromEnvironment(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

std::string DefaultConfigFile() {
  std::error_code error;
  if (const std::string named = FromEnvironment("OSC_CONFIG"); !named.empty()) {
    if (std::filesystem::is_regular_file(named, error)) return named;
    throw Error(ErrorCode::kInvalidArgument, "OSC_CONFIG names no file: " + named);
  }
  std::filesystem::path own = FromEnvironment("XDG_CONFIG_HOME");
  const std::string home = FromEnvironment("HOME");
  if (own.empty() && !home.empty()) own = std::filesystem::path(home) / ".config";
  for (const std::filesystem::path& folder : {own, std::filesystem::path("/etc")}) {
    const std::filesystem::path file = folder / "osc/osc.toml";
    if (!folder.empty() && std::filesystem::is_regular_file(file, error)) return file.string();
  }
  return "";
}

std::string ConfigFile::to_config(const CLI::App*, bool, bool, std::string) const { return ""; }

Items ConfigFile::from_config(std::istream& input) const {
  const std::string file = app_.get_config_ptr()->as<std::string>();
  return Reader(app_, file)
      .Read(Parse(input, file), server_.count() > 0 ? server_.results().back() : "");
}

std::vector<std::string> ServersOf(const std::string& file) {
  std::ifstream input(file);
  const toml::table table = Parse(input, file);
  std::vector<std::string> names;
  if (const toml::table* const servers = table[kServers].as_table()) {
    for (const auto& [name, server] : *servers) names.emplace_back(name.str());
  }
  return names;
}

}  // namespace osc::cli
