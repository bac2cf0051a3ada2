#include "cli/version.h"

namespace osc::cli {

std::string Version() { return OSC_VERSION " (" OSC_COMMIT ")"; }

}  // namespace osc::cli
