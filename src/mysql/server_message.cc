#include "src/mysql/server_message.h"

namespace osc::mysql {

std::string ServerMessage(const Error& error, const std::string& table_name,
                          const std::string& shown_name) {
  const std::string tail = " (error " + std::to_string(error.server_errno());
  std::string message = error.message();
  const size_t statement = message.find(tail + ", in: ");
  if (statement != std::string::npos) message.resize(statement);
  for (size_t at = message.find(table_name); at != std::string::npos;
       at = message.find(table_name, at + shown_name.size())) {
    message.replace(at, table_name.size(), shown_name);
  }
  return statement == std::string::npos ? message : message + tail + ")";
}

}  // namespace osc::mysql
