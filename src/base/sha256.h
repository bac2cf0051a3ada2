// SHA-256, to tell whether a file has been changed; as sha256sum prints it.
#pragma once

#include <string>
#include <string_view>

namespace osc::base {

// 64 lower-case hexadecimal digits.
std::string Sha256(std::string_view bytes);

}  // namespace osc::base
