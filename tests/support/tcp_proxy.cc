#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>

namespace osc::testing {
namespace {

constexpr int kPoll = 20;  // ms

sockaddr_in Loopback(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A close that the other side sees as a reset.
void Reset(int descriptor) {
  const linger at_once{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::close(descriptor);
}

// The kernel throws away what arrives, before TCP sees it: nothing is acknowledged.
void Deafen(int descriptor) {
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  ::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

// Small packets that follow each other must not wait for acknowledgements.
void SendAtOnce(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void Undeafen(int descriptor) {
  const int ignored = 0;
  ::setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored));
}

bool SendAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

struct TcpProxy::Link {
  int client = -1;
  std::atomic<bool> cut{false};
  std::jthread thread;
};

TcpProxy::TcpProxy(const TestServer& server) : server_(server.Options()) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 100) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](std::stop_token stop) { Listen(stop); });
}

TcpProxy::~TcpProxy() {
  thread_.request_stop();
  thread_.join();
  links_.clear();  // each thread is asked to stop and waited for
  ::close(listener_);
}

void TcpProxy::Cut() {
  const std::lock_guard lock(mutex_);
  for (const auto& link : links_) link->cut = true;
}

void TcpProxy::BlackHole() {
  const std::lock_guard lock(mutex_);
  is_black_ = true;
  Deafen(listener_);
  for (const auto& link : links_) Deafen(link->client);
}

void TcpProxy::End() {
  const std::lock_guard lock(mutex_);
  is_black_ = false;
  Undeafen(listener_);
  for (const auto& link : links_) link->cut = true;
}

void TcpProxy::SwallowReplyTo(const std::string& text) {
  const std::lock_guard lock(mutex_);
  swallowed_ = false;
  swallow_ = text;
}

void TcpProxy::Listen(std::stop_token stop) {
  while (!stop.stop_requested()) {
    pollfd ready{listener_, POLLIN, 0};
    if (::poll(&ready, 1, kPoll) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const std::lock_guard lock(mutex_);
    if (is_black_) Deafen(client);
    links_.push_back(std::make_unique<Link>());
    Link& link = *links_.back();
    link.client = client;
    link.thread = std::jthread([this, &link](std::stop_token asked) { Serve(asked, link); });
  }
}

void TcpProxy::Serve(std::stop_token stop, Link& link) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(server_.port);
  bool alive = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  SendAtOnce(server);
  SendAtOnce(link.client);
  bool swallowing = false;
  std::array<char, 65536> buffer;
  while (alive && !stop.stop_requested() && !link.cut) {
    if (is_black_) {  // what the server still sends could not be acknowledged
      ::usleep(kPoll * 1000);
      continue;
    }
    std::array<pollfd, 2> ready{{{link.client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), kPoll) <= 0) continue;
    if (ready[0].revents != 0) {
      const ssize_t size = ::recv(link.client, buffer.data(), buffer.size(), 0);
      const std::string_view bytes(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0);
      {
        const std::lock_guard lock(mutex_);
        if (!swallow_.empty() && bytes.find(swallow_) != std::string_view::npos) {
          swallow_.clear();
          swallowing = true;
        }
      }
      alive = !bytes.empty() && SendAll(server, bytes);
    }
    if (alive && ready[1].revents != 0) {
      const ssize_t size = ::recv(server, buffer.data(), buffer.size(), 0);
      if (swallowing) break;
      alive = size > 0 &&
              SendAll(link.client, std::string_view(buffer.data(), static_cast<size_t>(size)));
    }
  }
  // If nobody waited for the reply, it is as lost.
  if (swallowing) swallowed_ = true;
  // The number of the descriptor stays taken until nobody can deafen it any more.
  const std::lock_guard lock(mutex_);
  Reset(link.client);
  link.client = -1;
  Reset(server);
}

}  // namespace osc::testing
