#include "cli/progress_view.h"

#include <langinfo.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "cli/text.h"

namespace osc::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::chrono::seconds kLine{5};
constexpr std::chrono::seconds kLineAfterCutover{60};
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";

std::atomic<int> drawing_descriptor{-1};
std::atomic<bool> was_stopped{false};

// Ctrl-Z: the shell must get its cursor back. The next drawing hides it again.
void OnTerminalStop(int) {
  const int saved = errno;
  if (::write(drawing_descriptor, kShowCursor.data(), kShowCursor.size()) < 0) errno = 0;
  was_stopped = true;
  ::raise(SIGSTOP);
  errno = saved;
}

bool ShowsUnicode() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

bool WantsColour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour == nullptr || *no_colour == '\0';
}

size_t PlainWidth(const std::string& line) {
  std::string plain;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = std::min(line.find('m', i), line.size() - 1);
    } else {
      plain += line[i];
    }
  }
  return DisplayWidth(plain);
}

}  // namespace

Terminal LookAtTerminal(int descriptor) {
  Terminal terminal;
  const char* type = std::getenv("TERM");
  terminal.is_terminal = ::isatty(descriptor) == 1 && type && std::string_view(type) != "dumb";
  winsize size{};
  if (terminal.is_terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = size.ws_col;
    terminal.height = std::max<size_t>(size.ws_row, 2);
  }
  return terminal;
}

ProgressView::ProgressView(int descriptor)
    : descriptor_(descriptor), in_place_(LookAtTerminal(descriptor).is_terminal) {
  if (!in_place_) return;
  style_.unicode = ShowsUnicode();
  style_.colour = WantsColour();
  drawing_descriptor = descriptor;
  ::signal(SIGTSTP, OnTerminalStop);
}

ProgressView::~ProgressView() {
  if (!in_place_) return;
  ::signal(SIGTSTP, SIG_DFL);
  if (!drawn_widths_.empty()) Write(std::string(kShowCursor));
}

void ProgressView::Show(const std::vector<Shown>& migrations) {
  if (!in_place_) {
    for (const Shown& shown : migrations) Print(shown);
    return;
  }
  last_ = migrations;
  if (Clock::now() - drawn_at_ >= kRedraw) Draw();
}

void ProgressView::Finish() {
  if (!in_place_ || last_.empty()) return;
  Draw();
  Write(std::string(kShowCursor));
  drawn_widths_.clear();
  last_.clear();
}

void ProgressView::Draw() {
  const Terminal terminal = LookAtTerminal(descriptor_);
  // The last column stays free: some terminals wrap as soon as it is written.
  style_.width = terminal.width - 1;
  std::vector<std::string> lines;
  for (const Shown& shown : last_) {
    for (std::string& line : ProgressLines(shown, style_)) {
      lines.push_back(std::move(line));
    }
  }
  if (lines.size() + 1 > terminal.height) lines.resize(terminal.height - 1);

  std::string text(kHideCursor);
  if (was_stopped.exchange(false)) drawn_widths_.clear();  // the shell has written below
  // A terminal that became narrower has wrapped what was drawn before.
  size_t up = 0;
  for (const size_t width : drawn_widths_) up += width == 0 ? 1 : (width - 1) / terminal.width + 1;
  if (up > 0) text += "\x1b[" + std::to_string(std::min(up, terminal.height - 1)) + "A";
  text += "\r";
  drawn_widths_.clear();
  for (const std::string& line : lines) {
    text += line + "\x1b[K\n";
    drawn_widths_.push_back(PlainWidth(line));
  }
  Write(text + "\x1b[J");
  drawn_at_ = Clock::now();
}

void ProgressView::Print(const Shown& shown) {
  const state::Migration& migration = shown.migration;
  std::string headline(state::StateName(migration.state));
  if (migration.paused) headline += " paused";
  if (migration.error) headline += " " + migration.error->message;
  headline += " " + shown.progress.readiness;
  const auto now = Clock::now();
  const auto before = printed_.find(migration.id);
  if (before != printed_.end() && before->second.headline == headline) {
    const bool over = state::IsFinal(migration.state);
    const bool verifies = shown.verification.state == state::VerifyState::kRunning;
    const auto pause =
        state::IsBeforeCutover(migration.state) || verifies ? kLine : kLineAfterCutover;
    if (over || now - before->second.at < pause) return;
  }
  printed_[migration.id] = {now, headline};
  Write(migration.id + " " + ProgressText(shown) + "\n");
}

void ProgressView::Write(const std::string& text) const {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(descriptor_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // nobody reads it any more; the work goes on
    written += static_cast<size_t>(count);
  }
}

}  // namespace osc::cli
