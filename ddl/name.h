// Column, key and constraint names compared as the servers compare them.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace osc::ddl {

// Lower case letter by letter, also outside ASCII; accents stay. Not for table names, whose case
// counts on some servers. utf8mb4; bytes that are no UTF-8 stay as they are.
std::string FoldName(std::string_view name);
bool SameName(std::string_view a, std::string_view b);

struct NameChange {
  std::string from;
  std::string to;
};

// What something is called beside its equal, where a database has each name once: the first free
// one of name_osc, name_osc2, ..., cut to the server's 64 characters; before these the name that an
// earlier migration has changed that way. taken: folded names.
std::string NameBeside(const std::string& name, const std::set<std::string>& taken);

}  // namespace osc::ddl
