#include "cli/output.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/text.h"

namespace osc::cli {
namespace {

void Write(std::FILE* file, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

}  // namespace

void Output::Text(const std::string& text) const {
  if (!json_) Write(stdout, text);
}

void Output::Line(const std::string& line) const { Text(line + "\n"); }

void Output::Document(const nlohmann::ordered_json& document, bool one_line) const {
  // Messages may quote row values, which need not be UTF-8.
  Write(stdout, document.dump(one_line ? -1 : 2, ' ', false,
                              nlohmann::ordered_json::error_handler_t::replace) +
                    "\n");
}

void Output::Note(const std::string& line) const { Write(stderr, line + "\n"); }

void Output::Fail(const Error& error, const std::string& id) const {
  Fail(error, id, nlohmann::ordered_json::object());
}

void Output::Fail(const Error& error, const std::string& id, nlohmann::ordered_json more) const {
  if (json_) {
    nlohmann::ordered_json body{{"code", ErrorCodeName(error.code())},
                                {"message", error.message()},
                                {"hint", error.hint()}};
    if (!id.empty()) body["migration"] = id;
    nlohmann::ordered_json document{{"error", std::move(body)}};
    document.update(more);
    Document(document);
    return;
  }
  // Rows that are to blame stand in lines of their own, each behind two blanks.
  constexpr std::string_view kNextRow = "\n  ";
  const std::string message = error.message();
  std::string_view rest = message;
  std::string text = "osc: ";
  for (size_t end; (end = rest.find(kNextRow)) != rest.npos;
       rest.remove_prefix(end + kNextRow.size())) {
    text += Printable(rest.substr(0, end)) + std::string(kNextRow);
  }
  Note(text + Printable(rest));
  if (!error.hint().empty()) Note("hint: " + Printable(error.hint()));
}

}  // namespace osc::cli
