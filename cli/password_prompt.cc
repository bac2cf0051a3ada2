#include "cli/password_prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "src/base/error.h"

namespace osc::cli {
namespace {

// The terminal without echo, and with Ctrl-C as a character, so that no signal can leave it mute.
class MuteTerminal {
 public:
  MuteTerminal() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (descriptor_ < 0 || ::tcgetattr(descriptor_, &before_) != 0) {
      if (descriptor_ >= 0) ::close(descriptor_);
      throw Error(ErrorCode::kInvalidArgument, "--ask-pass needs a terminal to ask on",
                  "set OSC_PASSWORD or use --password-file");
    }
    termios mute = before_;
    mute.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    ::tcsetattr(descriptor_, TCSAFLUSH, &mute);
  }
  MuteTerminal(const MuteTerminal&) = delete;
  ~MuteTerminal() {
    ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
    ::close(descriptor_);
  }

  void Write(std::string_view text) const {
    if (::write(descriptor_, text.data(), text.size()) < 0) return;  // a prompt nobody sees
  }
  // A byte, or -1 at the end.
  int Read() const {
    unsigned char byte = 0;
    return ::read(descriptor_, &byte, 1) == 1 ? byte : -1;
  }

 private:
  int descriptor_;
  termios before_{};
};

}  // namespace

void AskPassword() {
  const MuteTerminal terminal;
  terminal.Write("Password: ");
  std::string password;
  while (true) {
    const int byte = terminal.Read();
    if (byte == '\n' || byte == '\r' || byte == -1 || byte == 4) break;
    if (byte == 3) {
      terminal.Write("\n");
      throw Error(ErrorCode::kCancelled, "no password was given");
    }
    if (byte == 8 || byte == 127) {
      if (!password.empty()) password.pop_back();
    } else if (byte == 21) {
      password.clear();
    } else {
      password += static_cast<char>(byte);
    }
  }
  terminal.Write("\n");
  ::setenv("OSC_PASSWORD", password.c_str(), 1);
}

}  // namespace osc::cli
