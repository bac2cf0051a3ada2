#include "cli/completion.h"
#include "cli/grammar.h"

namespace osc::cli {
namespace {

// Text as it is: no macro at the begin of a line, no escape, and minus signs that can be copied.
std::string Roff(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = i == 0 || text[i - 1] == '\n';
    if (begins && (text[i] == '.' || text[i] == '\'')) out += "\\&";
    if (text[i] == '\\') {
      out += "\\e";
    } else if (text[i] == '-') {
      out += "\\-";
    } else {
      out += text[i];
    }
  }
  return out;
}

// Lines stay lines.
std::string AsWritten(const std::string& text) { return ".nf\n" + Roff(text) + "\n.fi\n"; }

std::string OptionsText(const std::vector<OptionText>& options, const std::string& group) {
  std::string text;
  for (const OptionText& option : options) {
    if (!group.empty() && option.group != group) continue;
    text += ".TP\n\\fB" + Roff((option.brief.empty() ? "" : option.brief + ", ") + option.name) +
            "\\fR" + (option.value.empty() ? "" : " \\fI" + Roff(option.value) + "\\fR") + "\n" +
            Roff(option.about) + "\n";
  }
  return text;
}

}  // namespace

std::string ManualPage(const CLI::App& app, const std::string& version) {
  const auto global = OptionsOf(app);
  std::string text =
      ".TH OSC 1 \"\" \"osc " + Roff(version) + "\" \"osc\"\n.SH NAME\n" +
      "osc \\- schema changes of live MySQL and MariaDB tables that can be taken " +
      "back\n.SH SYNOPSIS\n.B osc\n[\\fIoptions\\fR] \\fIcommand\\fR [\\fIoptions\\fR]\n" +
      ".SH DESCRIPTION\n" + Roff(app.get_description()) + "\n" + AsWritten(app.get_footer()) +
      ".SH COMMANDS\n";
  const std::string hint = "\n\nConnection and global options";
  for (const CommandText& command : CommandsOf(app)) {
    text += ".SS osc " + Roff(command.name);
    for (const OptionText& positional : command.positionals) text += " " + Roff(positional.name);
    text += "\n" + Roff(command.about) + ".\n" + OptionsText(command.options, "") + ".PP\n" +
            AsWritten(command.after.substr(0, command.after.find(hint)));
  }
  text += ".SH GLOBAL OPTIONS\n" + OptionsText(global, "Options") + ".SH CONNECTION\n" +
          OptionsText(global, "Connection");
  return text;
}

}  // namespace osc::cli
