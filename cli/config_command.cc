#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/text.h"

namespace osc::cli {

// The file has been read when this runs, with the server that is chosen; what it says of the others
// is read here.
int RunConfig(Context& context) {
  const std::string file = context.options.config_file.string();
  if (file.empty()) {
    throw Error(ErrorCode::kNotFound, "there is no configuration file",
                "it is named by --config or OSC_CONFIG, else it is ~/.config/osc/osc.toml or "
                "/etc/osc/osc.toml");
  }
  nlohmann::ordered_json servers = nlohmann::ordered_json::array();
  std::string text = file + " is in order";
  for (const std::string& name : ServersOf(file)) {
    const std::vector<const char*> words{"osc",        "--config", file.c_str(), "--server",
                                         name.c_str(), "config",   "check"};
    const Options options = ParseOptions(static_cast<int>(words.size()), words.data()).options;
    const std::string where = options.connection.Describe();
    servers.push_back({{"name", name}, {"server", where}});
    text += "\n" + Printable(name) + "  " + Printable(where);
  }
  if (context.out.json()) {
    context.out.Document({{"file", file}, {"servers", servers}});
  } else {
    context.out.Text(text + "\n");
  }
  return kExitDone;
}

}  // namespace osc::cli
