#include "src/mysql/connection_json.h"

#include <nlohmann/json.hpp>

namespace osc::mysql {

std::string SaveConnection(const ConnectionOptions& options) {
  return nlohmann::json{{"host", options.host},
                        {"port", options.port},
                        {"socket", options.socket},
                        {"user", options.user},
                        {"database", options.database},
                        {"defaults_file", options.defaults_file},
                        {"password_file", options.password_file},
                        {"ssl_mode", options.ssl_mode},
                        {"ssl_ca", options.ssl_ca},
                        {"ssl_cert", options.ssl_cert},
                        {"ssl_key", options.ssl_key}}
      .dump();
}

ConnectionOptions LoadConnection(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  ConnectionOptions options;
  options.host = json.at("host");
  options.port = json.at("port");
  options.socket = json.at("socket");
  options.user = json.at("user");
  options.database = json.at("database");
  options.defaults_file = json.at("defaults_file");
  options.password_file = json.at("password_file");
  options.ssl_mode = json.at("ssl_mode");
  options.ssl_ca = json.at("ssl_ca");
  options.ssl_cert = json.at("ssl_cert");
  options.ssl_key = json.at("ssl_key");
  return options;
}

std::string ServerIdentity(Connection& connection) {
  return connection
      .QueryValue(connection.server().IsMariaDb()
                      ? "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id)"
                      : "SELECT @@server_uuid")
      .value_or("");
}

}  // namespace osc::mysql
