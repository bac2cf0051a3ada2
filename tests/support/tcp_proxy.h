// A way to a server that can be cut, made to swallow replies, or to lose packets without a word.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/server.h"

namespace osc::testing {

// Listens on a port of 127.0.0.1 and hands on to the server, a thread for each connection. The
// methods may be called from any thread.
class TcpProxy {
 public:
  explicit TcpProxy(const TestServer& server);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  unsigned port() const { return port_; }
  // Resets every connection; new ones are taken.
  void Cut();
  // From now on no packet from the other side arrives here, not even to be acknowledged, as when
  // the host or the network is gone; until End(), which resets the connections.
  void BlackHole();
  void End();
  // The next statement that contains this text reaches the server, and when the reply is there, it
  // is thrown away and the connection reset. Text: as it is sent, without TLS.
  void SwallowReplyTo(const std::string& text);
  // Whether one has been swallowed since.
  bool HasSwallowed() const { return swallowed_; }

 private:
  struct Link;
  void Listen(std::stop_token stop);
  void Serve(std::stop_token stop, Link& link);

  const mysql::ConnectionOptions server_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::atomic<bool> swallowed_{false};
  std::atomic<bool> is_black_{false};
  std::mutex mutex_;  // guards what follows
  std::string swallow_;
  std::vector<std::unique_ptr<Link>> links_;
  std::jthread thread_;
};

}  // namespace osc::testing
