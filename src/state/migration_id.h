// The names of migrations.
#pragma once

#include <string>

namespace osc::state {

// Eight lower-case letters and digits, the first a letter, from the system's random source: ids
// must differ between state directories too, because they name tables on a server.
std::string NewMigrationId();

}  // namespace osc::state
