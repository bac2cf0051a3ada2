// Which osc this is.
#pragma once

#include <string>

namespace osc::cli {

std::string Version();  // "0.1.0 (4c99e7f63af0)": the release and the commit it was built from

}  // namespace osc::cli
