// --ask-pass.
#pragma once

namespace osc::cli {

// Asks on the terminal without echo and puts the answer into OSC_PASSWORD of this process, from
// where connections and an engine started by it have it. Throws kInvalidArgument without a
// terminal, kCancelled on Ctrl-C.
void AskPassword();

}  // namespace osc::cli
