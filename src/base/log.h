// Logging: spdlog's default logger, set up once by the process that runs the engine. Messages never
// carry passwords or row values beyond what an error must name.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace osc::base {

// Logs to the file (appending) when a path is given, else to stderr. level: trace, debug, info,
// warn, error or off; another name throws Error kInvalidArgument.
void SetUpLog(const std::string& path, const std::string& level);

}  // namespace osc::base
