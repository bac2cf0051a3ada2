// The configuration file, TOML: options by their long names without the dashes.
//
//   user = "osc"
//   server = "prod"              # which of the servers, unless --server says it
//   [servers.prod]
//   host = ["db1", "db2:3307"]
//   ssl-mode = "verify-identity"
//   [alter]                      # of a command
//   retention = "72h"
//
// What comes first counts: the command line, OSC_* in the environment, the server's table, the
// top of the file; then ~/.my.cnf, and what osc has built in.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace osc::cli {

// What the variable says; "" where it is not set.
std::string FromEnvironment(const char* variable);

// OSC_CONFIG, else ~/.config/osc/osc.toml (below XDG_CONFIG_HOME where that is set), else
// /etc/osc/osc.toml, else "". Throws kInvalidArgument when OSC_CONFIG names no file.
std::string DefaultConfigFile();

// How CLI11 reads it. Throws kInvalidArgument with the file's name and line.
class ConfigFile : public CLI::Config {
 public:
  // server: the option --server. Both must live longer.
  ConfigFile(const CLI::App& app, const CLI::Option& server) : app_(app), server_(server) {}

  std::string to_config(const CLI::App* app, bool defaults, bool descriptions,
                        std::string prefix) const override;
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

 private:
  const CLI::App& app_;
  const CLI::Option& server_;
};

// The names of the servers that it has. Throws as ConfigFile does.
std::vector<std::string> ServersOf(const std::string& file);

}  // namespace osc::cli
