// What shells and man are told of the command line, made from its grammar, so that it is never
// behind.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace osc::cli {

// A script for bash, zsh or fish; throws kInvalidArgument for another one. Migrations are completed
// by asking `osc list`.
std::string Completion(const CLI::App& app, const std::string& shell);

// The manual page, in roff with the macros of man. version: as Version() has it.
std::string ManualPage(const CLI::App& app, const std::string& version);

}  // namespace osc::cli
