// Shows progress while it happens: redrawn in place on a terminal, line by line elsewhere.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cli/progress_line.h"

namespace osc::cli {

// Whether a stream is a terminal that understands cursor movements, and its size.
struct Terminal {
  bool is_terminal = false;
  size_t width = 80;
  size_t height = 24;
};
Terminal LookAtTerminal(int descriptor);

// Belongs to one thread; only one at a time. Hides the cursor while it draws in place; Finish, the
// destructor and a stop by Ctrl-Z show it again.
class ProgressView {
 public:
  explicit ProgressView(int descriptor);
  ProgressView(const ProgressView&) = delete;
  ~ProgressView();

  // Call as often as you like: it draws at 5 Hz, or prints a line every few seconds and at each
  // change of state.
  void Show(const std::vector<Shown>& migrations);
  // Draws what was shown last and leaves it on the screen.
  void Finish();

 private:
  struct Printed {
    std::chrono::steady_clock::time_point at;
    std::string headline;  // state, pause and error: a change is printed at once
  };

  void Draw();
  void Print(const Shown& shown);
  void Write(const std::string& text) const;

  int descriptor_;
  bool in_place_;
  LineStyle style_;
  std::vector<Shown> last_;
  std::vector<size_t> drawn_widths_;
  std::chrono::steady_clock::time_point drawn_at_{};
  std::map<std::string, Printed> printed_;
};

}  // namespace osc::cli
