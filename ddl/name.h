// Column, key and constraint names compared as the servers compare them.
#pragma once

#include <string>
#include <string_view>

namespace osc::ddl {

// Lower case letter by letter, also outside ASCII; accents stay. Not for table names, whose case
// counts on some servers. utf8mb4; bytes that are no UTF-8 stay as they are.
std::string FoldName(std::string_view name);
bool SameName(std::string_view a, std::string_view b);

}  // namespace osc::ddl
