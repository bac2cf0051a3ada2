// ConnectionOptions as JSON text, to be kept with a migration. Holds no secret.
#pragma once

#include <string>

#include "src/mysql/connection.h"

namespace osc::mysql {

std::string SaveConnection(const ConnectionOptions& options);
ConnectionOptions LoadConnection(const std::string& text);

// Tells servers apart wherever they answer: the server's uuid, or host name, port and server id
// where it has none (MariaDB).
std::string ServerIdentity(Connection& connection);

}  // namespace osc::mysql
