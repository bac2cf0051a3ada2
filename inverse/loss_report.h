// The file that tells what an accepted loss has cost.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace osc::inverse {

// One line each, on disk when it returns; replaces a file of an earlier attempt. Throws kRefused
// when it cannot be written.
void WriteLossReport(const std::filesystem::path& file, const std::vector<std::string>& lines);

}  // namespace osc::inverse
