// MySQL's binary JSON as SQL that rebuilds the document.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace osc::binlog {

// Appends an expression whose value is the same document: every number keeps its type (signed,
// unsigned, DECIMAL with its scale, double to the bit), and dates, times and binary values stay
// such. Through the document's text alone all of these would be lost. Throws Error kDiverged when
// the bytes are no document, kUnprojectable for a value that no SQL makes.
void AppendJsonExpression(std::string& out, std::string_view document);

// The document as a text that the server's parser makes the same document of, if there is one.
// Throws as above.
std::optional<std::string> JsonAsText(std::string_view document);

}  // namespace osc::binlog
