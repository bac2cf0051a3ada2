// What the server has said, about the table that the operator knows.
#pragma once

#include <string>

#include "src/base/error.h"

namespace osc::mysql {

// The message without the statement that Connection adds to it, with the server's number at its
// end, and with one table's name in place of the other's.
std::string ServerMessage(const Error& error, const std::string& table_name,
                          const std::string& shown_name);

}  // namespace osc::mysql
