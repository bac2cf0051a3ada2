// What the server has said, about the table that the operator knows.
#pragma once

#include <string>

#include "src/base/error.h"

namespace osc::mysql {

// Both families: a value of a unique key that another row has.
constexpr unsigned kDuplicateEntry = 1062;

// The message without the statement that Connection adds to it, with the server's number at its
// end, and with one table's name in place of the other's.
std::string ServerMessage(const Error& error, const std::string& table_name,
                          const std::string& shown_name);

}  // namespace osc::mysql
