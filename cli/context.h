// What every command gets.
#pragma once

#include <string>

#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/output.h"

namespace osc::cli {

struct Context {
  Options options;
  Output out;
  Stage stage = Stage::kInput;  // kept up to date by the command, for the exit code of an error
  std::string id;               // the migration it is about, once known
};

}  // namespace osc::cli
