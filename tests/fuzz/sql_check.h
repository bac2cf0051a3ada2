// SQL that osc makes of foreign bytes must stay where it is put.
#pragma once

#include <string_view>

namespace osc::fuzz {

// Requires that an expression ends nowhere early: no open quote or comment, no semicolon, no
// parenthesis without its other half.
void RequireOneExpression(std::string_view sql);

}  // namespace osc::fuzz
