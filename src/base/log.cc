#include "src/base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>

#include "src/base/error.h"

namespace osc::base {

void SetUpLog(const std::string& path, const std::string& level) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    throw Error(ErrorCode::kInvalidArgument, "'" + level + "' is not a log level",
                "use trace, debug, info, warn, error or off");
  }
  std::shared_ptr<spdlog::logger> logger;
  if (path.empty()) {
    logger =
        std::make_shared<spdlog::logger>("osc", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  } else {
    logger = std::make_shared<spdlog::logger>(
        "osc", std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
  }
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::info);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_default_logger(logger);
}

}  // namespace osc::base
