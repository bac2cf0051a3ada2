// A file of SQL taken apart into statements and directives. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace osc::ddl {

struct ScriptStatement {
  size_t line = 0;   // where it begins, from 1
  std::string text;  // without the ';', outer blanks and comments before it
};

// `-- osc: retention=48h postpone-cutover revert-default="title='none'"` gives three of them.
struct ScriptDirective {
  size_t line = 0;
  std::string name;
  std::string value;  // "on" where none is written
};

struct SqlScript {
  std::vector<ScriptStatement> statements;
  std::vector<ScriptDirective> directives;
};

// Statements end at a ';' that is in no quotes and no comment, the last one also at the end. name:
// of the file, for messages. Throws kInvalidArgument with "name:line: " before the message for a
// quote or comment without its end, DELIMITER, a routine with a body of several statements, whose
// end cannot be told, text that is no UTF-8, and a malformed directive.
SqlScript SplitScript(std::string_view text, const std::string& name);

bool IsUtf8(std::string_view text);

// "name:line"
std::string Place(const std::string& name, size_t line);

}  // namespace osc::ddl
