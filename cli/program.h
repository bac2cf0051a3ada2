// The whole program but for main().
#pragma once

namespace osc::cli {

// Parses, runs the command, reports errors; returns the exit code. Throws nothing.
int RunProgram(int argc, const char* const* argv);

}  // namespace osc::cli
